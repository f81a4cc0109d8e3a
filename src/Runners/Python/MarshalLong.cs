using System.Buffers.Binary;
using System.Numerics;

namespace Katanemimena.Runners;

/// <summary>Ints of any size in marshal's digits of 15 bits.</summary>
internal static class MarshalLong
{
    private const int DigitBits = 15;

    /// <summary>The number that digits, lowest first, make.</summary>
    public static BigInteger FromDigits(ReadOnlySpan<byte> digits)
    {
        byte[] bytes = new byte[(int)((digits.Length / 2L * DigitBits + 7) / 8)];
        int at = 0, bits = 0, held = 0;
        for (int i = 0; i < digits.Length; i += 2)
        {
            held |= BinaryPrimitives.ReadUInt16LittleEndian(digits[i..]) << bits;
            for (bits += DigitBits; bits >= 8; bits -= 8, held >>= 8)
            {
                bytes[at++] = (byte)held;
            }
        }

        if (bits > 0)
        {
            bytes[at] = (byte)held;
        }

        return new BigInteger(bytes, isUnsigned: true);
    }

    /// <summary>Appends a number.</summary>
    public static void Append(ByteBuffer target, BigInteger number)
    {
        byte[] bytes = BigInteger.Abs(number).ToByteArray(isUnsigned: true);
        int start = target.Length;
        target.Append(MarshalCode.Long);
        target.Room(4);
        target.Advance(4);
        int count = 0, held = 0, bits = 0;
        foreach (byte b in bytes)
        {
            held |= b << bits;
            bits += 8;
            if (bits >= DigitBits)
            {
                AppendDigit(target, held & 0x7FFF);
                count++;
                held >>= DigitBits;
                bits -= DigitBits;
            }
        }

        if (held > 0)
        {
            AppendDigit(target, held);
            count++;
        }

        // The highest digit must not be 0.
        while (count > 0 && BinaryPrimitives.ReadUInt16LittleEndian(target.Span[^2..]) == 0)
        {
            target.Truncate(target.Length - 2);
            count--;
        }

        BinaryPrimitives.WriteInt32LittleEndian(target.Bytes[(start + 1)..], number.Sign < 0 ? -count : count);
    }

    private static void AppendDigit(ByteBuffer target, int digit)
    {
        BinaryPrimitives.WriteUInt16LittleEndian(target.Room(2), (ushort)digit);
        target.Advance(2);
    }
}
