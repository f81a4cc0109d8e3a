using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Katanemimena.DataPath;

/// <summary>CRC-32C (Castagnoli), as RFC 3720 section 12.1 defines it: reflected polynomial 0x82F63B78, start and end inverted.</summary>
internal static class Crc32C
{
    /// <summary>The checksum of what <paramref name="crc"/> covers followed by <paramref name="bytes"/>; 0 covers nothing.</summary>
    /// <remarks>The processor's instruction where it has one, tables otherwise; both in <see cref="BitOperations"/>.</remarks>
    public static uint Append(uint crc, ReadOnlySpan<byte> bytes)
    {
        uint state = ~crc;
        ref byte at = ref MemoryMarshal.GetReference(bytes);
        int left = bytes.Length;
        for (; left >= sizeof(ulong); left -= sizeof(ulong))
        {
            ulong word = Unsafe.ReadUnaligned<ulong>(ref at);
            state = BitOperations.Crc32C(state, BitConverter.IsLittleEndian ? word : BinaryPrimitives.ReverseEndianness(word));
            at = ref Unsafe.Add(ref at, sizeof(ulong));
        }

        for (; left > 0; left--)
        {
            state = BitOperations.Crc32C(state, at);
            at = ref Unsafe.Add(ref at, 1);
        }

        return ~state;
    }
}
