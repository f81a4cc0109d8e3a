using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Headers;
using Microsoft.Net.Http.Headers;

namespace Katanemimena.Api;

/// <summary>Which bytes of a file a request asks for (RFC 9110, section 14).</summary>
/// <param name="Start">First byte.</param>
/// <param name="Length">How many; may be 0 only of an empty file.</param>
/// <param name="IsPart">Whether it was asked for as a range, so that the answer is 206.</param>
internal readonly record struct ByteRange(long Start, long Length, bool IsPart)
{
    /// <summary>Reads the range of a request. Several ranges at once, other units, and what cannot be read are passed over, as the RFC allows: the whole is answered.</summary>
    /// <param name="request">The request.</param>
    /// <param name="bytes">Size of the file.</param>
    /// <param name="tag">Its tag, strong: a range on condition of another one is passed over.</param>
    /// <param name="modified">When it was last changed; likewise.</param>
    /// <returns>Null if the range begins past the end.</returns>
    internal static ByteRange? Of(HttpRequest request, long bytes, EntityTagHeaderValue tag, DateTimeOffset modified)
    {
        var whole = new ByteRange(0, bytes, false);
        RequestHeaders headers = request.GetTypedHeaders();
        if (headers.Range is not { Ranges.Count: 1 } range || !range.Unit.Equals("bytes", StringComparison.OrdinalIgnoreCase)
            || (headers.IfRange is { } condition && !Holds(condition, tag, modified)))
        {
            return whole;
        }

        RangeItemHeaderValue item = range.Ranges.Single();
        long start = item.From ?? Math.Max(0, bytes - item.To!.Value);
        long end = item.From is null || item.To is null ? bytes : Math.Min(item.To.Value, bytes - 1) + 1;
        return start < end ? new ByteRange(start, end - start, true) : null;
    }

    private static bool Holds(RangeConditionHeaderValue condition, EntityTagHeaderValue tag, DateTimeOffset modified) =>
        condition.EntityTag?.Compare(tag, useStrongComparison: true) ?? condition.LastModified == modified;
}
