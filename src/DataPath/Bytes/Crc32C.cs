using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Katanemimena.DataPath;

/// <summary>CRC-32C (Castagnoli), as RFC 3720 section 12.1 defines it: reflected polynomial 0x82F63B78, start and end inverted.</summary>
/// <remarks>The processor's instruction takes a word a cycle but answers three cycles later, so long input goes through it in three lanes
/// at a time, whose sums are then joined (Gopal and others, "Fast CRC Computation for iSCSI Polynomial Using CRC32 Instruction", Intel, 2011).</remarks>
public static class Crc32C
{
    /// <summary>Bytes of one lane: enough to make joining cheap, little enough to help with buffers of a few KiB.</summary>
    private const int LaneBytes = 1024;

    /// <summary>The polynomial, reflected: the highest bit is the coefficient of x^0.</summary>
    private const uint Polynomial = 0x82F63B78;

    private const uint One = 1u << 31;

    private static readonly uint[] AfterLane = MakeAfterLane();

    /// <summary>The checksum of what <paramref name="crc"/> covers followed by <paramref name="bytes"/>; 0 covers nothing.</summary>
    /// <remarks>The processor's instruction where it has one, tables otherwise; both in <see cref="BitOperations"/>.</remarks>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static uint Append(uint crc, ReadOnlySpan<byte> bytes)
    {
        uint state = ~crc;
        ref byte at = ref MemoryMarshal.GetReference(bytes);
        int left = bytes.Length;
        for (; left >= 3 * LaneBytes; left -= 3 * LaneBytes)
        {
            state = AppendLanes(state, ref at);
            at = ref Unsafe.Add(ref at, 3 * LaneBytes);
        }

        for (; left >= sizeof(ulong); left -= sizeof(ulong))
        {
            state = BitOperations.Crc32C(state, Word(ref at, 0));
            at = ref Unsafe.Add(ref at, sizeof(ulong));
        }

        for (; left > 0; left--)
        {
            state = BitOperations.Crc32C(state, at);
            at = ref Unsafe.Add(ref at, 1);
        }

        return ~state;
    }

    /// <summary>The checksum of two pieces one after the other, from the checksums of each.</summary>
    /// <param name="first">Checksum of the first piece.</param>
    /// <param name="second">Checksum of the second piece.</param>
    /// <param name="secondBytes">Length of the second piece in bytes; 0 or more.</param>
    /// <remarks>A checksum is the remainder of a polynomial. What follows a piece multiplies it by x for every bit, and adds its own; what the
    /// inversions at start and end contribute cancels out.</remarks>
    public static uint Combine(uint first, uint second, long secondBytes)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(secondBytes);
        uint passed = first;
        uint power = One >> 8;
        for (long bytes = secondBytes; bytes > 0; bytes >>= 1)
        {
            passed = (bytes & 1) != 0 ? Multiply(passed, power) : passed;
            power = Multiply(power, power);
        }

        return passed ^ second;
    }

    /// <summary>The product of two polynomials, modulo that of the checksum.</summary>
    private static uint Multiply(uint left, uint right)
    {
        uint product = 0;
        for (uint coefficient = One; coefficient != 0; coefficient >>= 1)
        {
            product ^= (left & coefficient) != 0 ? right : 0;
            right = (right >> 1) ^ ((right & 1) != 0 ? Polynomial : 0);
        }

        return product;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static uint AppendLanes(uint state, ref byte at)
    {
        uint first = state;
        uint second = 0;
        uint third = 0;
        for (int i = 0; i < LaneBytes; i += sizeof(ulong))
        {
            first = BitOperations.Crc32C(first, Word(ref at, i));
            second = BitOperations.Crc32C(second, Word(ref at, LaneBytes + i));
            third = BitOperations.Crc32C(third, Word(ref at, (2 * LaneBytes) + i));
        }

        return PassLane(PassLane(first) ^ second) ^ third;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Word(ref byte at, int offset)
    {
        ulong word = Unsafe.ReadUnaligned<ulong>(ref Unsafe.Add(ref at, offset));
        return BitConverter.IsLittleEndian ? word : BinaryPrimitives.ReverseEndianness(word);
    }

    /// <summary>What a state becomes by a lane of zeros; as that is linear, a table for each of its bytes is enough.</summary>
    private static uint PassLane(uint state) =>
        AfterLane[(byte)state] ^ AfterLane[256 + (byte)(state >> 8)] ^ AfterLane[512 + (byte)(state >> 16)] ^ AfterLane[768 + (state >> 24)];

    private static uint[] MakeAfterLane()
    {
        var tables = new uint[4 * 256];
        for (int bit = 0; bit < 32; bit++)
        {
            uint state = 1u << bit;
            for (int i = 0; i < LaneBytes; i += sizeof(ulong))
            {
                state = BitOperations.Crc32C(state, 0UL);
            }

            int table = bit / 8 * 256;
            int power = 1 << (bit % 8);
            for (int lower = 0; lower < power; lower++)
            {
                tables[table + power + lower] = tables[table + lower] ^ state;
            }
        }

        return tables;
    }
}
