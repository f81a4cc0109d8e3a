namespace Katanemimena.Core;

/// <summary>Something that happened to a job.</summary>
/// <param name="At">When, by the clock of the one who saw it.</param>
public abstract record JobEvent(DateTimeOffset At);

/// <summary>The input was cut into chunks.</summary>
/// <param name="Plan">File of the plan on the volume.</param>
/// <param name="Tasks">Chunks, and so map tasks; 0 or more.</param>
/// <param name="Partitions">Partitions of every map output; 1 or more.</param>
/// <param name="At">When.</param>
public sealed record ChunksPlanned(string Plan, int Tasks, int Partitions, DateTimeOffset At) : JobEvent(At)
{
    /// <summary>As <see cref="JobState.SendWindow"/>.</summary>
    public int SendWindow { get; init; }
}

/// <summary>Every map task has a commit record.</summary>
/// <param name="At">When it was seen.</param>
public sealed record MapFinished(DateTimeOffset At) : JobEvent(At);

/// <summary>The partitions were packed onto reduce tasks.</summary>
/// <param name="Plan">File of the plan on the volume.</param>
/// <param name="Tasks">Reduce tasks; 1 or more, and the same as before if they were packed before.</param>
/// <param name="At">When.</param>
public sealed record PartitionsPacked(string Plan, int Tasks, DateTimeOffset At) : JobEvent(At);

/// <summary>A reduce attempt found a committed map output damaged or gone.</summary>
/// <param name="Index">The map task.</param>
/// <param name="Attempt">Token of the committed attempt whose file it is.</param>
/// <param name="At">When.</param>
public sealed record MapOutputLost(int Index, string Attempt, DateTimeOffset At) : JobEvent(At);

/// <summary>Every reduce task has a commit record.</summary>
/// <param name="At">When it was seen.</param>
public sealed record ReduceFinished(DateTimeOffset At) : JobEvent(At);

/// <summary>The manifest is on the volume.</summary>
/// <param name="Manifest">Its file.</param>
/// <param name="At">When.</param>
public sealed record ManifestWritten(string Manifest, DateTimeOffset At) : JobEvent(At);

/// <summary>The job can no longer succeed.</summary>
/// <param name="Error">One sentence.</param>
/// <param name="Card">The card, where it was the user's code.</param>
/// <param name="At">When.</param>
public sealed record JobFailed(string Error, FailureCard? Card, DateTimeOffset At) : JobEvent(At)
{
    /// <summary>As <see cref="PermanentFault.OfMachine"/>.</summary>
    public bool OfMachine { get; init; }
}

/// <summary>The owner wants it ended.</summary>
/// <param name="At">When.</param>
public sealed record CancelRequested(DateTimeOffset At) : JobEvent(At);

/// <summary>The present stage may have lost its messages: what it needs is to be sent again.</summary>
/// <param name="At">When.</param>
public sealed record StageInterrupted(DateTimeOffset At) : JobEvent(At);

/// <summary>The job had ended, its intermediate files are gone, and what its keys said is in the totals.</summary>
/// <param name="Totals">Progress at the end.</param>
/// <param name="Cards">File of the failure cards, or null if there were none.</param>
/// <param name="At">When.</param>
public sealed record JobFolded(JobTotals Totals, string? Cards, DateTimeOffset At) : JobEvent(At);
