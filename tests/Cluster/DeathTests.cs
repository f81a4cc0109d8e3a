using System.Text.Json;
using Katanemimena.Core;
using Katanemimena.Tests.Cluster.Running;
using Katanemimena.Tests.Contracts;

namespace Katanemimena.Tests.Cluster;

/// <summary>Processes killed in the middle of a job whose mapper waits for a gate; each test has a cluster of its own.</summary>
public sealed class DeathTests : IAsyncLifetime
{
    private const int Lines = 40;

    // The gate is a file on the volume, which code in a sandbox does not see.
    private readonly RunningCluster _cluster = new() { Sandbox = "off" };

    public ValueTask InitializeAsync() => _cluster.InitializeAsync();

    public ValueTask DisposeAsync() => _cluster.DisposeAsync();

    [Fact]
    public async Task Task_of_a_killed_worker_runs_again_elsewhere()
    {
        JobId job = await GatedAsync();
        await _cluster.Workers[0].KillAsync();
        OpenGate();
        await ExpectAsync(job);
    }

    [Fact]
    public async Task Job_of_a_killed_manager_is_adopted()
    {
        JobId job = await GatedAsync();
        await _cluster.ManagerOf(job).KillAsync();
        OpenGate();
        await ExpectAsync(job);
    }

    [Fact]
    public async Task Jobs_go_on_when_all_managers_come_back()
    {
        JobId job = await GatedAsync();
        foreach (AppProcess manager in _cluster.Managers)
        {
            await manager.KillAsync();
        }

        OpenGate();
        await Task.WhenAll(_cluster.Managers.Select(manager => manager.StartAsync()));
        await ExpectAsync(job);
    }

    [Fact]
    public async Task Jobs_go_on_after_a_restart_of_etcd()
    {
        JobId job = await GatedAsync();
        await _cluster.Etcd.RestartAsync();
        OpenGate();
        await ExpectAsync(job);
    }

    [Fact]
    public async Task Jobs_go_on_after_a_restart_of_the_queues_that_lost_messages()
    {
        JobId job = await GatedAsync();
        await _cluster.Azurite.RestartAsync();
        OpenGate();
        await ExpectAsync(job);
    }

    [Fact]
    public async Task Worker_asked_to_stop_ends_well_and_its_task_is_done()
    {
        JobId job = await GatedAsync();
        Task<int>[] stopping = [.. _cluster.Workers.Select(worker => worker.StopAsync())];
        OpenGate();
        Assert.All(await Task.WhenAll(stopping).InTimeAsync(), code => Assert.Equal(0, code));
        await Task.WhenAll(_cluster.Workers.Select(worker => worker.StartAsync()));
        await ExpectAsync(job);
    }

    private async Task<JobId> GatedAsync()
    {
        string data = _cluster.Write("data.txt", string.Concat(Enumerable.Range(0, Lines).Select(line => $"{line % 7} {new string('x', 200)}\n")));
        string code = _cluster.Write("gate.py", $"""
            import os, time
            def map(key, line):
                open({JsonSerializer.Serialize(_cluster.File("begun"))}, 'w').close()
                while not os.path.exists({JsonSerializer.Serialize(_cluster.File("open"))}): time.sleep(0.01)
                yield line.split(' ')[0], 1
            def reduce(key, values):
                yield sum(values)
            """);
        JobId job = await _cluster.SubmitAsync([data], code, code, options: new JobOptions { ChunkBytes = 1024, Reducers = 2, Workers = 4 });
        await Waiting.UntilAsync(() => ValueTask.FromResult(File.Exists(_cluster.File("begun"))), "a mapper has begun");
        return job;
    }

    private void OpenGate() => _cluster.Write("open", "");

    private async Task ExpectAsync(JobId job)
    {
        string expected = string.Concat(Enumerable.Range(0, Lines).GroupBy(line => line % 7).OrderBy(group => group.Key).Select(group => $"{group.Key}\t{group.Count()}\n"));
        Assert.Equal(expected, System.Text.Encoding.UTF8.GetString(await _cluster.ResultAsync(job)));
    }
}
