namespace Katanemimena.Core;

/// <summary>The one document that says where a job stands. Changed only by <see cref="JobTransitions"/> and stored by compare-and-set.</summary>
/// <remarks>It changes when a stage ends, not when a task does. So its revision in the store names one stage of one epoch,
/// and every commit is fenced by comparing it.</remarks>
public sealed record JobState
{
    /// <summary>Where it stands.</summary>
    public JobPhase Phase { get; init; }

    /// <summary>0 at first; raised each time a committed map output is lost and the maps are opened again.</summary>
    public int Epoch { get; init; }

    /// <summary>Map tasks; 0 before chunks are planned.</summary>
    public int MapTasks { get; init; }

    /// <summary>Reduce tasks (R); 0 before partitions are packed. Kept when maps are opened again.</summary>
    public int ReduceTasks { get; init; }

    /// <summary>Partitions (P) of every map output; 0 before chunks are planned.</summary>
    public int Partitions { get; init; }

    /// <summary>How many tasks of a stage wait in the queue or run at most: the commit of task <c>i</c> sends task <c>i</c> + this many. So jobs of many tasks and jobs of few
    /// take turns. 0 to send all at once.</summary>
    public int SendWindow { get; init; }

    /// <summary>File of the chunk plan on the volume.</summary>
    public string? ChunkPlan { get; init; }

    /// <summary>File of the latest shuffle plan on the volume: the partitions of every reduce task, and the runs.</summary>
    public string? ShufflePlan { get; init; }

    /// <summary>File of the manifest on the volume, once completed.</summary>
    public string? Manifest { get; init; }

    /// <summary>File of the failure cards on the volume, once the keys were folded and if there were any.</summary>
    public string? Cards { get; init; }

    /// <summary>One sentence, for a failed job.</summary>
    public string? Error { get; init; }

    /// <summary>Whether the machine rather than the job is to blame: <see cref="PermanentFault.OfMachine"/>.</summary>
    public bool ErrorOfMachine { get; init; }

    /// <summary>The card of the failure that ended the job, where it was the user's code.</summary>
    public FailureCard? Card { get; init; }

    /// <summary>When it was submitted.</summary>
    public DateTimeOffset Submitted { get; init; }

    /// <summary>When its map tasks were first sent out.</summary>
    public DateTimeOffset? MapStarted { get; init; }

    /// <summary>When its reduce tasks were first sent out.</summary>
    public DateTimeOffset? ReduceStarted { get; init; }

    /// <summary>When it ended.</summary>
    public DateTimeOffset? EndedAt { get; init; }

    /// <summary>Progress as it was at the end; set when the keys of tasks and attempts were folded into this document.</summary>
    public JobTotals? Totals { get; init; }

    /// <summary>Whether the job has ended.</summary>
    public bool Ended => Phase >= JobPhase.Completed;

    /// <summary>The stage whose tasks are out, or null.</summary>
    public TaskStage? Stage => Phase switch
    {
        JobPhase.Mapping => TaskStage.Map,
        JobPhase.Reducing => TaskStage.Reduce,
        _ => null,
    };

    /// <summary>Whether a task's turn to be sent has come.</summary>
    /// <param name="index">The task.</param>
    /// <param name="done">Whether a task of the same stage has committed.</param>
    public bool IsSent(int index, Func<int, bool> done) => SendWindow == 0 || index < SendWindow || done(index - SendWindow);

    /// <summary>How many tasks a stage has.</summary>
    public int Tasks(TaskStage stage) => stage == TaskStage.Map ? MapTasks : ReduceTasks;
}

/// <summary>What is left of the keys of tasks and attempts after a job has ended.</summary>
/// <param name="Map">The map tasks.</param>
/// <param name="Reduce">The reduce tasks.</param>
public sealed record JobTotals(StageProgress Map, StageProgress Reduce)
{
    /// <summary>What its committed attempts read, wrote and took, for a job without a manifest; null where that was not kept.</summary>
    public JobSums? Sums { get; init; }
}
