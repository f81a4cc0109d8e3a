using Azure.Storage.Queues;
using Katanemimena.Core;
using Katanemimena.Orchestration;
using Katanemimena.Tests.Cluster.Running;
using Katanemimena.Tests.Contracts;

namespace Katanemimena.Tests.Cluster.Faults;

/// <summary>How long it takes until what a dead process held goes on elsewhere.</summary>
public sealed class RecoveryTimes : IAsyncLifetime
{
    private static readonly TimeSpan s_takeoverMax = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan s_taskAgainMax = TimeSpan.FromSeconds(30);

    // Gates are files on the volume, which code in a sandbox does not see.
    private readonly RunningCluster _cluster = new() { Sandbox = "off" };

    public ValueTask InitializeAsync() => _cluster.InitializeAsync();

    public ValueTask DisposeAsync() => _cluster.DisposeAsync();

    /// <summary>The owner dies with the job's only message: nothing moves before another manager has taken the job over.</summary>
    [Fact]
    public async Task Job_of_a_dead_manager_moves_on_within_15_s()
    {
        foreach (AppProcess manager in _cluster.Managers)
        {
            manager.Pause(); // So that neither takes the message before it is deleted.
        }

        JobId job = await FaultJob.SubmitAsync(_cluster, "takeover");
        await _cluster.ManagerOf(job).KillAsync();
        long killed = TimeProvider.System.GetTimestamp();
        await new QueueClient(_cluster.Storage, "stage").ClearMessagesAsync();
        AppProcess other = _cluster.Managers.Single(manager => manager != _cluster.ManagerOf(job));
        other.Resume();
        await Waiting.UntilAsync(async () => await _cluster.StateAsync(job) is { Phase: > JobPhase.Submitted }, "the job is taken over");
        TimeSpan took = TimeProvider.System.GetElapsedTime(killed);
        Figures.Write("takeover from a dead manager", took);
        Assert.True(took <= s_takeoverMax, $"the takeover took {took}");
        Assert.Equal(FaultJob.Expected, await _cluster.ResultAsync(job));
    }

    /// <summary>The worker dies with tasks in hand, whose messages stay hidden.</summary>
    [Fact]
    public async Task Task_of_a_dead_worker_runs_again_within_30_s()
    {
        GatedJob gated = await GatedJob.SubmitAsync(_cluster);
        await Waiting.UntilAsync(async () => (await LiveAsync(gated.Job)).Count >= 4, "both workers are at it");
        await _cluster.Workers[0].KillAsync();
        long killed = TimeProvider.System.GetTimestamp();
        HashSet<string> before = [.. (await AttemptsAsync(gated.Job)).Select(TaskOf)];
        int attempts = (await AttemptsAsync(gated.Job)).Count;
        Assert.Equal(attempts, before.Count);
        gated.Open();
        await Waiting.UntilAsync(
            async () => (await AttemptsAsync(gated.Job)).GroupBy(TaskOf).Any(task => task.Count() > 1) || await _cluster.StateAsync(gated.Job) is { Phase: > JobPhase.Mapping },
            "a lost task is attempted again");
        TimeSpan took = TimeProvider.System.GetElapsedTime(killed);
        Figures.Write("a task lost with its worker running again", took);
        Assert.True(took <= s_taskAgainMax, $"the task ran again after {took}");
        await gated.ExpectAsync();
    }

    private async Task<IReadOnlyList<string>> LiveAsync(JobId job) => await KeysAsync(JobKeys.Live(job, TaskStage.Map));

    private async Task<IReadOnlyList<string>> AttemptsAsync(JobId job) => await KeysAsync(JobKeys.Attempts(job, TaskStage.Map));

    private async Task<IReadOnlyList<string>> KeysAsync(string prefix) =>
        [.. (await _cluster.Store.RangeAsync(KeyRange.Prefix(prefix), CancellationToken.None)).Keys.Select(key => key.Key)];

    private static string TaskOf(string attempt) => attempt[..attempt.LastIndexOf('/')];
}
