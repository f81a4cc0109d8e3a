using System.Numerics;
using System.Runtime.CompilerServices;

namespace Katanemimena.DataPath;

/// <summary>The lanes of a buffer: several for each partition when partitions are few, each with the keys of one stretch of hash values.</summary>
/// <remarks>As many as keep a lane's distinct keys in the processor's cache while they are grouped (radix partitioning before hashing: Manegold,
/// Boncz and Kersten, Optimizing Main-Memory Join on Modern Hardware, 2002), and as few as let every lane have blocks worth their headers.</remarks>
internal sealed unsafe class LaneSet : IDisposable
{
    private const int LanesWanted = 256;
    private const int LaneBytesMin = 64 * 1024;
    private const int BlocksOfLane = 8;
    private const int BlockBytesMax = 32 * 1024;
    private const int BlockBytesMin = 512;
    private const int SlabBytesMax = 1 << 20;
    private const int SlabBytesMin = 4096;

    private readonly NativeBuffer _memory;
    private readonly Lane* _lanes;
    private readonly int _each;

    /// <summary>Empty lanes.</summary>
    /// <param name="pool">Where memory comes from.</param>
    /// <param name="partitions">P.</param>
    /// <param name="budget">Bytes that all lanes together may take.</param>
    public LaneSet(NativePool pool, int partitions, long budget)
    {
        Partitions = partitions;
        _each = (int)Math.Clamp(Math.Min(LanesWanted, budget / LaneBytesMin) / partitions, 1, LanesWanted);
        int blockBytes = (int)Math.Clamp(Power(budget / Count / BlocksOfLane), BlockBytesMin, BlockBytesMax);
        int slabBytes = (int)Math.Clamp(Power(budget / BlocksOfLane), Math.Max(blockBytes, SlabBytesMin), SlabBytesMax);
        Arena = new BlockArena(pool, blockBytes, slabBytes);
        _memory = new NativeBuffer(pool);
        _lanes = (Lane*)_memory.Reserve((long)sizeof(Lane) * Count);
        new Span<Lane>(_lanes, Count).Clear();
    }

    /// <summary>P.</summary>
    public int Partitions { get; }

    /// <summary>Lanes in all, in order of their partitions.</summary>
    public int Count => Partitions * _each;

    /// <summary>Where blocks come from.</summary>
    public BlockArena Arena { get; }

    /// <summary>One lane.</summary>
    public ref Lane this[int lane] => ref _lanes[lane];

    /// <summary>The lane of a key with this hash, which is one of its partition: a finer cut of the same hash.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Lane* For(ulong hash) => _lanes + PartitionFunction.Of(hash, Count);

    /// <summary>The lanes of a partition.</summary>
    public Span<Lane> Of(int partition) => new(_lanes + (partition * _each), _each);

    /// <summary>Records in the lanes of a partition.</summary>
    public long RecordsOf(int partition)
    {
        long records = 0;
        foreach (ref Lane lane in Of(partition))
        {
            records += lane.Records;
        }

        return records;
    }

    /// <summary>Takes the blocks of a partition back.</summary>
    public void Release(int partition)
    {
        foreach (ref Lane lane in Of(partition))
        {
            Arena.Release(lane.Detach());
        }
    }

    /// <summary>Gives all memory back.</summary>
    public void Dispose()
    {
        for (int partition = 0; partition < Partitions && _memory.Pointer != null; partition++)
        {
            Release(partition);
        }

        Arena.Dispose();
        _memory.Dispose();
    }

    private static long Power(long bytes) => (long)BitOperations.RoundUpToPowerOf2((ulong)bytes + 1);
}
