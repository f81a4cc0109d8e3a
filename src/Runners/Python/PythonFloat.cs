using System.Globalization;

namespace Katanemimena.Runners;

/// <summary>Writes a float as Python's <c>repr</c> does.</summary>
/// <remarks>Both take the shortest digits that read back as the same number. Python writes an exponent (of two digits or more) below
/// 1e-4 and from 1e16 on, and else a decimal point with a digit on either side. Source: Python's documentation of <c>float.__repr__</c> and
/// format code <c>r</c> of <c>PyOS_double_to_string</c>.</remarks>
internal static class PythonFloat
{
    /// <summary>Longest text written.</summary>
    public const int BytesMax = 32;

    /// <summary>Writes a finite number.</summary>
    /// <returns>Bytes written.</returns>
    public static int Format(double value, Span<byte> target)
    {
        Span<byte> text = stackalloc byte[BytesMax];
        Span<byte> digits = stackalloc byte[BytesMax];
        value.TryFormat(text, out int length, "R", CultureInfo.InvariantCulture);
        int count = Digits(text[..length], digits, out bool negative, out int point);
        int at = 0;
        if (negative)
        {
            target[at++] = (byte)'-';
        }

        return at + (point is > 16 or < -3
            ? Exponent(digits[..count], point - 1, target[at..])
            : Plain(digits[..count], point, target[at..]));
    }

    // The significant digits, without zeros at either end, and how many of them stand before the decimal point.
    private static int Digits(ReadOnlySpan<byte> text, Span<byte> digits, out bool negative, out int point)
    {
        negative = text[0] == (byte)'-';
        int count = 0, exponent = 0, seen = 0;
        point = -1;
        for (int i = negative ? 1 : 0; i < text.Length; i++)
        {
            byte c = text[i];
            if (c == (byte)'.')
            {
                point = seen;
            }
            else if (c == (byte)'E')
            {
                exponent = int.Parse(text[(i + 1)..], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture);
                break;
            }
            else
            {
                digits[seen++] = c;
            }
        }

        point = (point < 0 ? seen : point) + exponent;
        int zeros = 0;
        while (zeros < seen - 1 && digits[zeros] == (byte)'0')
        {
            zeros++;
        }

        count = seen;
        while (count > zeros + 1 && digits[count - 1] == (byte)'0')
        {
            count--;
        }

        digits[zeros..count].CopyTo(digits);
        point = digits[0] == (byte)'0' ? 1 : point - zeros;
        return count - zeros;
    }

    private static int Exponent(ReadOnlySpan<byte> digits, int exponent, Span<byte> target)
    {
        int at = 0;
        target[at++] = digits[0];
        if (digits.Length > 1)
        {
            target[at++] = (byte)'.';
            digits[1..].CopyTo(target[at..]);
            at += digits.Length - 1;
        }

        target[at++] = (byte)'e';
        target[at++] = (byte)(exponent < 0 ? '-' : '+');
        Math.Abs(exponent).TryFormat(target[at..], out int written, "00", CultureInfo.InvariantCulture);
        return at + written;
    }

    private static int Plain(ReadOnlySpan<byte> digits, int point, Span<byte> target)
    {
        int at = 0;
        if (point <= 0)
        {
            "0."u8.CopyTo(target);
            target.Slice(2, -point).Fill((byte)'0');
            digits.CopyTo(target[(2 - point)..]);
            return 2 - point + digits.Length;
        }

        int whole = Math.Min(point, digits.Length);
        digits[..whole].CopyTo(target);
        at = whole;
        target[at..point].Fill((byte)'0');
        at = point;
        target[at++] = (byte)'.';
        if (digits.Length == whole)
        {
            target[at++] = (byte)'0';
            return at;
        }

        digits[whole..].CopyTo(target[at..]);
        return at + digits.Length - whole;
    }
}
