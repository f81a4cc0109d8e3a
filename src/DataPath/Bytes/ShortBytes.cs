using System.Buffers.Binary;
using System.Runtime.CompilerServices;

namespace Katanemimena.DataPath;

/// <summary>Copies, compares and loads of a few bytes, without the calls and branches of the general ones.</summary>
internal static unsafe class ShortBytes
{
    private const nuint PageBytes = 4096;

    /// <summary>Copies; may overwrite up to 15 bytes past the end of the target, which must have that room.</summary>
    /// <remarks>Up to 16 bytes are read in one go where the read stays on the source's memory page, so that it cannot fault; what
    /// is read past the source's end is never used.</remarks>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Copy(byte* target, byte* source, uint length)
    {
        if (length - 1 < 16 && ((nuint)source & (PageBytes - 1)) <= PageBytes - 16)
        {
            Unsafe.CopyBlockUnaligned(target, source, 16);
        }
        else
        {
            Unsafe.CopyBlockUnaligned(target, source, length);
        }
    }

    /// <summary>Whether two keys of one length are equal; up to 15 bytes past both ends must be readable.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool Equal(byte* a, byte* b, uint length)
    {
        if (length <= 8)
        {
            return length == 0 || ((Load(a) ^ Load(b)) << (int)(64 - (8 * length))) == 0;
        }

        return EqualLong(a, b, length);
    }

    /// <summary>The first 8 of <paramref name="length"/> bytes as a number that orders as the bytes do, zeros past the end; 8 bytes must be readable.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong OrderedPrefix(byte* bytes, uint length)
    {
        ulong word = BitConverter.IsLittleEndian
            ? BinaryPrimitives.ReverseEndianness(Unsafe.ReadUnaligned<ulong>(bytes))
            : Unsafe.ReadUnaligned<ulong>(bytes);
        return length >= 8 ? word : length == 0 ? 0 : word & (ulong.MaxValue << (int)(64 - (8 * length)));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Load(byte* at)
    {
        ulong word = Unsafe.ReadUnaligned<ulong>(at);
        return BitConverter.IsLittleEndian ? word : BinaryPrimitives.ReverseEndianness(word);
    }

    private static bool EqualLong(byte* a, byte* b, uint length) =>
        length <= 16
            ? Load(a) == Load(b) && Load(a + length - 8) == Load(b + length - 8)
            : new ReadOnlySpan<byte>(a, (int)length).SequenceEqual(new ReadOnlySpan<byte>(b, (int)length));
}
