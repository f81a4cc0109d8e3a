using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Katanemimena.DataPath;

/// <summary>Copies short text that mostly needs no escapes.</summary>
internal static class ShortText
{
    /// <summary>Copies text and tells whether that was all: whether no byte of it needs an escape.</summary>
    /// <param name="text">The text.</param>
    /// <param name="to">Where to; there must be room for the whole text, which may be written even if the answer is no.</param>
    /// <remarks>All bytes go through registers once: two pieces that overlap in the middle cover any length from one piece to two. To search the
    /// copy rather than the text would stall, as a load cannot be served from two stores that are still under way.</remarks>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool TryCopyPlain<TEscapes>(ReadOnlySpan<byte> text, ref byte to)
        where TEscapes : IEscapes
    {
        ref byte from = ref MemoryMarshal.GetReference(text);
        int length = text.Length;
        if (length >= Vector128<byte>.Count)
        {
            return TryCopyVectors<TEscapes>(ref from, ref to, length);
        }

        if (length >= sizeof(ulong))
        {
            ulong first = Unsafe.ReadUnaligned<ulong>(ref from);
            ulong last = Unsafe.ReadUnaligned<ulong>(ref Unsafe.Add(ref from, length - sizeof(ulong)));
            Unsafe.WriteUnaligned(ref to, first);
            Unsafe.WriteUnaligned(ref Unsafe.Add(ref to, length - sizeof(ulong)), last);
            return IsPlain<TEscapes>(Vector128.Create(first, last).AsByte());
        }

        if (length >= sizeof(uint))
        {
            uint first = Unsafe.ReadUnaligned<uint>(ref from);
            uint last = Unsafe.ReadUnaligned<uint>(ref Unsafe.Add(ref from, length - sizeof(uint)));
            Unsafe.WriteUnaligned(ref to, first);
            Unsafe.WriteUnaligned(ref Unsafe.Add(ref to, length - sizeof(uint)), last);
            return IsPlain<TEscapes>(Vector128.Create(first | ((ulong)last << 32)).AsByte());
        }

        return length == 0 || TryCopyUpToThree<TEscapes>(ref from, ref to, length);
    }

    private static bool TryCopyVectors<TEscapes>(ref byte from, ref byte to, int length)
        where TEscapes : IEscapes
    {
        int lastStart = length - Vector128<byte>.Count;
        Vector128<byte> last = Vector128.LoadUnsafe(ref from, (nuint)lastStart);
        Vector128<byte> needed = TEscapes.Needed(last);
        for (int i = 0; i < lastStart; i += Vector128<byte>.Count)
        {
            Vector128<byte> piece = Vector128.LoadUnsafe(ref from, (nuint)i);
            piece.StoreUnsafe(ref to, (nuint)i);
            needed |= TEscapes.Needed(piece);
        }

        last.StoreUnsafe(ref to, (nuint)lastStart);
        return needed == Vector128<byte>.Zero;
    }

    /// <summary>First, middle and last byte cover one to three.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool TryCopyUpToThree<TEscapes>(ref byte from, ref byte to, int length)
        where TEscapes : IEscapes
    {
        byte first = from;
        byte middle = Unsafe.Add(ref from, length >> 1);
        byte last = Unsafe.Add(ref from, length - 1);
        to = first;
        Unsafe.Add(ref to, length >> 1) = middle;
        Unsafe.Add(ref to, length - 1) = last;
        return IsPlain<TEscapes>(Vector128.Create(first | ((uint)middle << 8) | ((uint)last << 16) | ((uint)last << 24)).AsByte());
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool IsPlain<TEscapes>(Vector128<byte> bytes)
        where TEscapes : IEscapes => TEscapes.Needed(bytes) == Vector128<byte>.Zero;
}
