namespace Katanemimena.DataPath;

/// <summary>The spills of one buffer: names, order, the last merge, and their end.</summary>
internal sealed class SpillSet(BufferOptions options) : IDisposable
{
    private readonly List<string> _paths = [];
    private int _named;

    /// <summary>Whether nothing was spilled.</summary>
    public bool IsEmpty => _paths.Count == 0;

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

    /// <summary>Merges all spills, partition by partition, into one published file.</summary>
    public RunSummary MergeTo(string path, bool wholeChecksum)
    {
        using var groups = new SpillGroups(options, _paths);
        if (options.Combines)
        {
            return Combining.Run(options, $"{options.SpillName}-merged", groups, path, wholeChecksum);
        }

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

    /// <summary>Deletes the spills.</summary>
    public void Dispose()
    {
        foreach (string path in _paths)
        {
            options.Volume.Delete(path);
        }

        _paths.Clear();
    }
}
