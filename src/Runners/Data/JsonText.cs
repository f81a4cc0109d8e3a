using System.Buffers.Text;
using System.Text;

namespace Katanemimena.Runners;

/// <summary>JSON values as a program that knows no JSON wants them: a string as its characters, anything else as compact JSON.</summary>
internal static class JsonText
{
    /// <summary>The value as text.</summary>
    /// <returns>A span of <paramref name="json"/> where nothing is escaped, else of <paramref name="scratch"/>. Bytes that are not UTF-8 go through unchanged.</returns>
    public static ReadOnlySpan<byte> Of(ReadOnlySpan<byte> json, ByteBuffer scratch)
    {
        if (json.Length < 2 || json[0] != (byte)'"')
        {
            return json;
        }

        ReadOnlySpan<byte> inner = json[1..^1];
        return inner.IndexOf((byte)'\\') < 0 ? inner : Decode(inner, scratch);
    }

    private static ReadOnlySpan<byte> Decode(ReadOnlySpan<byte> text, ByteBuffer scratch)
    {
        scratch.Clear();
        for (int at = text.IndexOf((byte)'\\'); at >= 0 && at + 1 < text.Length; at = text.IndexOf((byte)'\\'))
        {
            scratch.Append(text[..at]);
            byte escape = text[at + 1];
            text = text[(at + 2)..];
            if (escape == (byte)'u')
            {
                text = text[AppendUnicode(text, scratch)..];
                continue;
            }

            scratch.Append(escape switch
            {
                (byte)'b' => (byte)'\b',
                (byte)'f' => (byte)'\f',
                (byte)'n' => (byte)'\n',
                (byte)'r' => (byte)'\r',
                (byte)'t' => (byte)'\t',
                _ => escape,
            });
        }

        scratch.Append(text);
        return scratch.Span;
    }

    // Takes the four digits after \u, and the second half of a surrogate pair where there is one; half a pair becomes U+FFFD.
    private static int AppendUnicode(ReadOnlySpan<byte> text, ByteBuffer scratch)
    {
        char first = Hex4(text);
        int taken = Math.Min(4, text.Length);
        Rune rune = Rune.ReplacementChar;
        if (!char.IsSurrogate(first))
        {
            rune = new Rune(first);
        }
        else if (text.Length >= 10 && text[4] == (byte)'\\' && text[5] == (byte)'u' && Rune.TryCreate(first, Hex4(text[6..]), out Rune pair))
        {
            rune = pair;
            taken = 10;
        }

        Span<byte> utf8 = stackalloc byte[4];
        scratch.Append(utf8[..rune.EncodeToUtf8(utf8)]);
        return taken;
    }

    private static char Hex4(ReadOnlySpan<byte> text) =>
        text.Length >= 4 && Utf8Parser.TryParse(text[..4], out ushort code, out int used, 'x') && used == 4 ? (char)code : '\uFFFD';
}
