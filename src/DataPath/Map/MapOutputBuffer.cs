using System.Diagnostics;
using System.Numerics;
using System.Runtime.CompilerServices;
using Katanemimena.Core;

namespace Katanemimena.DataPath;

/// <summary>Takes pairs in any order and gives them back as one run file: partitioned by key, grouped, sorted, combined. Goes to disk when over its budget.</summary>
/// <remarks>A pair is appended to the chain of its partition and not looked at again until a whole partition, small enough for the
/// processor's cache, is grouped and sorted at once. A partition whose pairs repeat is compacted as it grows.</remarks>
internal sealed unsafe class MapOutputBuffer : IRepeatPairSink, IDisposable
{
    private const int BlockBytesMax = 32 * 1024;
    private const int BlockBytesMin = 512;
    private const int SlabBytesMax = 1 << 20;
    private const long CompactBytes = 256 * 1024;

    private readonly BufferOptions _options;
    private readonly BlockArena _arena;
    private readonly NativeBuffer _laneMemory;
    private readonly Lane* _lanes;
    private readonly int _partitions;
    private readonly int _recordBytesMax;
    private readonly long _budget;
    private readonly LaneWriter _writer;
    private readonly SpillSet _spills;
    private long _compactAt = CompactBytes;
    private long _sortTicks;

    /// <summary>An empty buffer.</summary>
    public MapOutputBuffer(BufferOptions options)
    {
        Invariant.Holds(options.Partitions is >= 1 and <= RunFormat.PartitionsMax, "P is between 1 and 4,096");
        _options = options;
        _partitions = options.Partitions;
        _recordBytesMax = options.RecordBytesMax;
        long share = options.Combines ? options.MemoryBytes / 2 : options.MemoryBytes;
        _budget = share - Math.Min(options.WriteBytes, share / 4);
        int blockBytes = (int)Math.Clamp((long)BitOperations.RoundUpToPowerOf2((ulong)(_budget / _partitions / 8) + 1), BlockBytesMin, BlockBytesMax);
        int slabBytes = (int)Math.Clamp((long)BitOperations.RoundUpToPowerOf2((ulong)(_budget / 8) + 1), Math.Max(blockBytes, 4096), SlabBytesMax);
        _arena = new BlockArena(options.Pool, blockBytes, slabBytes);
        _laneMemory = new NativeBuffer(options.Pool);
        _lanes = (Lane*)_laneMemory.Reserve((long)sizeof(Lane) * _partitions);
        new Span<Lane>(_lanes, _partitions).Clear();
        _writer = new LaneWriter(options.Pool);
        _spills = new SpillSet(options);
    }

    /// <summary>Pairs taken.</summary>
    public long Pairs { get; private set; }

    /// <summary>Bytes of blocks in use.</summary>
    public long UsedBytes => _arena.UsedBytes;

    /// <summary>Time spent within <see cref="Add(ReadOnlySpan{byte}, ReadOnlySpan{byte})"/> on anything but appending.</summary>
    public TimeSpan SortTime => Stopwatch.GetElapsedTime(0, _sortTicks);

    /// <inheritdoc/>
    public void Add(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value) => Add(key, value, 1);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Add(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value, long repeat)
    {
        Lane* lane = _lanes + PartitionFunction.Of(PartitionFunction.Hash(key), _partitions);
        Pairs += repeat;
        if ((key.Length | value.Length) > _recordBytesMax)
        {
            _options.CheckLengths(key.Length, value.Length);
        }

        fixed (byte* keyBytes = key, valueBytes = value)
        {
            if (!lane->TryAppend(keyBytes, (uint)key.Length, valueBytes, (uint)value.Length, repeat))
            {
                AddSlow(lane, key, value, repeat);
            }
        }
    }

    /// <summary>Writes everything to one run file and publishes it. The buffer is then empty.</summary>
    /// <param name="path">Path of the file.</param>
    /// <param name="wholeChecksum">Whether to compute the checksum of the whole file.</param>
    public RunSummary Finish(string path, bool wholeChecksum = false)
    {
        if (_spills.IsEmpty)
        {
            return WriteOut(path, wholeChecksum);
        }

        Spill();
        _arena.Trim();
        _writer.Dispose();
        return _spills.MergeTo(path, wholeChecksum);
    }

    /// <summary>As <see cref="Finish"/>, but leaves the pairs in several files, each in order, to be merged in the order given.</summary>
    public IReadOnlyList<string> FinishFiles()
    {
        Spill();
        return _spills.Paths;
    }

    /// <summary>Gives all memory back and deletes all spills.</summary>
    public void Dispose()
    {
        for (int p = 0; p < _partitions && _laneMemory.Pointer != null; p++)
        {
            _arena.Release(_lanes[p].Detach());
        }

        _spills.Dispose();
        _arena.Dispose();
        _writer.Dispose();
        _laneMemory.Dispose();
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void AddSlow(Lane* lane, ReadOnlySpan<byte> key, ReadOnlySpan<byte> value, long repeat)
    {
        _options.Attempt.Cancellation.ThrowIfCancellationRequested();
        if (lane->Bytes >= (lane->CompactAt == 0 ? _compactAt : lane->CompactAt))
        {
            long start = Stopwatch.GetTimestamp();
            Compact(lane);
            _sortTicks += Stopwatch.GetTimestamp() - start;
        }

        long bytes = Math.Max((long)key.Length + value.Length, _arena.BlockCapacity);
        if (IsOver(_budget - bytes))
        {
            long start = Stopwatch.GetTimestamp();
            MakeRoom(bytes);
            _sortTicks += Stopwatch.GetTimestamp() - start;
        }

        fixed (byte* keyBytes = key, valueBytes = value)
        {
            Append(lane, keyBytes, (uint)key.Length, valueBytes, (uint)value.Length, repeat);
        }
    }

    private void Append(Lane* lane, byte* key, uint keyLength, byte* value, uint valueLength, long repeat)
    {
        if (!lane->TryAppend(key, keyLength, value, valueLength, repeat))
        {
            lane->Extend(_arena, (long)keyLength + valueLength);
            Invariant.Holds(lane->TryAppend(key, keyLength, value, valueLength, repeat), "a fresh block holds the record");
        }
    }

    /// <summary>Whether blocks, and what it takes to group the largest lane, are more than a budget.</summary>
    private bool IsOver(long budget)
    {
        long most = 0;
        for (int p = 0; p < _partitions; p++)
        {
            most = Math.Max(most, _lanes[p].Records);
        }

        return _arena.UsedBytes > 0 && _arena.UsedBytes + (most * GroupTable.BytesPerRecord) > budget;
    }

    /// <summary>Compacts what repeats; spills if that does not free half.</summary>
    private void MakeRoom(long bytes)
    {
        for (int p = 0; p < _partitions; p++)
        {
            if (!_lanes[p].IsVaried && _lanes[p].First != _lanes[p].Last)
            {
                Compact(_lanes + p);
            }
        }

        if (IsOver((_budget / 2) - bytes))
        {
            Spill();
        }
    }

    /// <summary>Rewrites a lane with its pairs folded, or equal values of a key as repeats; backs off where that gains little.</summary>
    private void Compact(Lane* lane)
    {
        Lane before = *lane;
        Block* chain = lane->Detach();
        try
        {
            GroupTable table = _writer.Table;
            table.Load(chain, before.Records, _options.Fold);
            lane->IsVaried = table.NodeCount > before.Records / 2;
            if (lane->IsVaried && _options.Fold is null)
            {
                lane->Attach(before);
                chain = null;
            }
            else
            {
                Rewrite(table, lane);
            }
        }
        finally
        {
            _arena.Release(chain);
        }

        lane->CompactAt = Math.Max(CompactBytes, lane->IsVaried ? 4 * before.Bytes : 3 * lane->Bytes);
        if (lane->IsVaried)
        {
            _compactAt = Math.Max(_compactAt, 4 * before.Bytes);
        }
    }

    private void Rewrite(GroupTable table, Lane* lane)
    {
        for (int i = 0; i < table.Count; i++)
        {
            GroupEntry* entry = table.Entries + i;
            for (int at = entry->Head; at >= 0; at = table.Nodes[at].Next)
            {
                ValueNode* node = table.Nodes + at;
                Append(lane, entry->Key, entry->KeyLength, node->Value, node->Length, node->Repeat);
            }
        }
    }

    private void Spill()
    {
        if (_arena.UsedBytes > 0)
        {
            _spills.Add(WriteOut(_spills.NextPath(), wholeChecksum: false));
        }
    }

    private RunSummary WriteOut(string path, bool wholeChecksum)
    {
        if (_options.Combines && MayCombine())
        {
            using var groups = new LaneGroups(_lanes, _partitions, _arena, _writer);
            return Combining.Run(_options, $"{_options.SpillName}-{_spills.Paths.Count}-combined", groups, path, wholeChecksum);
        }

        using var writer = new RunWriter(_options.Volume, path, _partitions, _options.WriteBytes, _options.Pool, _options.Meter, wholeChecksum);
        for (int p = 0; p < _partitions; p++)
        {
            if (_lanes[p].Records > 0)
            {
                _options.Attempt.Cancellation.ThrowIfCancellationRequested();
                long records = _lanes[p].Records;
                _lanes[p].Seal();
                _writer.Table.Load(_lanes[p].First, records, _options.Fold);
                _writer.Write(writer, p);
                _arena.Release(_lanes[p].Detach());
            }
        }

        return RunSummary.Publish(writer, path);
    }

    /// <summary>Whether the largest lane has keys that come more than once, which says enough about all.</summary>
    private bool MayCombine()
    {
        Lane* largest = _lanes;
        for (int p = 1; p < _partitions; p++)
        {
            largest = _lanes[p].Records > largest->Records ? _lanes + p : largest;
        }

        largest->Seal();
        _writer.Table.Load(largest->First, largest->Records, null);
        return Combining.MayHelp(_writer.Table);
    }
}
