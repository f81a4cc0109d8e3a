using System.Buffers.Text;
using System.Globalization;
using System.Text;
using Katanemimena.Core;

namespace Katanemimena.DataPath;

/// <summary>The text that a JSON string (RFC 8259, section 7) stands for.</summary>
internal static class JsonStringText
{
    private const int HexDigits = 4;
    private const int UnicodeEscapeBytes = 6;

    /// <summary>Appends the text of a JSON string in linear TSV.</summary>
    /// <param name="key">The key, for the message.</param>
    /// <param name="value">The string with its quotes.</param>
    /// <param name="output">Where to.</param>
    /// <exception cref="PermanentFault">It does not end in a quote, holds one without a backslash, or an escape that JSON does not know.</exception>
    public static void AppendAsTsv(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value, OutputBuffer output)
    {
        if (value is not [(byte)'"', .. var json, (byte)'"'])
        {
            throw NotJson(key, value.Length);
        }

        Span<byte> text = stackalloc byte[4];
        for (int plain; (plain = json.IndexOfAny((byte)'\\', (byte)'"')) >= 0;)
        {
            output.AppendEscaped<TsvEscapes>(json[..plain]);
            if (!TryDecode(json[plain..], text, out int taken, out int given))
            {
                throw NotJson(key, value.Length - 1 - json.Length + plain);
            }

            output.AppendEscaped<TsvEscapes>(text[..given]);
            json = json[(plain + taken)..];
        }

        output.AppendEscaped<TsvEscapes>(json);
    }

    private static PermanentFault NotJson(ReadOnlySpan<byte> key, int offset) => new(string.Create(CultureInfo.InvariantCulture,
        $"the value of key \"{KeyText.Of(key)}\" is not valid JSON at its byte {offset}: the reducer must emit valid JSON, or declare its values as text"));

    /// <summary>Decodes the escape at the front into UTF-8. Half a surrogate pair on its own gives the three bytes that UTF-8 would have for it, so that nothing is lost.</summary>
    private static bool TryDecode(ReadOnlySpan<byte> json, Span<byte> text, out int taken, out int given)
    {
        (taken, given) = (2, 1);
        if (json is not [(byte)'\\', var escape, ..])
        {
            return false;
        }

        if (escape == 'u')
        {
            return TryDecodeUnicode(json, text, out taken, out given);
        }

        text[0] = escape switch
        {
            (byte)'b' => (byte)'\b',
            (byte)'t' => (byte)'\t',
            (byte)'n' => (byte)'\n',
            (byte)'f' => (byte)'\f',
            (byte)'r' => (byte)'\r',
            _ => escape,
        };
        return "\"\\/btnfr"u8.Contains(escape);
    }

    private static bool TryDecodeUnicode(ReadOnlySpan<byte> json, Span<byte> text, out int taken, out int given)
    {
        (taken, given) = (UnicodeEscapeBytes, 0);
        if (!TryUnit(json, out char unit))
        {
            return false;
        }

        if (TryUnit(json[UnicodeEscapeBytes..], out char low) && Rune.TryCreate(unit, low, out Rune pair))
        {
            taken += UnicodeEscapeBytes;
            given = pair.EncodeToUtf8(text);
        }
        else if (Rune.TryCreate(unit, out Rune single))
        {
            given = single.EncodeToUtf8(text);
        }
        else
        {
            given = 3;
            text[0] = (byte)(0xE0 | (unit >> 12));
            text[1] = (byte)(0x80 | ((unit >> 6) & 0x3F));
            text[2] = (byte)(0x80 | (unit & 0x3F));
        }

        return true;
    }

    private static bool TryUnit(ReadOnlySpan<byte> json, out char unit)
    {
        bool read = json is [(byte)'\\', (byte)'u', _, _, _, _, ..]
            & Utf8Parser.TryParse(json.Slice(Math.Min(2, json.Length), Math.Clamp(json.Length - 2, 0, HexDigits)), out ushort value, out int digits, 'x')
            & digits == HexDigits;
        unit = (char)value;
        return read;
    }
}

/// <summary>A key as messages show it.</summary>
internal static class KeyText
{
    private const int BytesMax = 200;

    /// <summary>The key as text, invalid UTF-8 replaced, cut at 200 bytes.</summary>
    public static string Of(ReadOnlySpan<byte> key) => key.Length <= BytesMax ? Encoding.UTF8.GetString(key) : Encoding.UTF8.GetString(key[..BytesMax]) + "…";
}
