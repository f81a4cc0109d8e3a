using System.Buffers;
using System.Globalization;

namespace Katanemimena.Core;

/// <summary>Sizes as people write them: <c>4096</c>, <c>64K</c>, <c>1MiB</c>, <c>512MB</c>, <c>1.5G</c>.</summary>
/// <remarks>As GNU coreutils: K, M, G, T and KiB… are powers of 1,024; KB… are powers of 1,000. Upper and lower case are one.</remarks>
public static class Size
{
    private static readonly SearchValues<char> NumberCharacters = SearchValues.Create("0123456789.+-");
    private static readonly string[] Letters = ["K", "M", "G", "T"];
    private static readonly string[] Units = ["B", "KiB", "MiB", "GiB", "TiB"];

    /// <summary>Reads a size in bytes, rounded down.</summary>
    /// <returns>False when the text has another form or the number is too large to hold.</returns>
    public static bool TryParse(string text, out long bytes)
    {
        bytes = 0;
        ReadOnlySpan<char> trimmed = text.AsSpan().Trim();
        int digits = trimmed.IndexOfAnyExcept(NumberCharacters);
        digits = digits < 0 ? trimmed.Length : digits;
        if (!decimal.TryParse(trimmed[..digits], NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out decimal number)
            || !TryUnit(trimmed[digits..].Trim(), out decimal unit)
            || Math.Abs(number) > long.MaxValue / unit)
        {
            return false;
        }

        bytes = (long)(number * unit);
        return true;
    }

    /// <summary>Writes a size with three digits and a binary unit: <c>1.50 MiB</c>.</summary>
    public static string Text(double bytes)
    {
        int unit = 0;
        while (Math.Abs(bytes) >= 1000 && unit < Units.Length - 1)
        {
            bytes /= 1024;
            unit++;
        }

        string format = unit == 0 || Math.Abs(bytes) >= 99.95 ? "0" : Math.Abs(bytes) >= 9.995 ? "0.0" : "0.00";
        return $"{bytes.ToString(format, CultureInfo.InvariantCulture)} {Units[unit]}";
    }

    private static bool TryUnit(ReadOnlySpan<char> text, out decimal unit)
    {
        unit = 1;
        if (text.IsEmpty || text.Equals("B", StringComparison.OrdinalIgnoreCase))
        {
            return true;
        }

        ReadOnlySpan<char> rest = text[1..];
        decimal step = rest.IsEmpty || rest.Equals("iB", StringComparison.OrdinalIgnoreCase) ? 1024
            : rest.Equals("B", StringComparison.OrdinalIgnoreCase) ? 1000 : 0;
        foreach (string letter in Letters)
        {
            unit *= step;
            if (text[..1].Equals(letter, StringComparison.OrdinalIgnoreCase))
            {
                return step != 0;
            }
        }

        return false;
    }
}
