using System.Text.Json;
using Katanemimena.Adapters.InMemory;
using Katanemimena.Core;
using Katanemimena.Orchestration;
using Katanemimena.Tests.Contracts;
using Xunit;

namespace Katanemimena.Tests.Unit.Orchestration;

/// <summary>Messages of tasks that nobody began, which whoever took them hides in the queue.</summary>
public sealed class HiddenMessageTests : IDisposable
{
    private readonly ManualTimeProvider _clock = new();
    private readonly InMemoryKeyValueStore _store;
    private readonly InMemoryTaskQueue _queue;

    public HiddenMessageTests() => (_store, _queue) = (new InMemoryKeyValueStore(_clock), new InMemoryTaskQueue(_clock));

    public void Dispose()
    {
        _queue.Dispose();
        _store.Dispose();
    }

    [Theory]
    [InlineData(1, "map-tasks", false, 40)]
    [InlineData(1, "map-tasks reduce-tasks", false, 40)]
    [InlineData(0, "map-tasks", false, 125)]
    [InlineData(1, "map-tasks", true, 125)]
    [InlineData(1, "reduce-tasks", false, 125)]
    [InlineData(1, null, false, 125)]
    public async Task Task_is_sent_again_soon_only_if_workers_of_its_stage_are_idle(int workers, string? queues, bool another, int seconds)
    {
        await using ManagerNode manager = await ManagerNode.StartAsync(
            new ManagerParts { Store = _store, Queue = _queue, Volume = new InMemoryVolume(), Manager = "m0", ProcessName = "manager-0", Time = _clock }, default);
        await PutAsync(JobKeys.Instance("worker-0"), new InstanceRecord("", workers, _clock.GetUtcNow(), queues?.Split(' ')));
        var code = new CodeFile { Name = "count", Path = "/count", Sha256 = "00", Contract = CodeContract.DotNet };
        JobSpec spec = new() { Inputs = [new InputFile("a", 10, false)], Mapper = code, Reducer = code };
        JobId job = await new JobIntake(_store, _queue, new QueueNames()).SubmitAsync(spec, default);
        await manager.HandleStageAsync(new StageMessage(job.ToString()).Write(), default);
        Assert.NotNull(await _queue.ReceiveAsync("map-tasks", TimeSpan.FromMinutes(30), TimeSpan.Zero, default));
        if (another)
        {
            JobId running = await new JobStore(_store).SubmitAsync("m0", spec, default);
            await manager.HandleStageAsync(new StageMessage(running.ToString()).Write(), default);
            Assert.NotNull(await _queue.ReceiveAsync("map-tasks", TimeSpan.FromMinutes(30), TimeSpan.Zero, default));
            var attempt = new AttemptId(new TaskId(running, TaskStage.Map, 0), "t");
            await PutAsync(JobKeys.Attempt(attempt), new AttemptRecord("worker-0", _clock.GetUtcNow()));
            await PutAsync(JobKeys.Live(attempt), new AttemptRecord("worker-0", _clock.GetUtcNow()));
        }

        int waited = 0;
        while (await _queue.ReceiveAsync("map-tasks", TimeSpan.FromMinutes(30), TimeSpan.Zero, default) is null)
        {
            Assert.True(waited < 300, "it is sent again at last");
            _clock.Advance(ManagerNode.Every);
            waited += (int)ManagerNode.Every.TotalSeconds;
            await manager.ReconcileAsync(default);
        }

        Assert.Equal(seconds, waited);
    }

    private async Task PutAsync<T>(string key, T record) => await _store.TransactAsync(
        new Transaction { Writes = [new KeyWrite.Put(key, JsonSerializer.SerializeToUtf8Bytes(record, typeof(T), RecordJson.Default))] }, default);
}
