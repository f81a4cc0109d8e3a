namespace Katanemimena.Core;

/// <summary>Where a job stands. The last three absorb.</summary>
public enum JobPhase
{
    /// <summary>Accepted; chunks not yet planned.</summary>
    Submitted,

    /// <summary>Map tasks are out.</summary>
    Mapping,

    /// <summary>All maps committed; partitions are being packed.</summary>
    Shuffling,

    /// <summary>Reduce tasks are out.</summary>
    Reducing,

    /// <summary>All reduces committed; the result can be read.</summary>
    Completed,

    /// <summary>Ended with an error.</summary>
    Failed,

    /// <summary>Ended by its owner.</summary>
    Cancelled,
}

/// <summary>A job as its owner sees it.</summary>
public sealed record JobStatus
{
    /// <summary>The job.</summary>
    public required JobId Id { get; init; }

    /// <summary>Where it stands.</summary>
    public required JobPhase Phase { get; init; }

    /// <summary>Map tasks.</summary>
    public StageProgress Map { get; init; } = new();

    /// <summary>Reduce tasks.</summary>
    public StageProgress Reduce { get; init; } = new();

    /// <summary>One sentence, for a failed job.</summary>
    public string? Error { get; init; }

    /// <summary>Whether the machine rather than the job is to blame: <see cref="PermanentFault.OfMachine"/>.</summary>
    public bool ErrorOfMachine { get; init; }

    /// <summary>The first failure card of the task that failed the job.</summary>
    public FailureCard? Card { get; init; }

    /// <summary>Rises with every change; for waiting on the next one.</summary>
    public long Version { get; init; }

    /// <summary>Whether the job has ended.</summary>
    public bool Ended => Phase >= JobPhase.Completed;
}

/// <summary>The tasks of one stage.</summary>
public sealed record StageProgress
{
    /// <summary>How many tasks; 0 before they are planned.</summary>
    public int Total { get; init; }

    /// <summary>Committed.</summary>
    public int Done { get; init; }

    /// <summary>Attempts now running.</summary>
    public int Running { get; init; }

    /// <summary>Attempts started so far.</summary>
    public int Attempts { get; init; }

    /// <summary>Attempts that failed or were lost.</summary>
    public int Failed { get; init; }
}
