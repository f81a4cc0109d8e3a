using System.Runtime.CompilerServices;

namespace Katanemimena.DataPath;

/// <summary>The groups of spills of a buffer, merged, partition after partition.</summary>
/// <remarks>Of the files' indexes only the rows of some partitions are in memory at a time.</remarks>
internal sealed class SpillGroups : ICombinerSource
{
    private const int RowsDivisor = 16;

    private readonly BufferOptions _options;
    private readonly List<RunFile> _files = [];
    private readonly List<RunRow[]> _rows = [];
    private readonly int _rowsEach;
    private int _rowsFrom;
    private int _rowsUntil;
    private PartMerger? _merger;
    private CombinerSink? _sink;

    /// <summary>Opens the spills.</summary>
    public SpillGroups(BufferOptions options, IReadOnlyList<string> paths)
    {
        _options = options;
        _rowsEach = (int)Math.Clamp(options.MemoryBytes / RowsDivisor / (paths.Count * Unsafe.SizeOf<RunRow>()), 1, options.Partitions);
        try
        {
            foreach (string path in paths)
            {
                _files.Add(RunFile.Open(options.Volume, new RunReference(options.Attempt.Id, path), isScratch: true));
            }
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>The partition being read; -1 before the first.</summary>
    public int Partition { get; private set; } = -1;

    /// <summary>The merge of that partition.</summary>
    public PartMerger Merger => _merger!;

    /// <inheritdoc/>
    public ReadOnlySpan<byte> Key => _merger!.Key;

    /// <inheritdoc/>
    public ReadOnlySpan<byte> Value => _merger!.Value;

    /// <inheritdoc/>
    public long Repeat => _merger!.Repeat;

    /// <inheritdoc/>
    public void Start(CombinerSink sink) => _sink = sink;

    /// <summary>Moves to the next partition that has groups.</summary>
    public bool NextPartition()
    {
        _merger?.Dispose();
        _merger = null;
        while (++Partition < _options.Partitions)
        {
            if (Segments() is { Count: > 0 } segments)
            {
                _options.Attempt.Cancellation.ThrowIfCancellationRequested();
                _merger = _options.NewMergePlan($"{_options.SpillName}-{Partition}").Open(segments, _options.Attempt.Cancellation);
                return true;
            }
        }

        return false;
    }

    /// <inheritdoc/>
    public bool NextGroup()
    {
        while (_merger is null || !_merger.NextGroup())
        {
            if (Partition >= _options.Partitions || !NextPartition())
            {
                return false;
            }
        }

        _sink?.Allow(Key);
        return true;
    }

    /// <inheritdoc/>
    public bool NextValue() => _merger!.NextValue();

    /// <summary>Closes the files.</summary>
    public void Dispose()
    {
        _merger?.Dispose();
        _merger = null;
        foreach (RunFile file in _files)
        {
            file.Dispose();
        }

        _files.Clear();
    }

    /// <summary>The segments of the present partition that hold anything.</summary>
    private List<MergeSegment> Segments()
    {
        if (Partition >= _rowsUntil)
        {
            ReadRows();
        }

        List<MergeSegment> segments = [];
        for (int i = 0; i < _files.Count; i++)
        {
            RunRow row = _rows[i][Partition - _rowsFrom];
            if (row.Length > 0)
            {
                segments.Add(new MergeSegment(_files[i], Partition, row, null));
            }
        }

        return segments;
    }

    /// <summary>Reads the rows of the present partition, and of as many after it as may be kept.</summary>
    private void ReadRows()
    {
        (_rowsFrom, _rowsUntil) = (Partition, Math.Min(Partition + _rowsEach, _options.Partitions));
        int[] partitions = [.. Enumerable.Range(_rowsFrom, _rowsUntil - _rowsFrom)];
        _rows.Clear();
        _files.ForEach(file => _rows.Add(file.ReadRows(partitions)));
    }
}
