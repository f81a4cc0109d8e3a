using System.Diagnostics;
using System.Runtime.CompilerServices;
using Katanemimena.Core;

namespace Katanemimena.DataPath;

/// <summary>Takes pairs in any order and gives them back as one run file: partitioned by key, grouped, sorted, combined. Goes to disk when over its budget.</summary>
/// <remarks>A pair is appended to its lane, a part of its partition, and not looked at again until the whole lane, small enough for the
/// processor's cache, is grouped at once; a partition's lanes are then sorted together. A lane whose pairs repeat is compacted as it grows.</remarks>
internal sealed unsafe class MapOutputBuffer : IRepeatPairSink, IDisposable
{
    private const long CompactBytes = 256 * 1024;
    private const int CompactRecordsMin = 16;
    private const int SampleRecordsMin = 4096;
    private const int SampleDivisor = 8;

    private readonly BufferOptions _options;
    private readonly LaneSet _lanes;
    private readonly BlockArena _arena;
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
        _recordBytesMax = options.RecordBytesMax;
        long share = options.Combines ? options.MemoryBytes / 2 : options.MemoryBytes;
        _budget = share - Math.Min(options.WriteBytes, share / 4);
        _lanes = new LaneSet(options.Pool, options.Partitions, _budget);
        _arena = _lanes.Arena;
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
        Lane* lane = _lanes.For(PartitionFunction.Hash(key));
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

        FinishFiles();
        return _spills.MergeTo(path, wholeChecksum);
    }

    /// <summary>As <see cref="Finish"/>, but leaves the pairs in several files, each in order, to be merged in the order given. No memory is held then.</summary>
    public IReadOnlyList<string> FinishFiles()
    {
        Spill();
        Trim();
        return _spills.Paths;
    }

    /// <summary>Gives all memory back and deletes all spills.</summary>
    public void Dispose()
    {
        _spills.Dispose();
        _lanes.Dispose();
        _writer.Dispose();
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void AddSlow(Lane* lane, ReadOnlySpan<byte> key, ReadOnlySpan<byte> value, long repeat)
    {
        _options.Attempt.Cancellation.ThrowIfCancellationRequested();
        if (lane->Bytes >= (lane->CompactAt == 0 ? _compactAt : lane->CompactAt))
        {
            long start = Stopwatch.GetTimestamp();
            Compact(ref *lane);
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
            Append(ref *lane, keyBytes, (uint)key.Length, valueBytes, (uint)value.Length, repeat);
        }
    }

    private void Append(ref Lane lane, byte* key, uint keyLength, byte* value, uint valueLength, long repeat)
    {
        if (!lane.TryAppend(key, keyLength, value, valueLength, repeat))
        {
            lane.Extend(_arena, (long)keyLength + valueLength);
            Invariant.Holds(lane.TryAppend(key, keyLength, value, valueLength, repeat), "a fresh block holds the record");
        }
    }

    /// <summary>Whether blocks, and what it takes to group the largest partition, are more than a budget.</summary>
    private bool IsOver(long budget)
    {
        long most = 0;
        for (int p = 0; p < _lanes.Partitions; p++)
        {
            most = Math.Max(most, _lanes.RecordsOf(p));
        }

        return _arena.UsedBytes > 0 && _arena.UsedBytes + (most * GroupTable.BytesPerRecord) > budget;
    }

    /// <summary>Compacts what repeats; spills if that does not free half.</summary>
    private void MakeRoom(long bytes)
    {
        for (int i = 0; i < _lanes.Count; i++)
        {
            if (!_lanes[i].IsVaried && _lanes[i].Records > CompactRecordsMin + (2L * _lanes[i].Kept))
            {
                Compact(ref _lanes[i]);
            }
        }

        if (IsOver((_budget / 2) - bytes))
        {
            Spill();
        }
    }

    /// <summary>Rewrites a lane with its pairs folded, or equal values of a key as repeats; backs off where that gains little.</summary>
    private void Compact(ref Lane lane)
    {
        Lane before = lane;
        GroupTable table = _writer.Table;
        table.Load(ref lane, _options.Fold);
        Block* chain = lane.Detach();
        try
        {
            lane.IsVaried = table.NodeCount > before.Records / 2;
            if (lane.IsVaried && _options.Fold is null)
            {
                lane.Attach(before);
                chain = null;
            }
            else
            {
                Rewrite(table, ref lane);
            }
        }
        finally
        {
            _arena.Release(chain);
        }

        lane.Kept = (int)lane.Records;
        lane.CompactAt = Math.Max(CompactBytes, lane.IsVaried ? 4 * before.Bytes : 3 * lane.Bytes);
        if (lane.IsVaried)
        {
            _compactAt = Math.Max(_compactAt, 4 * before.Bytes);
        }
    }

    private void Rewrite(GroupTable table, ref Lane lane)
    {
        for (int i = 0; i < table.Count; i++)
        {
            GroupEntry* entry = table.Entries + i;
            for (int at = entry->Head; at >= 0; at = table.Nodes[at].Next)
            {
                ValueNode* node = table.Nodes + at;
                Append(ref lane, entry->Key, entry->KeyLength, node->Value, node->Length, node->Repeat);
            }
        }
    }

    private void Spill()
    {
        if (_arena.UsedBytes > 0)
        {
            _spills.Add(WriteOut(_spills.NextPath(), wholeChecksum: false));
            if (_spills.IsFull)
            {
                Trim();
                _spills.MergeLatest();
            }
        }
    }

    /// <summary>Gives back the memory of an empty buffer, so that a merge may have it.</summary>
    private void Trim()
    {
        _arena.Trim();
        _writer.Dispose();
    }

    private RunSummary WriteOut(string path, bool wholeChecksum)
    {
        if (_options.Combines && MayCombine())
        {
            using var groups = new LaneGroups(_lanes, _writer);
            return Combining.Run(_options, $"{_options.SpillName}-{_spills.Paths.Count}-combined", groups, path, wholeChecksum);
        }

        using var writer = new RunWriter(_options.Volume, path, _lanes.Partitions, _options.WriteBytes, _options.Pool, _options.Meter, wholeChecksum);
        for (int p = 0; p < _lanes.Partitions; p++)
        {
            if (_lanes.RecordsOf(p) > 0)
            {
                _options.Attempt.Cancellation.ThrowIfCancellationRequested();
                _writer.Table.Load(_lanes.Of(p), _options.Fold);
                _writer.Write(writer, p);
                _lanes.Release(p);
            }
        }

        return RunSummary.Publish(writer, path);
    }

    /// <summary>Whether the combiner would gain much, judged by the largest lane, where a frequent key shows, and those after it, which hold keys as good as drawn by lot.</summary>
    private bool MayCombine()
    {
        long records = 0;
        int largest = 0;
        for (int i = 0; i < _lanes.Count; i++)
        {
            records += _lanes[i].Records;
            largest = _lanes[i].Records > _lanes[largest].Records ? i : largest;
        }

        long enough = Math.Max(SampleRecordsMin, records / SampleDivisor);
        long saved = 0;
        long keys = 0;
        for (int i = 0; i < _lanes.Count && enough > 0; i++)
        {
            ref Lane lane = ref _lanes[(largest + i) % _lanes.Count];
            _writer.Table.Load(ref lane, null);
            saved += Combining.Saved(_writer.Table);
            keys += _writer.Table.Count;
            enough -= lane.Records;
        }

        return Combining.MayHelp(saved, keys);
    }
}
