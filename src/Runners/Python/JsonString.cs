using System.Buffers;
using System.Text;

namespace Katanemimena.Runners;

/// <summary>Writes strings as JSON, as <c>json.dumps(…, ensure_ascii=False)</c> does: only <c>"</c>, <c>\</c> and control characters are escaped.</summary>
internal static class JsonString
{
    private static readonly SearchValues<byte> Escaped = SearchValues.Create([.. Enumerable.Range(0, 0x20).Select(c => (byte)c), (byte)'"', (byte)'\\']);

    /// <summary>Appends a text without surrogates.</summary>
    public static void Append(ByteBuffer target, ReadOnlySpan<byte> text)
    {
        target.Append((byte)'"');
        AppendInner(target, text);
        target.Append((byte)'"');
    }

    /// <summary>Appends a str as marshal writes it: two surrogates that make a character become it, one that stands for a byte becomes that byte, any other is escaped.</summary>
    public static void AppendUnicode(ByteBuffer target, ReadOnlySpan<byte> text)
    {
        target.Append((byte)'"');
        while (Surrogates.TryFind(text, out int at))
        {
            AppendInner(target, text[..at]);
            if (Surrogates.TryPair(text, at, out Rune character))
            {
                Surrogates.Append(target, character);
                text = text[(at + 6)..];
                continue;
            }

            int codePoint = Surrogates.CodePoint(text, at);
            if (Surrogates.TryByte(codePoint, out byte value))
            {
                target.Append(value);
            }
            else
            {
                AppendEscape(target, codePoint);
            }

            text = text[(at + 3)..];
        }

        AppendInner(target, text);
        target.Append((byte)'"');
    }

    private static void AppendInner(ByteBuffer target, ReadOnlySpan<byte> text)
    {
        for (int at = text.IndexOfAny(Escaped); at >= 0; at = text.IndexOfAny(Escaped))
        {
            target.Append(text[..at]);
            byte c = text[at];
            byte letter = c switch
            {
                (byte)'"' or (byte)'\\' => c,
                (byte)'\n' => (byte)'n',
                (byte)'\r' => (byte)'r',
                (byte)'\t' => (byte)'t',
                (byte)'\b' => (byte)'b',
                (byte)'\f' => (byte)'f',
                _ => 0,
            };
            if (letter == 0)
            {
                AppendEscape(target, c);
            }
            else
            {
                target.Append((byte)'\\');
                target.Append(letter);
            }

            text = text[(at + 1)..];
        }

        target.Append(text);
    }

    private static void AppendEscape(ByteBuffer target, int codeUnit)
    {
        target.Append("\\u"u8);
        for (int shift = 12; shift >= 0; shift -= 4)
        {
            target.Append("0123456789abcdef"u8[(codeUnit >> shift) & 0xF]);
        }
    }
}
