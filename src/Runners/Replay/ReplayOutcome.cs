using Katanemimena.Core;

namespace Katanemimena.Runners;

/// <summary>What a record did when it was run again, alone.</summary>
public sealed record ReplayOutcome
{
    /// <summary>Most pairs kept.</summary>
    public const int PairsMax = 10_000;

    /// <summary>The first pairs it emitted, <see cref="PairsMax"/> at most.</summary>
    public required IReadOnlyList<ReplayedPair> Pairs { get; init; }

    /// <summary>Pairs it emitted in all.</summary>
    public required long PairsEmitted { get; init; }

    /// <summary>Format of the pairs' values.</summary>
    public required ValueFormat Values { get; init; }

    /// <summary>The card of its failure, or null if it went well this time.</summary>
    public FailureCard? Failure { get; init; }

    /// <summary>Counters it raised.</summary>
    public required IReadOnlyDictionary<string, long> Counters { get; init; }

    /// <summary>How long it took, the start of a process not counted.</summary>
    public TimeSpan Elapsed { get; init; }
}

/// <summary>One pair.</summary>
/// <param name="Key">Its key.</param>
/// <param name="Value">Its value, in the format of the outcome.</param>
public sealed record ReplayedPair(byte[] Key, byte[] Value);
