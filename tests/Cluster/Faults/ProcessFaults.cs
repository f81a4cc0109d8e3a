using Katanemimena.Core;
using Katanemimena.Tests.Cluster.Running;
using Katanemimena.Tests.Contracts;

namespace Katanemimena.Tests.Cluster.Faults;

/// <summary><c>kill -9</c> of a worker.</summary>
public sealed class WorkerKilled : FaultSeries
{
    /// <inheritdoc/>
    protected override async Task BreakAsync(JobId job, Random random) => await Cluster.Workers[random.Next(2)].RestartAsync();
}

/// <summary><c>kill -9</c> of the manager that owns the job; it comes back for the next run.</summary>
public sealed class OwnerKilled : FaultSeries
{
    private AppProcess? _gone;

    /// <inheritdoc/>
    protected override async Task BreakAsync(JobId job, Random random)
    {
        _gone = Cluster.ManagerOf(job);
        await _gone.KillAsync();
    }

    /// <inheritdoc/>
    protected override Task RestoreAsync() => _gone!.StartAsync();
}

/// <summary><c>kill -9</c> of both managers, which come back after a while.</summary>
public sealed class BothManagersKilled : FaultSeries
{
    /// <inheritdoc/>
    protected override async Task BreakAsync(JobId job, Random random)
    {
        await Task.WhenAll(Cluster.Managers.Select(manager => manager.KillAsync()));
        await Waiting.PassAsync(random.NextDouble() * TimeSpan.FromSeconds(2));
        await Task.WhenAll(Cluster.Managers.Select(manager => manager.StartAsync()));
    }
}

/// <summary><c>kill -9</c> of etcd, which comes back after a while.</summary>
public sealed class EtcdKilled : FaultSeries
{
    /// <inheritdoc/>
    protected override async Task BreakAsync(JobId job, Random random)
    {
        await Cluster.Etcd.KillAsync();
        await Waiting.PassAsync(random.NextDouble() * TimeSpan.FromSeconds(3));
        await Cluster.Etcd.StartAsync();
    }
}

/// <summary><c>kill -9</c> of Azurite, which loses the messages of its last 5 s and comes back after a while.</summary>
public sealed class AzuriteKilled : FaultSeries
{
    /// <inheritdoc/>
    protected override async Task BreakAsync(JobId job, Random random)
    {
        await Cluster.Azurite.KillAsync();
        await Waiting.PassAsync(random.NextDouble() * TimeSpan.FromSeconds(3));
        await Cluster.Azurite.StartAsync();
    }
}

/// <summary>A worker stopped for longer than its lease, and then let go on.</summary>
public sealed class WorkerStopped : FaultSeries
{
    private static readonly TimeSpan s_lease = TimeSpan.FromSeconds(15);

    /// <inheritdoc/>
    protected override async Task BreakAsync(JobId job, Random random)
    {
        AppProcess worker = Cluster.Workers[random.Next(2)];
        worker.Pause();
        await Waiting.PassAsync(s_lease + (random.NextDouble() * TimeSpan.FromSeconds(8)));
        worker.Resume();
    }
}
