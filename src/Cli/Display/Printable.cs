using System.Globalization;
using System.Text;

namespace Katanemimena.Cli.Display;

/// <summary>Shows bytes and text of unknown origin without letting them steer the terminal.</summary>
internal static class Printable
{
    /// <summary>Text with control characters written as escapes.</summary>
    public static string Text(string text, bool keepLines = false)
    {
        var result = new StringBuilder(text.Length);
        foreach (Rune rune in text.EnumerateRunes())
        {
            Append(result, rune, keepLines);
        }

        return result.ToString();
    }

    /// <summary>Bytes as UTF-8 where they are, <c>\xNN</c> where not; cut after about <paramref name="charactersMax"/> characters.</summary>
    public static string Bytes(ReadOnlySpan<byte> bytes, int charactersMax)
    {
        var result = new StringBuilder();
        while (!bytes.IsEmpty && result.Length < charactersMax)
        {
            if (Rune.DecodeFromUtf8(bytes, out Rune rune, out int used) == System.Buffers.OperationStatus.Done)
            {
                Append(result, rune, keepLines: false);
            }
            else
            {
                used = 1;
                result.Append(CultureInfo.InvariantCulture, $"\\x{bytes[0]:x2}");
            }

            bytes = bytes[used..];
        }

        return bytes.IsEmpty ? result.ToString() : string.Create(CultureInfo.InvariantCulture, $"{result}… ({bytes.Length:N0} bytes more)");
    }

    private static void Append(StringBuilder result, Rune rune, bool keepLines)
    {
        if (keepLines && rune.Value == '\n')
        {
            result.Append('\n');
        }
        else if (rune.Value == '\t')
        {
            result.Append("\\t");
        }
        else if (Rune.IsControl(rune) || Rune.GetUnicodeCategory(rune) is UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator)
        {
            result.Append(CultureInfo.InvariantCulture, $"\\u{{{rune.Value:x}}}");
        }
        else
        {
            result.Append(rune.ToString());
        }
    }
}
