using Katanemimena.Core;

namespace Katanemimena.DataPath;

/// <summary>Groups to be combined, which say as they are read to which partitions a combiner may answer.</summary>
internal interface ICombinerSource : IGroupSource, IDisposable
{
    /// <summary>Names the sink before the first group is read.</summary>
    void Start(CombinerSink sink);
}

/// <summary>Takes what a combiner emits into a buffer of its own, in whatever order it comes.</summary>
/// <remarks>A combiner may emit only keys it was given. A key of a partition of which it has been given nothing yet is refused; any
/// other lands in the partition it belongs to. Groups may be read on one thread while pairs are emitted on another.</remarks>
internal sealed class CombinerSink(MapOutputBuffer target, BufferOptions options) : IRepeatPairSink
{
    private readonly Lock _gate = new();
    private readonly bool[] _allowed = new bool[options.Partitions];

    /// <summary>Lets keys of a partition through.</summary>
    public void Allow(int partition) => Volatile.Write(ref _allowed[partition], true);

    /// <summary>Keeps a pair as it is, past the combiner.</summary>
    public void Pass(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value, long repeat)
    {
        lock (_gate)
        {
            target.Add(key, value, repeat);
        }
    }

    /// <inheritdoc/>
    public void Add(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value) => Add(key, value, 1);

    /// <inheritdoc/>
    public void Add(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value, long repeat)
    {
        if (!Volatile.Read(ref _allowed[PartitionFunction.Of(key, options.Partitions)]))
        {
            throw options.EmittedFault("emitted a key that it was not given; a combiner may only emit the keys of its groups", key);
        }

        Pass(key, value, repeat);
    }
}

/// <summary>Runs a combiner of the general form over groups, into one run file.</summary>
internal static class Combining
{
    private const int GainDivisor = 50;

    /// <summary>Whether enough keys of these groups have more than one value.</summary>
    public static unsafe bool MayHelp(GroupTable groups)
    {
        long values = 0;
        for (int i = 0; i < groups.NodeCount; i++)
        {
            values += groups.Nodes[i].Repeat;
        }

        return values - groups.Count > groups.Count / GainDivisor;
    }

    /// <summary>Combines all groups and publishes the outcome. Groups that the combiner leaves unread are kept as they are.</summary>
    public static RunSummary Run(BufferOptions options, string spillName, ICombinerSource groups, string path, bool wholeChecksum)
    {
        BufferOptions half = options with
        {
            MemoryBytes = options.MemoryBytes / 2,
            SpillName = spillName,
            Combine = null,
            Role = "combiner",
        };
        using var combined = new MapOutputBuffer(half);
        var sink = new CombinerSink(combined, half);
        groups.Start(sink);
        options.Combine!(groups, sink);
        while (groups.NextGroup())
        {
            while (groups.NextValue())
            {
                sink.Pass(groups.Key, groups.Value, groups.Repeat);
            }
        }

        return combined.Finish(path, wholeChecksum);
    }
}
