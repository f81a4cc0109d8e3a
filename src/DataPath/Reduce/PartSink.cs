using System.Diagnostics;
using Katanemimena.Core;

namespace Katanemimena.DataPath;

/// <summary>Takes what a reducer emits into one part file in key order. Keys that come in order stream through; from the first that does not, all are sorted, stably.</summary>
internal sealed unsafe class PartSink : IRepeatPairSink, IDisposable
{
    private const int SortLanes = 32;
    private const int PairsPerCheck = 1 << 16;

    private readonly BufferOptions _options;
    private readonly string _path;
    private readonly NativeBuffer _key;
    private RunWriter? _writer;
    private MapOutputBuffer? _sorter;
    private int _keyLength = -1;
    private int _untilCheck = PairsPerCheck;
    private long _sortTicks;
    private bool _isPublished;

    /// <summary>Opens the part file for writing.</summary>
    public PartSink(BufferOptions options, string path)
    {
        _options = options with { Partitions = SortLanes, SpillName = "part" };
        _path = path;
        _key = new NativeBuffer(options.Pool);
        _writer = NewWriter();
        _writer.BeginSegment(0);
    }

    /// <summary>Pairs taken.</summary>
    public long Pairs { get; private set; }

    /// <summary>Time spent on sorting pairs that came out of order.</summary>
    public TimeSpan SortTime => Stopwatch.GetElapsedTime(0, _sortTicks) + (_sorter?.SortTime ?? TimeSpan.Zero);

    /// <inheritdoc/>
    public void Add(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value) => Add(key, value, 1);

    /// <inheritdoc/>
    public void Add(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value, long repeat)
    {
        if ((key.Length | value.Length) > _options.RecordBytesMax)
        {
            _options.CheckLengths(key.Length, value.Length);
        }

        Pairs += repeat;
        if (_sorter is not null)
        {
            _sorter.Add(key, value, repeat);
            return;
        }

        fixed (byte* keyBytes = key, valueBytes = value)
        {
            if (key.Length != _keyLength || !key.SequenceEqual(new ReadOnlySpan<byte>(_key.Pointer, _keyLength)))
            {
                if (!TryBegin(keyBytes, key.Length))
                {
                    StartSorting().Add(key, value, repeat);
                    return;
                }
            }

            _writer!.AddOrRepeatValue(valueBytes, value.Length, repeat);
        }
    }

    /// <summary>Publishes the part file.</summary>
    public RunSummary Finish()
    {
        if (_sorter is null)
        {
            EndSegment();
            _isPublished = true;
            return RunSummary.Publish(_writer!, _path);
        }

        long start = Stopwatch.GetTimestamp();
        RunSummary sorted = MergeSorted(_sorter);
        _sortTicks += Stopwatch.GetTimestamp() - start;
        _isPublished = true;
        return sorted;
    }

    /// <summary>Gives all memory back; deletes what was written unless it was finished.</summary>
    public void Dispose()
    {
        _writer?.Dispose();
        _sorter?.Dispose();
        _key.Dispose();
        if (_sorter is not null && !_isPublished)
        {
            _options.Volume.Delete(_path);
        }
    }

    /// <summary>Begins a group if its key comes after the one before.</summary>
    private bool TryBegin(byte* key, int length)
    {
        if (--_untilCheck <= 0)
        {
            _options.Attempt.Cancellation.ThrowIfCancellationRequested();
            _untilCheck = PairsPerCheck;
        }

        if (_keyLength >= 0)
        {
            if (new ReadOnlySpan<byte>(_key.Pointer, _keyLength).SequenceCompareTo(new ReadOnlySpan<byte>(key, length)) > 0)
            {
                return false;
            }

            _writer!.EndGroup();
        }

        ShortBytes.Copy(_key.Reserve(length), key, (uint)length);
        _keyLength = length;
        _writer!.BeginGroup(key, length);
        return true;
    }

    private void EndSegment()
    {
        if (_keyLength >= 0)
        {
            _writer!.EndGroup();
        }

        _writer!.EndSegment();
    }

    /// <summary>Closes what is in order so far as a run of its own, to be merged with the rest.</summary>
    private MapOutputBuffer StartSorting()
    {
        EndSegment();
        _writer!.Publish();
        _options.Meter.AddSpill(_writer.Length);
        _writer.Dispose();
        _writer = null;
        return _sorter = new MapOutputBuffer(_options);
    }

    private RunSummary MergeSorted(MapOutputBuffer sorter)
    {
        AttemptId attempt = _options.Attempt.Id;
        IReadOnlyList<string> files = sorter.FinishFiles();
        List<RunReference> runs = [new RunReference(attempt, _path), .. files.Select(f => new RunReference(attempt, f))];
        using PartMerger merger = _options.NewMergePlan("part").Open(runs, null, _options.Attempt.Cancellation);
        _writer = NewWriter();
        _writer.BeginSegment(0);
        GroupCopy.All(merger, _writer);
        _writer.EndSegment();
        return RunSummary.Publish(_writer, _path);
    }

    private RunWriter NewWriter() =>
        new(_options.Volume, _path, 1, _options.WriteBytes, _options.Pool, _options.Meter, wholeChecksum: true);
}
