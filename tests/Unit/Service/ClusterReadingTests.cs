using System.Text.Json;
using Katanemimena.Adapters.InMemory;
using Katanemimena.Core;
using Katanemimena.Orchestration;
using Katanemimena.Runners;
using Katanemimena.Service;
using Katanemimena.Tests.Contracts;
using Katanemimena.Wire;
using Xunit;

namespace Katanemimena.Tests.Unit.Service;

public sealed class ClusterReadingTests : IAsyncLifetime
{
    private readonly ManualTimeProvider _clock = new();
    private readonly InMemoryKeyValueStore _store;
    private readonly InMemoryTaskQueue _queue;
    private readonly List<string> _reported = [];
    private ManagerNode _manager = null!;

    public ClusterReadingTests() => (_store, _queue) = (new InMemoryKeyValueStore(_clock), new InMemoryTaskQueue(_clock));

    public async ValueTask InitializeAsync()
    {
        _manager = await ManagerNode.StartAsync(
            new ManagerParts { Store = _store, Queue = _queue, Volume = new InMemoryVolume(), Manager = "manager-0", ProcessName = "m0", Time = _clock }, default);
        await WorkerAsync("w1", 2);
        await WorkerAsync("w2", 3);
    }

    public async ValueTask DisposeAsync()
    {
        await _manager.DisposeAsync();
        _store.Dispose();
        _queue.Dispose();
    }

    [Fact]
    public async Task Processes_are_listed_with_what_they_run()
    {
        JobId job = await MappingAsync("manager-0", "bob");
        await StartAsync(job, 0, "w1.1");
        await StartAsync(job, 1, "w1.2");
        await StartAsync(job, 2, "w2.1");
        InstancesDocument read = await new InstanceReader(_store).ReadAsync(default);

        Assert.Equal(["m0", "w1", "w2"], read.Instances.Select(instance => instance.Id));
        Assert.Equal(["manager-0", null, null], read.Instances.Select(instance => instance.Manager));
        Assert.Equal([0, 2, 3], read.Instances.Select(instance => instance.Workers));
        Assert.Equal([[], ["manager-0-1/map/0", "manager-0-1/map/1"], ["manager-0-1/map/2"]], read.Instances.Select(instance => instance.Running));
        Assert.Equal(_clock.GetUtcNow(), read.Instances[0].Started);
    }

    [Fact]
    public async Task Managers_are_listed_alive_or_not_with_their_jobs()
    {
        await MappingAsync("manager-0", "bob");
        await MappingAsync("manager-9", "bob");
        JobId ended = await MappingAsync("manager-9", "bob");
        await new JobStore(_store).EndAsync(ended, new CancelRequested(_clock.GetUtcNow()), default);
        InstancesDocument read = await new InstanceReader(_store).ReadAsync(default);

        Assert.Equal([new ManagerDocument("manager-0", true, 1, 1), new ManagerDocument("manager-9", false, 1, 2)], read.Managers);
    }

    [Fact]
    public async Task Many_open_jobs_are_read_in_several_transactions()
    {
        for (int n = 0; n < 100; n++)
        {
            JobId job = await MappingAsync("manager-0", n % 4 == 0 ? "bob" : "eve");
            await StartAsync(job, 0, $"w1.{n}");
        }

        Assert.Equal(100, (await new InstanceReader(_store).ReadAsync(default)).Instances[1].Running.Count);
        Assert.Equal(100, (await Figures()).Tasks[TaskStage.Map].Running);
    }

    [Fact]
    public async Task Figures_count_what_there_is()
    {
        JobId job = await MappingAsync("manager-0", "bob");
        await StartAsync(job, 0, "w1.1");
        await StartAsync(job, 1, "w1.2");
        await new AttemptStore(_store).ReleaseAsync(new AttemptId(new TaskId(job, TaskStage.Map, 1), "w1.2"), default);
        await _queue.SendAsync("map-tasks", new byte[1], TimeSpan.Zero, default);
        ClusterFigures figures = await Figures();

        Assert.True(figures.StoreAnswers && figures.QueueAnswers);
        Assert.Equal((1, 2, 5), (figures.Managers, figures.WorkerProcesses, figures.WorkerSlots));
        Assert.Equal(1, figures.QueueMessages["map-tasks"]);
        Assert.Equal(
            ["map-tasks", "map-tasks-poison", "reduce-tasks", "reduce-tasks-poison", "stage", "stage-poison", "submit", "submit-poison"], figures.QueueMessages.Keys.Order());
        Assert.Equal((1, 0), (figures.OpenJobs[JobPhase.Mapping], figures.OpenJobs[JobPhase.Failed]));
        Assert.Equal(new StageProgress { Total = 4, Running = 1, Attempts = 2, Failed = 1 }, figures.Tasks[TaskStage.Map]);
        Assert.Equal(new StageProgress(), figures.Tasks[TaskStage.Reduce]);
    }

    [Fact]
    public async Task Figures_of_a_part_that_is_down_are_left_out()
    {
        ClusterFigures figures = await new ClusterFigureReader(_store, new FaultyQueue("down"), Report).ReadAsync(default);

        Assert.Equal((true, false, 1), (figures.StoreAnswers, figures.QueueAnswers, figures.Managers));
        Assert.Empty(figures.QueueMessages);
        Assert.Equal("Metrics: down", Assert.Single(_reported));
    }

    private async Task<ClusterFigures> Figures() => await new ClusterFigureReader(_store, _queue, Report).ReadAsync(default);

    private void Report(string where, Exception fault) => _reported.Add($"{where}: {fault.Message}");

    private async Task WorkerAsync(string process, int workers) => await _store.TransactAsync(
        new Transaction
        {
            Writes = [new KeyWrite.Put(JobKeys.Instance(process), JsonSerializer.SerializeToUtf8Bytes(new InstanceRecord("", workers, _clock.GetUtcNow()), RecordJson.Default.InstanceRecord))],
        },
        default);

    /// <summary>A job whose four map tasks are out.</summary>
    private async Task<JobId> MappingAsync(string manager, string owner)
    {
        JobStore jobs = new(_store);
        JobId job = await jobs.SubmitAsync(
            manager, new JobSpec { Inputs = [], Mapper = CodeFiles.Identity, Reducer = CodeFiles.Identity, Owner = owner, Submitted = _clock.GetUtcNow() }, default);
        StoredState stored = (await jobs.StateAsync(job, default))!;
        Assert.NotNull(await jobs.ReplaceAsync(job, stored, stored.State with { Phase = JobPhase.Mapping, MapTasks = 4 }, [], [], default));
        return job;
    }

    private async Task StartAsync(JobId job, int index, string token)
    {
        long revision = (await new JobStore(_store).StateAsync(job, default))!.Revision;
        LeaseId lease = await _store.GrantLeaseAsync(TimeSpan.FromMinutes(1), default);
        Assert.NotNull(await new AttemptStore(_store).StartAsync(
            new AttemptId(new TaskId(job, TaskStage.Map, index), token), revision, new AttemptRecord(TokenMint.ProcessOf(token), _clock.GetUtcNow()), lease, default));
    }
}
