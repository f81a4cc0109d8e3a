using Katanemimena.Core;

namespace Katanemimena.DataPath;

/// <summary>One segment to merge.</summary>
/// <param name="File">The open file it is in.</param>
/// <param name="Partition">Its partition there.</param>
/// <param name="Row">Its index row.</param>
/// <param name="ScratchPath">Path of the file when it is an intermediate one, to be deleted after use; else null.</param>
internal readonly record struct MergeSegment(RunFile File, int Partition, RunRow Row, string? ScratchPath);

/// <summary>Which segments one merge reads, with what buffers, after as many extra passes as the budget asks for.</summary>
internal sealed class MergePlan(IVolume volume, long memoryBytes, int recordBytesMax, string? scratchFolder, NativePool pool) : IDisposable
{
    /// <summary>Smallest buffer of a segment where there is a choice.</summary>
    public const int BufferBytesMin = 16 * 1024;

    private const int BufferBytesMax = 1 << 20;
    private const int BufferBytesLeast = 4 << 10;
    private const long CacheBytes = 32L << 20;
    private const int BuffersInCacheMin = 64 * 1024;

    private readonly HashSet<RunFile> _files = [];
    private List<MergeSegment> _segments = [];
    private AttemptId _producer;
    private int _passes;
    private int _commonBytes;

    /// <summary>Memory of buffers.</summary>
    public NativePool Pool => pool;

    /// <summary>Most segments merged at once; by default as many as have the smallest buffer within the budget.</summary>
    public int FactorMax { get; init; } = FactorFor(memoryBytes);

    /// <summary>Most files held open at once, where there is a folder for intermediate ones; 2 or more.</summary>
    public int FilesMax { get; init; } = OpenFiles.Share;

    /// <summary>First part of the names of intermediate files.</summary>
    public string ScratchName { get; init; } = "merge";

    /// <summary>Is told of intermediate files.</summary>
    public WorkMeter Meter { get; init; } = new();

    /// <summary>Whether the files were written by this attempt itself.</summary>
    public bool FilesAreScratch { get; init; }

    /// <summary>Bytes of the segments as they came.</summary>
    public long SegmentBytes { get; private set; }

    /// <summary>As many segments as have the smallest buffer within a budget.</summary>
    public static int FactorFor(long memoryBytes) => (int)Math.Clamp((memoryBytes / BufferBytesMin) - 1, 2, 16_384);

    /// <summary>Opens the merge; it owns this plan from then on.</summary>
    public PartMerger Open(IReadOnlyList<RunReference> files, IReadOnlyList<int>? partitions, CancellationToken cancellation)
    {
        try
        {
            _producer = files.Count > 0 ? files[0].Producer : default;
            Find(files, partitions, cancellation);
            Reduce(cancellation);
        }
        catch
        {
            Dispose();
            throw;
        }

        return new PartMerger(this, cancellation);
    }

    /// <summary>Opens a merge of segments in files that stay their owner's; it owns this plan from then on.</summary>
    public PartMerger Open(List<MergeSegment> segments, CancellationToken cancellation)
    {
        _segments = segments;
        SegmentBytes = segments.Sum(s => s.Row.Length);
        try
        {
            Reduce(cancellation);
        }
        catch
        {
            Dispose();
            throw;
        }

        return new PartMerger(this, cancellation);
    }

    /// <summary>Opens a cursor on every segment, standing at its first key.</summary>
    public List<SegmentCursor> OpenCursors()
    {
        var cursors = new List<SegmentCursor>(_segments.Count);
        try
        {
            _commonBytes = CommonBytes(_segments);
            int bytes = BufferBytes(_segments.Count);
            foreach (MergeSegment segment in _segments)
            {
                var cursor = new SegmentCursor(segment.File, segment.Partition, segment.Row, bytes, recordBytesMax, pool);
                cursors.Add(cursor);
                cursor.NextKey(_commonBytes);
            }

            return cursors;
        }
        catch
        {
            cursors.ForEach(c => c.Dispose());
            throw;
        }
    }

    /// <summary>Builds the tree; null if there are no cursors.</summary>
    public CursorTree? OpenTree(List<SegmentCursor> cursors) =>
        cursors.Count == 0 ? null : new CursorTree([.. cursors], _commonBytes, pool);

    /// <summary>Closes the files and deletes intermediate ones.</summary>
    public void Dispose()
    {
        foreach (RunFile file in _files)
        {
            file.Dispose();
        }

        _files.Clear();
        foreach (MergeSegment segment in _segments)
        {
            if (segment.ScratchPath != null)
            {
                volume.Delete(segment.ScratchPath);
            }
        }

        _segments = [];
    }

    private static int CommonBytes(List<MergeSegment> segments)
    {
        if (segments.Count == 0)
        {
            return 0;
        }

        RunRow first = segments[0].Row;
        int common = first.Prefix.Length;
        foreach (MergeSegment segment in segments)
        {
            RunRow row = segment.Row;
            common = Math.Min(common, first.Prefix[..common].CommonPrefixLength(row.Prefix));
        }

        return common;
    }

    private int WriteBytes => (int)Math.Clamp(memoryBytes / 16, BuffersInCacheMin, BufferBytesMax) - NativePool.SlackBytes;

    private int BufferBytes(int segments)
    {
        long share = memoryBytes / Math.Max(segments, 1);
        long cached = Math.Max(CacheBytes / Math.Max(segments, 1), BuffersInCacheMin);
        long bytes = Math.Clamp(Math.Min(share, cached), BufferBytesLeast, BufferBytesMax);
        return NativePool.CapacityWithin((int)bytes);
    }

    private void Find(IReadOnlyList<RunReference> files, IReadOnlyList<int>? partitions, CancellationToken cancellation)
    {
        int merged = 0;
        foreach (RunReference reference in files)
        {
            cancellation.ThrowIfCancellationRequested();
            if (scratchFolder != null && _files.Count >= FilesMax)
            {
                Reduce(cancellation);
            }

            if (scratchFolder != null && _files.Count >= FilesMax)
            {
                merged = merged >= Math.Min(FilesMax / 2, _segments.Count - 1) ? 0 : merged;
                MergeRange(merged++, cancellation);
            }

            Find(reference, partitions);
        }
    }

    private void Find(RunReference reference, IReadOnlyList<int>? partitions)
    {
        RunFile file = RunFile.Open(volume, reference, FilesAreScratch);
        _files.Add(file);
        RunRow[] rows = file.ReadRows(partitions);
        int before = _segments.Count;
        for (int i = 0; i < rows.Length; i++)
        {
            if (rows[i].Length > 0)
            {
                _segments.Add(new MergeSegment(file, partitions?[i] ?? i, rows[i], null));
                SegmentBytes += rows[i].Length;
            }
        }

        if (_segments.Count == before)
        {
            _files.Remove(file);
            file.Dispose();
        }
    }

    /// <summary>Merges all segments from a position on into one intermediate file, which takes their place.</summary>
    private void MergeRange(int position, CancellationToken cancellation) => MergeRange(position, _segments.Count - position, cancellation);

    private void MergeRange(int position, int count, CancellationToken cancellation)
    {
        List<MergeSegment> batch = _segments.GetRange(position, count);
        MergeSegment merged = MergeBatch(batch, cancellation);
        _segments.RemoveRange(position, count);
        _segments.Insert(position, merged);
        Forget(batch);
    }

    /// <summary>Merges neighbours into intermediate files until few enough segments are left, no more of them than needed.</summary>
    private void Reduce(CancellationToken cancellation)
    {
        int position = 0;
        while (scratchFolder != null && _segments.Count > FactorMax)
        {
            position = position >= _segments.Count - 1 ? 0 : position;
            int count = Math.Min(Math.Min(FactorMax, _segments.Count - FactorMax + 1), _segments.Count - position);
            MergeRange(position++, count, cancellation);
        }
    }

    private MergeSegment MergeBatch(List<MergeSegment> batch, CancellationToken cancellation)
    {
        string path = $"{scratchFolder}/{ScratchName}-merge-{_passes++}.run";
        using (var merger = new PartMerger(Part(batch), cancellation))
        using (var writer = new RunWriter(volume, path, 1, WriteBytes, pool, Meter))
        {
            writer.BeginSegment(0);
            GroupCopy.All(merger, writer);
            writer.EndSegment();
            writer.Publish();
            Meter.AddSpill(writer.Length);
        }

        RunFile file = RunFile.Open(volume, new RunReference(_producer, path), isScratch: true);
        _files.Add(file);
        return new MergeSegment(file, 0, file.ReadRows(null)[0], path);
    }

    /// <summary>A plan for some of the segments, which does not own their files.</summary>
    private MergePlan Part(List<MergeSegment> batch) =>
        new(volume, memoryBytes, recordBytesMax, null, pool)
        {
            _segments = [.. batch.Select(s => s with { ScratchPath = null })],
        };

    private void Forget(List<MergeSegment> batch)
    {
        HashSet<RunFile> used = [.. _segments.Select(s => s.File)];
        foreach (MergeSegment segment in batch)
        {
            if (!used.Contains(segment.File) && _files.Remove(segment.File))
            {
                segment.File.Dispose();
            }

            if (segment.ScratchPath != null)
            {
                volume.Delete(segment.ScratchPath);
            }
        }
    }
}
