using System.Globalization;
using Katanemimena.Core;
using Katanemimena.Wire;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Headers;
using Microsoft.Net.Http.Headers;

namespace Katanemimena.Api;

/// <summary>Answers with a file of the volume, whole or a range of it: Range, If-Range, If-None-Match and HEAD hold (RFC 9110). Holds a block or two, however large the file is.</summary>
public sealed record FileAnswer
{
    /// <summary>The coding of compressed answers.</summary>
    internal const string Gzip = "gzip";

    /// <summary>What tells this content from any other of the same path: letters and digits.</summary>
    public required string Tag { get; init; }

    /// <summary>When it was made.</summary>
    public required DateTimeOffset Modified { get; init; }

    /// <summary>Its media type.</summary>
    public string MediaType { get; init; } = "application/octet-stream";

    /// <summary>The name under which it is saved: printable ASCII without quotes and backslashes; null for none.</summary>
    public string? SavedAs { get; init; }

    /// <summary>Whether the whole is sent in gzip. Not for a request for a range, which is one of the bytes as they are; the tag has to be another one then. Default false.</summary>
    public bool Compressed { get; init; }

    /// <summary>Answers.</summary>
    /// <exception cref="ApiProblem">The range begins past the end.</exception>
    /// <exception cref="PermanentFault">The file cannot be read. If not even its first bytes can, nothing has been answered; else the answer has begun, and has to be cut off.</exception>
    public async Task WriteAsync(ApiCall call, VolumeReader file)
    {
        HttpResponse response = call.Http.Response;
        var tag = new EntityTagHeaderValue($"\"{Tag}\"");
        DateTimeOffset modified = Seconds(Modified);
        ResponseHeaders headers = response.GetTypedHeaders();
        headers.ETag = tag;
        headers.LastModified = modified;
        if (call.Http.Request.GetTypedHeaders().IfNoneMatch.Any(known => known.Equals(EntityTagHeaderValue.Any) || known.Compare(tag, useStrongComparison: false)))
        {
            response.StatusCode = StatusCodes.Status304NotModified;
            return;
        }

        response.ContentType = MediaType;
        if (SavedAs is not null)
        {
            response.Headers.ContentDisposition = $"attachment; filename=\"{SavedAs}\"";
        }

        Func<Task> send = Compressed ? Packed(call, file) : Plain(call, file, tag, modified);
        if (!HttpMethods.IsHead(call.Http.Request.Method))
        {
            await send();
        }
    }

    private static Func<Task> Packed(ApiCall call, VolumeReader file)
    {
        call.Http.Response.Headers.ContentEncoding = Gzip;
        return () => FileBytes.SendCompressedAsync(file, call.Http.Response.Body, call.Cancellation);
    }

    private static Func<Task> Plain(ApiCall call, VolumeReader file, EntityTagHeaderValue tag, DateTimeOffset modified)
    {
        HttpResponse response = call.Http.Response;
        response.Headers.AcceptRanges = "bytes";
        ByteRange range = ByteRange.Of(call.Http.Request, file.Length, tag, modified) ?? throw NotSatisfiable(file.Length);
        response.StatusCode = range.IsPart ? StatusCodes.Status206PartialContent : StatusCodes.Status200OK;
        response.ContentLength = range.Length;
        if (range.IsPart)
        {
            response.GetTypedHeaders().ContentRange = new ContentRangeHeaderValue(range.Start, range.Start + range.Length - 1, file.Length);
        }

        return () => FileBytes.SendAsync(file, range.Start, range.Length, response.Body, call.Cancellation);
    }

    private static ApiProblem NotSatisfiable(long bytes) => new(
        ProblemCodes.RangeNotSatisfiable, string.Create(CultureInfo.InvariantCulture, $"the range begins past the end; there are {bytes} bytes")) { Field = "Range", Length = bytes };

    /// <summary>HTTP counts in whole seconds.</summary>
    private static DateTimeOffset Seconds(DateTimeOffset time) => DateTimeOffset.FromUnixTimeSeconds(time.ToUnixTimeSeconds());
}
