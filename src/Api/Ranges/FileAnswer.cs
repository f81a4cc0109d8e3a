using System.Buffers;
using System.Globalization;
using Katanemimena.Core;
using Katanemimena.Wire;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Headers;
using Microsoft.Net.Http.Headers;

namespace Katanemimena.Api;

/// <summary>Answers with a file of the volume, whole or a range of it: Range, If-Range, If-None-Match and HEAD hold (RFC 9110). Holds one buffer, however large the file is.</summary>
public sealed record FileAnswer
{
    private const int BufferBytes = 128 * 1024;

    /// <summary>What tells this content from any other of the same path: letters and digits.</summary>
    public required string Tag { get; init; }

    /// <summary>When it was made.</summary>
    public required DateTimeOffset Modified { get; init; }

    /// <summary>Its media type.</summary>
    public string MediaType { get; init; } = "application/octet-stream";

    /// <summary>The name under which it is saved: printable ASCII without quotes and backslashes; null for none.</summary>
    public string? SavedAs { get; init; }

    /// <summary>Answers.</summary>
    /// <exception cref="ApiProblem">The range begins past the end.</exception>
    /// <exception cref="PermanentFault">The file cannot be read; if the answer has begun, it has to be cut off.</exception>
    public async Task WriteAsync(ApiCall call, VolumeReader file)
    {
        HttpResponse response = call.Http.Response;
        var tag = new EntityTagHeaderValue($"\"{Tag}\"");
        DateTimeOffset modified = Seconds(Modified);
        ResponseHeaders headers = response.GetTypedHeaders();
        headers.ETag = tag;
        headers.LastModified = modified;
        response.Headers.AcceptRanges = "bytes";
        if (call.Http.Request.GetTypedHeaders().IfNoneMatch.Any(known => known.Equals(EntityTagHeaderValue.Any) || known.Compare(tag, useStrongComparison: false)))
        {
            response.StatusCode = StatusCodes.Status304NotModified;
            return;
        }

        ByteRange range = ByteRange.Of(call.Http.Request, file.Length, tag, modified) ?? throw NotSatisfiable(file.Length);
        response.StatusCode = range.IsPart ? StatusCodes.Status206PartialContent : StatusCodes.Status200OK;
        response.ContentType = MediaType;
        response.ContentLength = range.Length;
        if (range.IsPart)
        {
            headers.ContentRange = new ContentRangeHeaderValue(range.Start, range.Start + range.Length - 1, file.Length);
        }

        if (SavedAs is not null)
        {
            response.Headers.ContentDisposition = $"attachment; filename=\"{SavedAs}\"";
        }

        if (!HttpMethods.IsHead(call.Http.Request.Method))
        {
            await CopyAsync(file, range, response.Body, call.Cancellation);
        }
    }

    private static async Task CopyAsync(VolumeReader file, ByteRange range, Stream to, CancellationToken cancellation)
    {
        byte[] buffer = ArrayPool<byte>.Shared.Rent(BufferBytes);
        try
        {
            for (long left = range.Length; left > 0;)
            {
                int wanted = (int)Math.Min(left, BufferBytes);
                int read = file.Read(range.Start + range.Length - left, buffer.AsSpan(0, wanted));
                Invariant.Holds(read == wanted, "a published file has the length it says");
                await to.WriteAsync(buffer.AsMemory(0, read), cancellation);
                left -= read;
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private static ApiProblem NotSatisfiable(long bytes) => new(
        ProblemCodes.RangeNotSatisfiable, string.Create(CultureInfo.InvariantCulture, $"the range begins past the end; there are {bytes} bytes")) { Field = "Range", Length = bytes };

    /// <summary>HTTP counts in whole seconds.</summary>
    private static DateTimeOffset Seconds(DateTimeOffset time) => DateTimeOffset.FromUnixTimeSeconds(time.ToUnixTimeSeconds());
}
