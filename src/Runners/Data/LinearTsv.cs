using System.Buffers;

namespace Katanemimena.Runners;

/// <summary>Keys and values as fields of a line: backslash, TAB, LF and CR are written <c>\\ \t \n \r</c>.</summary>
/// <remarks>Source: Linear TSV (paulfitz, "Linear TSV: simple, line-oriented tabular data").</remarks>
internal static class LinearTsv
{
    private static readonly SearchValues<byte> Special = SearchValues.Create("\\\t\n\r"u8);

    /// <summary>Appends a text, escaped.</summary>
    public static void Append(ByteBuffer buffer, ReadOnlySpan<byte> text)
    {
        for (int at = text.IndexOfAny(Special); at >= 0; at = text.IndexOfAny(Special))
        {
            buffer.Append(text[..at]);
            buffer.Append((byte)'\\');
            buffer.Append(text[at] switch
            {
                (byte)'\t' => (byte)'t',
                (byte)'\n' => (byte)'n',
                (byte)'\r' => (byte)'r',
                _ => (byte)'\\',
            });
            text = text[(at + 1)..];
        }

        buffer.Append(text);
    }

    /// <summary>Undoes <see cref="Append"/>; a backslash before any other character stays.</summary>
    /// <returns>The text itself if nothing is escaped, else a span of <paramref name="scratch"/>.</returns>
    public static ReadOnlySpan<byte> Unescape(ReadOnlySpan<byte> text, ByteBuffer scratch)
    {
        int at = text.IndexOf((byte)'\\');
        if (at < 0)
        {
            return text;
        }

        scratch.Clear();
        for (; at >= 0; at = text.IndexOf((byte)'\\'))
        {
            scratch.Append(text[..at]);
            byte? plain = at + 1 == text.Length ? null : text[at + 1] switch
            {
                (byte)'t' => (byte)'\t',
                (byte)'n' => (byte)'\n',
                (byte)'r' => (byte)'\r',
                (byte)'\\' => (byte)'\\',
                _ => null,
            };
            scratch.Append(plain ?? (byte)'\\');
            text = text[(at + (plain is null ? 1 : 2))..];
        }

        scratch.Append(text);
        return scratch.Span;
    }
}
