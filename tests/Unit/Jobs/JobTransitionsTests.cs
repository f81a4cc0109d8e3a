using Katanemimena.Core;
using Xunit;

namespace Katanemimena.Tests.Unit.Jobs;

public sealed class JobTransitionsTests
{
    private static readonly DateTimeOffset s_now = new(2024, 5, 6, 7, 8, 9, TimeSpan.Zero);

    private static readonly JobEvent[] s_events =
    [
        new ChunksPlanned("chunks", 5, 8, s_now), new MapFinished(s_now), new PartitionsPacked("shuffle", 2, s_now), new MapOutputLost(3, "a", s_now),
        new ReduceFinished(s_now), new ManifestWritten("manifest", s_now), new JobFailed("no", null, s_now), new CancelRequested(s_now),
        new StageInterrupted(s_now), new JobFolded(new JobTotals(new(), new()), null, s_now),
    ];

    /// <summary>Phase, event, phase after it, commands. What is not listed is rejected, or absorbed once a job has ended.</summary>
    public static TheoryData<JobPhase, string, JobPhase, string> Table => new()
    {
        { JobPhase.Submitted, nameof(StageInterrupted), JobPhase.Submitted, "PlanChunks" },
        { JobPhase.Submitted, nameof(ChunksPlanned), JobPhase.Mapping, "StartTasks Map fresh" },
        { JobPhase.Submitted, nameof(JobFailed), JobPhase.Failed, "CleanUp" },
        { JobPhase.Submitted, nameof(CancelRequested), JobPhase.Cancelled, "CleanUp" },
        { JobPhase.Mapping, nameof(StageInterrupted), JobPhase.Mapping, "StartTasks Map" },
        { JobPhase.Mapping, nameof(MapFinished), JobPhase.Shuffling, "PackPartitions" },
        { JobPhase.Mapping, nameof(JobFailed), JobPhase.Failed, "CleanUp" },
        { JobPhase.Mapping, nameof(CancelRequested), JobPhase.Cancelled, "CleanUp" },
        { JobPhase.Shuffling, nameof(StageInterrupted), JobPhase.Shuffling, "PackPartitions" },
        { JobPhase.Shuffling, nameof(PartitionsPacked), JobPhase.Reducing, "StartTasks Reduce fresh" },
        { JobPhase.Shuffling, nameof(JobFailed), JobPhase.Failed, "CleanUp" },
        { JobPhase.Shuffling, nameof(CancelRequested), JobPhase.Cancelled, "CleanUp" },
        { JobPhase.Reducing, nameof(StageInterrupted), JobPhase.Reducing, "StartTasks Reduce" },
        { JobPhase.Reducing, nameof(ReduceFinished), JobPhase.Reducing, "WriteManifest" },
        { JobPhase.Reducing, nameof(ManifestWritten), JobPhase.Completed, "CleanUp" },
        { JobPhase.Reducing, nameof(MapOutputLost), JobPhase.Mapping, "RevokeMapCommit 3 a, StartTasks Map" },
        { JobPhase.Reducing, nameof(JobFailed), JobPhase.Failed, "CleanUp" },
        { JobPhase.Reducing, nameof(CancelRequested), JobPhase.Cancelled, "CleanUp" },
        { JobPhase.Completed, nameof(StageInterrupted), JobPhase.Completed, "CleanUp" },
        { JobPhase.Failed, nameof(StageInterrupted), JobPhase.Failed, "CleanUp" },
        { JobPhase.Cancelled, nameof(StageInterrupted), JobPhase.Cancelled, "CleanUp" },
        { JobPhase.Completed, nameof(JobFolded), JobPhase.Completed, "" },
        { JobPhase.Failed, nameof(JobFolded), JobPhase.Failed, "" },
        { JobPhase.Cancelled, nameof(JobFolded), JobPhase.Cancelled, "" },
    };

    [Theory]
    [MemberData(nameof(Table))]
    public void An_event_that_fits_leads_on(JobPhase phase, string @event, JobPhase next, string commands)
    {
        Decision decision = JobTransitions.Decide(State(phase), Event(@event));
        Assert.Null(decision.Rejected);
        Assert.Equal((next, commands), (decision.State.Phase, string.Join(", ", decision.Commands.Select(Text))));
    }

    [Fact]
    public void Every_other_event_is_rejected_by_name_and_changes_nothing()
    {
        HashSet<(JobPhase, string)> listed = [.. Table.Select(row => (row.Data.Item1, row.Data.Item2))];
        foreach (JobPhase phase in Enum.GetValues<JobPhase>().Where(phase => phase < JobPhase.Completed))
        {
            foreach (JobEvent @event in s_events.Where(@event => !listed.Contains((phase, @event.GetType().Name))))
            {
                JobState state = State(phase);
                Decision decision = JobTransitions.Decide(state, @event);
                Assert.Equal((phase, @event.GetType().Name), (decision.Rejected?.Phase, decision.Rejected?.Event));
                Assert.Same(state, decision.State);
                Assert.Empty(decision.Commands);
            }
        }
    }

    [Fact]
    public void A_phase_of_a_later_version_rejects_what_it_does_not_know() =>
        Assert.NotNull(JobTransitions.Decide(State((JobPhase)99), new MapFinished(s_now)).Rejected);

    [Theory]
    [InlineData(JobPhase.Completed)]
    [InlineData(JobPhase.Failed)]
    [InlineData(JobPhase.Cancelled)]
    public void The_last_phases_absorb_everything(JobPhase phase)
    {
        JobState state = State(phase) with { Totals = new JobTotals(new(), new()) };
        Assert.All(s_events, @event =>
        {
            Decision decision = JobTransitions.Decide(state, @event);
            Assert.Same(state, decision.State);
            Assert.Empty(decision.Commands);
            Assert.Null(decision.Rejected);
        });
    }

    [Fact]
    public void Going_back_to_the_maps_raises_the_epoch_and_keeps_the_packing()
    {
        JobState state = State(JobPhase.Reducing);
        JobState again = JobTransitions.Decide(state, new MapOutputLost(0, "a", s_now)).State;
        Assert.Equal((state.Epoch + 1, state.ShufflePlan, state.ReduceTasks), (again.Epoch, again.ShufflePlan, again.ReduceTasks));
        JobState shuffling = again with { Phase = JobPhase.Shuffling };
        Assert.NotNull(JobTransitions.Decide(shuffling, new PartitionsPacked("other", 3, s_now)).Rejected);
        Decision packed = JobTransitions.Decide(shuffling, new PartitionsPacked("other", 2, s_now.AddHours(1)));
        Assert.Equal(("other", state.ReduceStarted), (packed.State.ShufflePlan, packed.State.ReduceStarted));
        Assert.Equal(new StartTasks(TaskStage.Reduce, Fresh: false), Assert.Single(packed.Commands));
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(5)]
    public void A_lost_output_of_no_task_is_rejected(int index) =>
        Assert.NotNull(JobTransitions.Decide(State(JobPhase.Reducing), new MapOutputLost(index, "a", s_now)).Rejected);

    [Fact]
    public void Plans_without_partitions_or_reduce_tasks_are_rejected()
    {
        Assert.NotNull(JobTransitions.Decide(State(JobPhase.Submitted), new ChunksPlanned("p", 0, 0, s_now)).Rejected);
        Assert.NotNull(JobTransitions.Decide(State(JobPhase.Submitted), new ChunksPlanned("p", -1, 1, s_now)).Rejected);
        Assert.NotNull(JobTransitions.Decide(State(JobPhase.Shuffling), new PartitionsPacked("p", 0, s_now)).Rejected);
    }

    [Fact]
    public void A_state_comes_back_from_its_document()
    {
        JobState state = State(JobPhase.Failed) with
        {
            Error = "no",
            Card = new FailureCard { Stage = "map", Error = "no", Offset = 7, ExitCode = 139 },
            EndedAt = s_now,
            Totals = new JobTotals(new StageProgress { Total = 5, Done = 4, Attempts = 9, Failed = 5 }, new StageProgress()),
        };
        Assert.Equal(state, JobDocuments.ReadState(JobDocuments.Write(state)));
        JobState first = JobTransitions.Submit(s_now);
        Assert.Equal(first, JobDocuments.ReadState(JobDocuments.Write(first)));
    }

    private static JobState State(JobPhase phase) => new()
    {
        Phase = phase,
        Epoch = 2,
        MapTasks = phase == JobPhase.Submitted ? 0 : 5,
        Partitions = phase == JobPhase.Submitted ? 0 : 8,
        ChunkPlan = phase == JobPhase.Submitted ? null : "chunks",
        ReduceTasks = phase <= JobPhase.Shuffling ? 0 : 2,
        ShufflePlan = phase <= JobPhase.Shuffling ? null : "shuffle",
        Submitted = s_now,
        MapStarted = s_now,
        ReduceStarted = phase <= JobPhase.Shuffling ? null : s_now,
    };

    private static JobEvent Event(string name) => s_events.Single(@event => @event.GetType().Name == name);

    private static string Text(JobCommand command) => command switch
    {
        StartTasks start => $"StartTasks {start.Stage}{(start.Fresh ? " fresh" : "")}",
        RevokeMapCommit revoke => $"RevokeMapCommit {revoke.Index} {revoke.Attempt}",
        _ => command.GetType().Name,
    };
}
