namespace Katanemimena.Core;

/// <summary>What follows from an event.</summary>
/// <param name="State">The state to store; the same object as before when nothing is to be stored.</param>
/// <param name="Commands">What to carry out once it is stored, in order.</param>
/// <param name="Rejected">Why the event does not fit, or null.</param>
public sealed record Decision(JobState State, IReadOnlyList<JobCommand> Commands, TransitionRejected? Rejected = null);

/// <summary>An event that does not fit the phase: it came late, twice, or from someone who is mistaken. No failure: whoever brought it looks again.</summary>
/// <param name="Phase">The phase it met.</param>
/// <param name="Event">Name of the event.</param>
/// <param name="Reason">One sentence.</param>
public sealed record TransitionRejected(JobPhase Phase, string Event, string Reason);

/// <summary>The state machine of a job: pure and total. Everything else carries out what it decides.</summary>
/// <remarks>Submitted → Mapping → Shuffling → Reducing → Completed; Reducing → Mapping when a map output is lost; any of them →
/// Failed or Cancelled. The last three absorb: later events change nothing and are not errors.</remarks>
public static class JobTransitions
{
    /// <summary>The state of a job just submitted. <see cref="StageInterrupted"/> sets it going.</summary>
    public static JobState Submit(DateTimeOffset at) => new() { Phase = JobPhase.Submitted, Submitted = at };

    /// <summary>Decides what an event does to a job.</summary>
    public static Decision Decide(JobState state, JobEvent @event) => state.Phase switch
    {
        JobPhase.Completed or JobPhase.Failed or JobPhase.Cancelled => WhenEnded(state, @event),
        _ when @event is JobFailed failed => new(
            state with { Phase = JobPhase.Failed, Error = failed.Error, ErrorOfMachine = failed.OfMachine, Card = failed.Card, EndedAt = failed.At }, [new CleanUp()]),
        _ when @event is CancelRequested => new(state with { Phase = JobPhase.Cancelled, EndedAt = @event.At }, [new CleanUp()]),
        JobPhase.Submitted => WhenSubmitted(state, @event),
        JobPhase.Mapping => WhenMapping(state, @event),
        JobPhase.Shuffling => WhenShuffling(state, @event),
        JobPhase.Reducing => WhenReducing(state, @event),
        _ => Reject(state, @event, "this phase is not known to this version"),
    };

    private static Decision WhenSubmitted(JobState state, JobEvent @event) => @event switch
    {
        StageInterrupted => new(state, [new PlanChunks()]),
        ChunksPlanned { Tasks: < 0 } or ChunksPlanned { Partitions: < 1 } or ChunksPlanned { SendWindow: < 0 } => Reject(state, @event, "a plan has no less than 0 tasks, 1 partition and a window of 0"),
        ChunksPlanned planned => new(
            state with
            {
                Phase = JobPhase.Mapping,
                ChunkPlan = planned.Plan,
                MapTasks = planned.Tasks,
                Partitions = planned.Partitions,
                SendWindow = planned.SendWindow,
                MapStarted = planned.At,
            },
            [new StartTasks(TaskStage.Map, Fresh: true)]),
        _ => Reject(state, @event, "the chunks are not planned yet"),
    };

    private static Decision WhenMapping(JobState state, JobEvent @event) => @event switch
    {
        StageInterrupted => new(state, [new StartTasks(TaskStage.Map, Fresh: false)]),
        MapFinished => new(state with { Phase = JobPhase.Shuffling }, [new PackPartitions()]),
        _ => Reject(state, @event, "the map tasks are out"),
    };

    private static Decision WhenShuffling(JobState state, JobEvent @event) => @event switch
    {
        StageInterrupted => new(state, [new PackPartitions()]),
        PartitionsPacked { Tasks: < 1 } => Reject(state, @event, "there is at least one reduce task"),
        PartitionsPacked packed when state.ReduceTasks > 0 && packed.Tasks != state.ReduceTasks =>
            Reject(state, @event, "reduce tasks may have committed, so the packing must stay"),
        PartitionsPacked packed => new(
            state with
            {
                Phase = JobPhase.Reducing,
                ShufflePlan = packed.Plan,
                ReduceTasks = packed.Tasks,
                ReduceStarted = state.ReduceStarted ?? packed.At,
            },
            [new StartTasks(TaskStage.Reduce, Fresh: state.ReduceTasks == 0)]),
        _ => Reject(state, @event, "the partitions are being packed"),
    };

    private static Decision WhenReducing(JobState state, JobEvent @event) => @event switch
    {
        StageInterrupted => new(state, [new StartTasks(TaskStage.Reduce, Fresh: false)]),
        ReduceFinished => new(state, [new WriteManifest()]),
        ManifestWritten written => new(
            state with { Phase = JobPhase.Completed, Manifest = written.Manifest, EndedAt = written.At }, [new CleanUp()]),
        MapOutputLost lost when lost.Index < 0 || lost.Index >= state.MapTasks => Reject(state, @event, "there is no such map task"),
        MapOutputLost lost => new(
            state with { Phase = JobPhase.Mapping, Epoch = state.Epoch + 1 },
            [new RevokeMapCommit(lost.Index, lost.Attempt), new StartTasks(TaskStage.Map, Fresh: false)]),
        _ => Reject(state, @event, "the reduce tasks are out"),
    };

    private static Decision WhenEnded(JobState state, JobEvent @event) => @event switch
    {
        StageInterrupted when state.Totals is null => new(state, [new CleanUp()]),
        JobFolded folded when state.Totals is null => new(state with { Totals = folded.Totals, Cards = folded.Cards }, []),
        _ => new(state, []),
    };

    private static Decision Reject(JobState state, JobEvent @event, string reason) =>
        new(state, [], new TransitionRejected(state.Phase, @event.GetType().Name, reason));
}
