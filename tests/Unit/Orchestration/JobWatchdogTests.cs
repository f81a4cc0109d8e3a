using Katanemimena.Core;
using Katanemimena.Orchestration;
using Xunit;

namespace Katanemimena.Tests.Unit.Orchestration;

public sealed class JobWatchdogTests
{
    private static readonly DateTimeOffset s_start = new(2024, 5, 6, 7, 8, 9, TimeSpan.Zero);

    private readonly JobWatchdog _watchdog = new();

    [Fact]
    public void A_task_that_nobody_runs_is_sent_again_ever_more_rarely()
    {
        int[] sent = [.. Enumerable.Range(0, 200).Where(second => _watchdog.Look(Mapping(second, tasks: 1)).Count > 0)];
        Assert.Equal([5, 15, 35, 75, 155], sent);
    }

    [Fact]
    public void Tasks_of_a_large_stage_are_given_time_to_be_sent()
    {
        int first = Enumerable.Range(0, 200).First(second => _watchdog.Look(Mapping(second, tasks: 2001)).Count > 0);
        Assert.Equal(45, first);
    }

    [Fact]
    public void Tasks_that_may_wait_in_the_queue_are_left_there_for_long()
    {
        int[] sent = [.. Enumerable.Range(0, 400).Where(second => _watchdog.Look(Mapping(second, tasks: 3) with { Queued = 3 }).Count > 0)];
        Assert.Equal([120, 360], sent);
    }

    [Fact]
    public void Tasks_whose_messages_seem_queued_while_all_workers_are_idle_are_sent_again_sooner()
    {
        int[] sent = [.. Enumerable.Range(0, 220).Where(second => _watchdog.Look(Mapping(second, tasks: 3) with { Queued = 3, WorkersIdle = true }).Count > 0)];
        Assert.Equal([30, 90, 210], sent);
    }

    [Fact]
    public void Workers_that_are_busy_now_and_then_are_not_idle()
    {
        int[] sent = [.. Enumerable.Range(0, 220).Where(second => _watchdog.Look(Mapping(second, tasks: 3) with { Queued = 3, WorkersIdle = second % 25 != 0 }).Count > 0)];
        Assert.Equal([120], sent);
    }

    [Fact]
    public void A_task_whose_worker_died_is_sent_again_although_the_queue_is_long()
    {
        AttemptSeen lost = new(0, "w.1", s_start, Live: false, Failed: false);
        Assert.Empty(_watchdog.Look(Mapping(0, tasks: 2) with { Queued = 50, Attempts = [lost with { Live = true }] }));
        Assert.Empty(_watchdog.Look(Mapping(5, tasks: 2) with { Queued = 50, Attempts = [lost] }));
        Assert.Equal([new Remedy.SendTask(0, Backup: false)], _watchdog.Look(Mapping(10, tasks: 2) with { Queued = 50, Attempts = [lost] }));
    }

    [Fact]
    public void Running_and_committed_tasks_are_left_alone()
    {
        JobSurvey survey = Mapping(0, tasks: 2) with
        {
            Attempts = [new(1, "w.1", s_start, Live: true, Failed: false)],
            Done = new Dictionary<int, TimeSpan> { [0] = TimeSpan.FromSeconds(1) },
        };
        Assert.Empty(_watchdog.Look(survey));
        Assert.Empty(_watchdog.Look(survey with { Now = s_start.AddSeconds(9) }));
    }

    [Fact]
    public void A_task_far_slower_than_its_peers_gets_one_backup_near_the_end_of_the_stage()
    {
        JobSurvey Survey(int second, int done) => Mapping(second, tasks: 4) with
        {
            Attempts = [.. Enumerable.Range(done, 4 - done).Select(index => new AttemptSeen(index, $"w.{index}", s_start, Live: true, Failed: false))],
            Done = Enumerable.Range(0, done).ToDictionary(index => index, _ => TimeSpan.FromSeconds(8)),
        };
        Assert.Empty(_watchdog.Look(Survey(100, done: 2)));
        Assert.Empty(_watchdog.Look(Survey(24, done: 3)));
        Assert.Equal([new Remedy.SendTask(3, Backup: true)], _watchdog.Look(Survey(25, done: 3)));
        Assert.Empty(_watchdog.Look(Survey(60, done: 3)));
    }

    [Fact]
    public void A_task_lost_too_often_fails_the_job()
    {
        AttemptSeen[] lost = [.. Enumerable.Range(0, 16).Select(n => new AttemptSeen(1, $"w.{n}", s_start, Live: false, Failed: false))];
        Assert.Empty(_watchdog.Look(Mapping(0, tasks: 2) with { Attempts = lost[1..] }));
        Assert.Equal([new Remedy.FailJob(1, 16, FailedOut: false)], _watchdog.Look(Mapping(1, tasks: 2) with { Attempts = lost }));
    }

    [Fact]
    public void A_task_that_failed_too_often_fails_the_job()
    {
        AttemptSeen[] failed = [.. Enumerable.Range(0, 4).Select(n => new AttemptSeen(0, $"w.{n}", s_start, Live: false, Failed: true))];
        Assert.Equal([new Remedy.FailJob(0, 0, FailedOut: true)], _watchdog.Look(Mapping(1, tasks: 2) with { Attempts = failed }));
    }

    [Theory]
    [InlineData(JobPhase.Submitted)]
    [InlineData(JobPhase.Shuffling)]
    [InlineData(JobPhase.Failed)]
    public void A_stage_of_the_manager_that_does_not_move_is_woken(JobPhase phase)
    {
        JobSurvey Survey(int second) => Mapping(second, tasks: 1) with { Stored = new StoredState(new JobState { Phase = phase }, 7) };
        int[] woken = [.. Enumerable.Range(0, 40).Where(second => _watchdog.Look(Survey(second)).SequenceEqual([new Remedy.WakeManager()]))];
        Assert.Equal([5, 15, 35], woken);
    }

    [Fact]
    public void A_stage_whose_tasks_all_committed_is_woken()
    {
        JobSurvey Survey(int second) => Mapping(second, tasks: 1) with { Done = new Dictionary<int, TimeSpan> { [0] = TimeSpan.Zero } };
        Assert.Empty(_watchdog.Look(Survey(0)));
        Assert.Equal([new Remedy.WakeManager()], _watchdog.Look(Survey(5)));
    }

    private static JobSurvey Mapping(int second, int tasks) => new()
    {
        Now = s_start.AddSeconds(second),
        Stored = new StoredState(new JobState { Phase = JobPhase.Mapping, MapTasks = tasks }, 7),
    };
}
