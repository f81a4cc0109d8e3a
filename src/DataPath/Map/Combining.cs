using Katanemimena.Core;

namespace Katanemimena.DataPath;

/// <summary>Groups to be combined, which say as they are read which keys a combiner may answer with.</summary>
internal interface ICombinerSource : IGroupSource, IDisposable
{
    /// <summary>Names the sink before the first group is read.</summary>
    void Start(CombinerSink sink);
}

/// <summary>Takes what a combiner emits into a buffer of its own, in whatever order it comes.</summary>
/// <remarks>A combiner may emit only keys it was given; almost every other is refused, and no given one is. Groups may be read on one thread
/// while pairs are emitted on another.</remarks>
internal sealed class CombinerSink(MapOutputBuffer target, BufferOptions options) : IRepeatPairSink
{
    private const int FilterDivisor = 16;

    private readonly Lock _gate = new();
    private readonly KeyFilter _given = new(options.MemoryBytes / FilterDivisor);

    /// <summary>Lets a key through from now on.</summary>
    public void Allow(ReadOnlySpan<byte> key) => _given.Add(key);

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
        if (!_given.MayHold(key))
        {
            throw options.EmittedFault("emitted a key that it was not given; a combiner may only emit the keys of its groups", key);
        }

        Pass(key, value, repeat);
    }
}

/// <summary>Runs a combiner of the general form over groups, into one run file.</summary>
internal static class Combining
{
    /// <summary>Equal values of a key that go past the combiner: 64.</summary>
    /// <remarks>A run holds them once, with their number, so that a combiner would save nothing but a reducer's work, at the price of the same work
    /// in the mapper. Above that, a combiner keeps a frequent key from becoming the work, and the memory, of one reducer.</remarks>
    public const long RepeatsPassed = 64;

    private const int GainDivisor = 50;

    /// <summary>Whether a group has so much to combine that the combiner is to see it.</summary>
    public static unsafe bool IsWorth(ValueNode* first) => first->Next >= 0 || first->Repeat > RepeatsPassed;

    /// <summary>Values that a combiner which leaves one a key would save.</summary>
    public static unsafe long Saved(GroupTable groups)
    {
        long saved = 0;
        for (int i = 0; i < groups.Count; i++)
        {
            ValueNode* first = groups.Nodes + groups.Entries[i].Head;
            if (IsWorth(first))
            {
                saved += first->Repeat - 1;
                for (int at = first->Next; at >= 0; at = groups.Nodes[at].Next)
                {
                    saved += groups.Nodes[at].Repeat;
                }
            }
        }

        return saved;
    }

    /// <summary>Whether that is worth running the combiner over this many keys.</summary>
    public static bool MayHelp(long saved, long keys) => saved > keys / GainDivisor;

    /// <summary>Combines all groups, closes them, and publishes the outcome. Groups that the combiner leaves unread are kept as they are.</summary>
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

        groups.Dispose();
        return combined.Finish(path, wholeChecksum);
    }
}
