namespace Katanemimena.DataPath;

/// <summary>The spills of one buffer: names, order, merges, and their end.</summary>
/// <remarks>However much is spilled, no more than <see cref="BufferOptions.FilesMax"/> files are kept: then the latest are merged into one, and
/// all of them once half of the files are such merges, so that little is written more than twice.</remarks>
internal sealed class SpillSet(BufferOptions options) : IDisposable
{
    private readonly List<string> _paths = [];
    private int _named;
    private int _merged;

    /// <summary>Whether nothing was spilled.</summary>
    public bool IsEmpty => _paths.Count == 0;

    /// <summary>Whether <see cref="MergeLatest"/> is due.</summary>
    public bool IsFull => _paths.Count >= options.FilesMax;

    /// <summary>Spills in the order they were written.</summary>
    public IReadOnlyList<string> Paths => _paths;

    /// <summary>A path for the next spill.</summary>
    public string NextPath() => $"{options.ScratchFolder}/{options.SpillName}-{_named++}.run";

    /// <summary>Takes in a spill that was published.</summary>
    public void Add(RunSummary spill)
    {
        _paths.Add(spill.Path);
        options.Meter.AddSpill(spill.Bytes);
    }

    /// <summary>Merges the latest spills into one, which takes their place.</summary>
    public void MergeLatest()
    {
        _merged = _merged >= options.FilesMax / 2 ? 0 : _merged;
        List<string> latest = _paths[_merged..];
        using (var groups = new SpillGroups(options, latest))
        {
            RunSummary merged = Copy(groups, NextPath(), wholeChecksum: false);
            _paths.RemoveRange(_merged++, latest.Count);
            Add(merged);
        }

        latest.ForEach(options.Volume.Delete);
    }

    /// <summary>Merges all spills, partition by partition, into one published file.</summary>
    public RunSummary MergeTo(string path, bool wholeChecksum)
    {
        using var groups = new SpillGroups(options, _paths);
        return options.Combines
            ? Combining.Run(options, $"{options.SpillName}-merged", groups, path, wholeChecksum)
            : Copy(groups, path, wholeChecksum);
    }

    /// <summary>Deletes the spills.</summary>
    public void Dispose()
    {
        foreach (string path in _paths)
        {
            options.Volume.Delete(path);
        }

        _paths.Clear();
    }

    private RunSummary Copy(SpillGroups groups, string path, bool wholeChecksum)
    {
        using var writer = new RunWriter(options.Volume, path, options.Partitions, options.WriteBytes, options.Pool, options.Meter, wholeChecksum);
        while (groups.NextPartition())
        {
            writer.BeginSegment(groups.Partition);
            if (options.Fold is null)
            {
                GroupCopy.All(groups.Merger, writer);
            }
            else
            {
                FoldCopy.All(groups.Merger, writer, options.Fold, options.Pool);
            }

            writer.EndSegment();
        }

        return RunSummary.Publish(writer, path);
    }
}
