using Katanemimena.Tests.Cluster.Running;
using Katanemimena.Tests.Contracts;

namespace Katanemimena.Tests.Cluster;

/// <summary>Processes killed in the middle of a job whose mapper waits for a gate; each test has a cluster of its own.</summary>
public sealed class DeathTests : IAsyncLifetime
{
    // The gate is a file on the volume, which code in a sandbox does not see.
    private readonly RunningCluster _cluster = new() { Sandbox = "off" };

    public ValueTask InitializeAsync() => _cluster.InitializeAsync();

    public ValueTask DisposeAsync() => _cluster.DisposeAsync();

    [Fact]
    public async Task Task_of_a_killed_worker_runs_again_elsewhere()
    {
        GatedJob job = await GatedJob.SubmitAsync(_cluster);
        await _cluster.Workers[0].KillAsync();
        job.Open();
        await job.ExpectAsync();
    }

    [Fact]
    public async Task Job_of_a_killed_manager_is_adopted()
    {
        GatedJob job = await GatedJob.SubmitAsync(_cluster);
        await _cluster.ManagerOf(job.Job).KillAsync();
        job.Open();
        await job.ExpectAsync();
    }

    [Fact]
    public async Task Jobs_go_on_when_all_managers_come_back()
    {
        GatedJob job = await GatedJob.SubmitAsync(_cluster);
        foreach (AppProcess manager in _cluster.Managers)
        {
            await manager.KillAsync();
        }

        job.Open();
        await Task.WhenAll(_cluster.Managers.Select(manager => manager.StartAsync()));
        await job.ExpectAsync();
    }

    [Fact]
    public async Task Jobs_go_on_after_a_restart_of_etcd()
    {
        GatedJob job = await GatedJob.SubmitAsync(_cluster);
        await _cluster.Etcd.RestartAsync();
        job.Open();
        await job.ExpectAsync();
    }

    [Fact]
    public async Task Jobs_go_on_after_a_restart_of_the_queues_that_lost_messages()
    {
        GatedJob job = await GatedJob.SubmitAsync(_cluster);
        await _cluster.Azurite.RestartAsync();
        job.Open();
        await job.ExpectAsync();
    }

    [Fact]
    public async Task Worker_asked_to_stop_ends_well_and_its_task_is_done()
    {
        GatedJob job = await GatedJob.SubmitAsync(_cluster);
        Task<int>[] stopping = [.. _cluster.Workers.Select(worker => worker.StopAsync())];
        job.Open();
        Assert.All(await Task.WhenAll(stopping).InTimeAsync(), code => Assert.Equal(0, code));
        await Task.WhenAll(_cluster.Workers.Select(worker => worker.StartAsync()));
        await job.ExpectAsync();
    }
}
