using System.Text.Json;
using Katanemimena.Adapters.InMemory;
using Katanemimena.Core;
using Katanemimena.DataPath;
using Katanemimena.Orchestration;
using Katanemimena.Service;
using Katanemimena.Tests.Contracts;
using Katanemimena.Wire;
using Xunit;

namespace Katanemimena.Tests.Unit.Service.Jobs;

/// <summary>What looking at jobs costs the store.</summary>
public sealed class JobReadingCostTests : IDisposable
{
    private static readonly JobCaller s_ann = new("ann", IsAdmin: false);
    private static readonly CodeFile s_code = new() { Name = "count", Path = "/count", Sha256 = "00", Contract = CodeContract.DotNet };

    private readonly ManualTimeProvider _clock = new();
    private readonly InMemoryKeyValueStore _memory;
    private readonly CountingStore _store;
    private readonly JobCatalogue _catalogue;

    public JobReadingCostTests()
    {
        _memory = new InMemoryKeyValueStore(_clock);
        _store = new CountingStore(_memory);
        _catalogue = new JobCatalogue(new JobReader(_store, new InMemoryVolume()));
    }

    public void Dispose() => _memory.Dispose();

    [Theory]
    [InlineData(1)]
    [InlineData(3_000)]
    public async Task Looking_at_a_running_job_costs_the_same_however_many_tasks_it_has(int tasks)
    {
        JobId job = await RunningAsync(tasks);
        JobDetail detail = await DescribeAsync(job, tasks: false);
        Assert.Equal(("mapping", tasks, tasks), (detail.State, detail.Map.Tasks, detail.Map.Done));
        Assert.Equal((2, 2), (_store.Calls, _store.Keys));
    }

    [Fact]
    public async Task Running_job_is_summed_where_its_tasks_are_asked_for()
    {
        JobId job = await RunningAsync(3);
        JobDetail detail = await DescribeAsync(job, tasks: true);
        Assert.Equal((30, 3), (detail.Map.RecordsIn, detail.Counters["g:n"]));
        Assert.Equal(3, detail.Tasks!.Count(task => task.State == "done"));
        Assert.Equal((0, 0), ((await DescribeAsync(job, tasks: false)) is var without ? (without.Map.RecordsIn, without.Counters.Count) : default));
    }

    [Fact]
    public async Task Few_jobs_of_a_label_among_many_are_found_with_few_reads()
    {
        await SubmitAsync(1, "rare");
        await SubmitAsync(900, "often");
        long before = _store.Calls;
        JobsDocument page = await _catalogue.ListAsync(new JobQuery { Owner = "ann", Label = "rare", Limit = 1 }, default);
        Assert.Equal("rare", Assert.Single(page.Jobs).Label);
        Assert.InRange(_store.Calls - before, 1, 6);
        before = _store.Calls;
        page = await _catalogue.ListAsync(new JobQuery { Owner = "ann", Label = "often", Limit = 1 }, default);
        Assert.Single(page.Jobs);
        Assert.Equal(2, _store.Calls - before);
    }

    [Fact]
    public async Task Few_jobs_of_a_state_among_many_are_found_with_few_reads()
    {
        await SubmitAsync(900, null);
        long before = _store.Calls;
        Assert.Empty((await _catalogue.ListAsync(new JobQuery { Owner = "ann", State = "failed", Limit = 1 }, default)).Jobs);
        Assert.InRange(_store.Calls - before, 1, 5 + (900 / JobReader.TogetherMax) + 5);
        before = _store.Calls;
        Assert.Single((await _catalogue.ListAsync(new JobQuery { Owner = "ann", State = "submitted", Limit = 1 }, default)).Jobs);
        Assert.Equal(2, _store.Calls - before);
    }

    [Theory]
    [InlineData(null, 1)]
    [InlineData("odd", 1)]
    [InlineData("odd", 7)]
    [InlineData("none", 3)]
    public async Task Pages_have_each_job_once_whatever_is_left_out(string? label, int limit)
    {
        for (int i = 0; i < 41; i++)
        {
            await SubmitAsync(1, i % 2 == 0 ? "even" : "odd");
        }

        List<string> found = [];
        string? after = null;
        do
        {
            JobsDocument page = await _catalogue.ListAsync(new JobQuery { Owner = "ann", Label = label, State = "submitted", After = after, Limit = limit }, default);
            Assert.InRange(page.Jobs.Count, 0, limit);
            found.AddRange(page.Jobs.Select(job => job.Id));
            after = page.Next;
        }
        while (after is not null);
        Assert.Equal(label is null ? 41 : label == "odd" ? 20 : 0, found.Count);
        Assert.Equal(found.Count, found.Distinct().Count());
    }

    private async Task<JobDetail> DescribeAsync(JobId job, bool tasks) =>
        await _catalogue.DescribeAsync(await _catalogue.FindAsync(s_ann, job.ToString(), default), tasks, default);

    private async Task SubmitAsync(int count, string? label)
    {
        await PutAsync(JobKeys.ManagerAlive("m0"), []);
        var register = new JobRegister(_memory);
        for (int i = 0; i < count; i++)
        {
            _clock.Advance(TimeSpan.FromSeconds(1));
            JobSpec spec = Spec() with { Label = label, Submitted = _clock.GetUtcNow() };
            Assert.IsType<RegistrationResult.Stored>(await register.StoreAsync(spec, new JobRegistration { OpenJobsMax = int.MaxValue }, default));
        }
    }

    /// <summary>A job in its map stage, all of whose tasks have committed.</summary>
    private async Task<JobId> RunningAsync(int tasks)
    {
        JobId job = await new JobStore(_memory).SubmitAsync("m0", Spec(), default);
        await PutAsync(JobKeys.State(job), JobDocuments.Write(new JobState { Phase = JobPhase.Mapping, MapTasks = tasks, Partitions = 1, Submitted = _clock.GetUtcNow() }));
        for (int index = 0; index < tasks; index++)
        {
            var commit = new CommitRecord { Attempt = "a", Worker = "w", Statistics = new TaskStatistics { RecordsIn = 10 }, Counters = new() { ["g:n"] = 1 } };
            await PutAsync(JobKeys.Done(new TaskId(job, TaskStage.Map, index)), JsonSerializer.SerializeToUtf8Bytes(commit, RecordJson.Default.CommitRecord));
        }

        return job;
    }

    private async Task PutAsync(string key, byte[] value) => await _memory.TransactAsync(new Transaction { Writes = [new KeyWrite.Put(key, value)] }, default);

    private JobSpec Spec() => new() { Inputs = [new InputFile("a", 1, false)], Mapper = s_code, Reducer = s_code, Owner = "ann", Submitted = _clock.GetUtcNow() };
}
