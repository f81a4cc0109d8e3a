using System.Globalization;
using Katanemimena.Core;
using Katanemimena.Tests.Cluster.Running;
using Katanemimena.Tests.Contracts;

namespace Katanemimena.Tests.Cluster.Faults;

/// <summary>Many jobs on one cluster, each met by the same fault at another moment. Each must end with the right bytes, and each task commit once.</summary>
/// <remarks>The moments come from seeds 1, 2, 3 …; a run that fails names its seed. KATANEMIMENA_FAULTS says how many runs; KATANEMIMENA_FAULT_SEED with which seed they begin.</remarks>
public abstract class FaultSeries : IAsyncLifetime
{
    private const int RunsDefault = 2;

    /// <summary>The jobs take two to three seconds on a quiet machine.</summary>
    private static readonly TimeSpan s_latest = TimeSpan.FromSeconds(2.5);

    /// <summary>The cluster.</summary>
    protected RunningCluster Cluster { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        Cluster = MakeCluster();
        await Cluster.InitializeAsync();
    }

    public ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        return Cluster.DisposeAsync();
    }

    [Fact]
    public async Task Every_run_gives_the_right_bytes_and_commits_each_task_once()
    {
        int first = TestSetting.Number("KATANEMIMENA_FAULT_SEED", 1);
        for (int seed = first; seed < first + TestSetting.Number("KATANEMIMENA_FAULTS", RunsDefault); seed++)
        {
            await RunAsync(seed);
        }
    }

    /// <summary>The cluster that the series runs on.</summary>
    protected virtual RunningCluster MakeCluster() => new();

    /// <summary>Lets the fault happen, and puts the cluster together again where that is somebody's to do.</summary>
    protected abstract Task BreakAsync(JobId job, Random random);

    /// <summary>What has to hold besides at the end of a run.</summary>
    protected virtual void CheckEnd()
    {
    }

    /// <summary>Puts the cluster together again for the next run, where <see cref="BreakAsync"/> leaves it broken.</summary>
    protected virtual Task RestoreAsync() => Task.CompletedTask;

    private async Task RunAsync(int seed)
    {
        var random = new Random(seed);
        string name = string.Create(CultureInfo.InvariantCulture, $"{GetType().Name}-{seed}");
        JobId job = await FaultJob.SubmitAsync(Cluster, name);
        await using var watch = new CommitWatch(Cluster.Store, job);
        await Waiting.PassAsync(random.NextDouble() * s_latest);
        await BreakAsync(job, random);
        long broken = TimeProvider.System.GetTimestamp();
        byte[] result = await Cluster.ResultAsync(job);
        Figures.Write($"{GetType().Name}, from the fault to the end", TimeProvider.System.GetElapsedTime(broken));
        Assert.True(FaultJob.Expected.AsSpan().SequenceEqual(result), $"{name}: job {job} gave other bytes");
        CheckEnd();
        await Waiting.UntilAsync(() => ValueTask.FromResult(watch.HasSeenEnd), $"{name}: the watch has seen the end of {job}");
        Assert.True(watch.ByTask().Count > 4, $"{name}: the watch has seen commits");
        Assert.All(watch.ByTask(), commits => Assert.True(commits.Count() == 1, $"{name}: {commits.Key} was committed {commits.Count()} times"));
        await RestoreAsync();
    }
}
