namespace Katanemimena.DataPath;

/// <summary>The groups of all spills of a buffer, merged, partition after partition.</summary>
internal sealed class SpillGroups : ICombinerSource
{
    private readonly BufferOptions _options;
    private readonly List<RunFile> _files = [];
    private readonly List<RunRow[]> _rows = [];
    private PartMerger? _merger;
    private CombinerSink? _sink;

    /// <summary>Opens the spills.</summary>
    public SpillGroups(BufferOptions options, IReadOnlyList<string> paths)
    {
        _options = options;
        try
        {
            foreach (string path in paths)
            {
                RunFile file = RunFile.Open(options.Volume, new RunReference(options.Attempt.Id, path), isScratch: true);
                _files.Add(file);
                _rows.Add(file.ReadRows(null));
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
            List<MergeSegment> segments = [];
            for (int i = 0; i < _files.Count; i++)
            {
                if (_rows[i][Partition].Length > 0)
                {
                    segments.Add(new MergeSegment(_files[i], Partition, _rows[i][Partition], null));
                }
            }

            if (segments.Count > 0)
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
}
