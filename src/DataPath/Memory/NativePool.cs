using System.Numerics;
using System.Runtime.InteropServices;
using Katanemimena.Core;

namespace Katanemimena.DataPath;

/// <summary>Native memory in a few sizes between one power of two and the next, kept for reuse up to a limit: the first touch of fresh memory costs more than its use. Safe for several threads.</summary>
/// <remarks>What is kept and what is in use together never exceed the most that was ever in use at once.</remarks>
/// <param name="retainedBytesMax">Most bytes kept while nobody uses them.</param>
internal sealed unsafe class NativePool(long retainedBytesMax)
{
    /// <summary>Bytes at the end of every piece that may be read and overwritten but hold nothing, so that short copies may run over.</summary>
    public const int SlackBytes = 64;

    private const int SmallestShift = 12;
    private const int StepsShift = 2;
    private const nuint Alignment = 4096;

    private readonly Lock _gate = new();
    private readonly Stack<nint>[] _free = [.. Enumerable.Range(0, (64 - SmallestShift) << StepsShift).Select(_ => new Stack<nint>())];
    private long _retained;
    private long _outstanding;
    private long _outstandingMax;

    /// <summary>The pool of this process.</summary>
    public static NativePool Shared { get; } = new(192L << 20);

    /// <summary>Bytes rented and not yet returned.</summary>
    public long Outstanding => Interlocked.Read(ref _outstanding);

    /// <summary>Bytes kept for reuse.</summary>
    public long Retained => Interlocked.Read(ref _retained);

    /// <summary>The largest capacity whose piece, slack included, takes no more than <paramref name="bytes"/>, which must be 4 KiB or more.</summary>
    public static int CapacityWithin(int bytes) =>
        (bytes & -(1 << (BitOperations.Log2((uint)bytes) - StepsShift))) - SlackBytes;

    /// <summary>What a piece for <paramref name="bytes"/> takes, slack included: the next of 4 sizes for each doubling.</summary>
    public static long SizeFor(long bytes)
    {
        long size = Math.Max(bytes + SlackBytes, 1L << SmallestShift);
        long step = 1L << (BitOperations.Log2((ulong)size) - StepsShift);
        return (size + step - 1) & -step;
    }

    /// <summary>Rents at least <paramref name="bytes"/>, uncleared.</summary>
    public byte* Rent(long bytes, out long capacity)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(bytes);
        long size = SizeFor(bytes);
        capacity = size - SlackBytes;
        lock (_gate)
        {
            _outstanding += size;
            _outstandingMax = Math.Max(_outstandingMax, _outstanding);
            if (FreeOf(size).TryPop(out nint kept))
            {
                _retained -= size;
                return (byte*)kept;
            }

            FreeDownTo(_outstandingMax - _outstanding);
        }

        return (byte*)NativeMemory.AlignedAlloc((nuint)size, Alignment);
    }

    /// <summary>Gives a piece back, named by what <see cref="Rent"/> returned.</summary>
    public void Return(byte* piece, long capacity)
    {
        long size = capacity + SlackBytes;
        Invariant.Holds(piece != null && SizeFor(capacity) == size, "a piece is returned with the capacity it was rented with");
        lock (_gate)
        {
            _outstanding -= size;
            if (_retained + size <= retainedBytesMax)
            {
                FreeOf(size).Push((nint)piece);
                _retained += size;
                return;
            }
        }

        NativeMemory.AlignedFree(piece);
    }

    /// <summary>Frees kept pieces, largest first, until no more than this many bytes are kept.</summary>
    private void FreeDownTo(long bytes)
    {
        for (int i = _free.Length - 1; i >= 0 && _retained > bytes; i--)
        {
            long step = 1L << ((i >> StepsShift) + SmallestShift - StepsShift);
            long size = step * ((1 << StepsShift) + (i & ((1 << StepsShift) - 1)));
            while (_retained > bytes && _free[i].TryPop(out nint piece))
            {
                NativeMemory.AlignedFree((void*)piece);
                _retained -= size;
            }
        }
    }

    private Stack<nint> FreeOf(long size)
    {
        int shift = BitOperations.Log2((ulong)size);
        int step = (int)(size >> (shift - StepsShift)) - (1 << StepsShift);
        return _free[((shift - SmallestShift) << StepsShift) + step];
    }
}
