using System.Runtime.CompilerServices;

namespace Katanemimena.DataPath;

/// <summary>Unsigned numbers in groups of seven bits, lowest first, the high bit set on all but the last byte (LEB128).</summary>
internal static unsafe class Varint
{
    /// <summary>Most bytes a 64-bit number takes.</summary>
    public const int BytesMax = 10;

    /// <summary>Writes a number and returns where the next byte goes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static byte* Write(byte* at, ulong value)
    {
        if (value < 0x80)
        {
            *at = (byte)value;
            return at + 1;
        }

        return WriteLong(at, value);
    }

    /// <summary>Reads a number this process wrote itself into its own memory.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Read(ref byte* at)
    {
        byte first = *at++;
        return first < 0x80 ? first : ReadLong(ref at, first);
    }

    /// <summary>Reads a number that may be damaged.</summary>
    /// <returns>False if it does not end before <paramref name="end"/> or takes more than 64 bits.</returns>
    public static bool TryRead(ref byte* at, byte* end, out ulong value)
    {
        value = 0;
        byte* next = at;
        for (int shift = 0; next < end && shift < 70; shift += 7)
        {
            byte b = *next++;
            if (shift == 63 && b > 1)
            {
                return false;
            }

            value |= (ulong)(b & 0x7f) << shift;
            if (b < 0x80)
            {
                at = next;
                return true;
            }
        }

        return false;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static byte* WriteLong(byte* at, ulong value)
    {
        for (; value >= 0x80; value >>= 7)
        {
            *at++ = (byte)(value | 0x80);
        }

        *at = (byte)value;
        return at + 1;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static ulong ReadLong(ref byte* at, ulong value)
    {
        value &= 0x7f;
        for (int shift = 7; ; shift += 7)
        {
            byte b = *at++;
            value |= (ulong)(b & 0x7f) << shift;
            if (b < 0x80)
            {
                return value;
            }
        }
    }
}
