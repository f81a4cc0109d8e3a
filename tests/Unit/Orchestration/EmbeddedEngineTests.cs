using Katanemimena.Core;
using Xunit;
using Katanemimena.Orchestration;

namespace Katanemimena.Tests.Unit.Orchestration;

public sealed class EmbeddedEngineTests
{
    [Fact]
    public async Task A_job_runs_from_submission_to_its_result_and_leaves_only_parts_and_manifest()
    {
        await using var rig = new EngineRig();
        var code = new CountingCode();
        await using EmbeddedEngine engine = await rig.StartAsync(code);
        JobId job = await engine.SubmitAsync(rig.Spec(), rig.Limit);
        JobStatus status = await rig.EndAsync(engine, job);
        Assert.Equal((JobPhase.Completed, null), (status.Phase, status.Error));
        Assert.Equal("local-1", job.ToString());
        Assert.Equal(rig.Expected, await rig.ResultAsync(engine, job));

        await code.Closed.Task.WaitAsync(rig.Limit);
        status = (await engine.GetAsync(job, rig.Limit))!;
        Assert.Equal((status.Map.Total, status.Reduce.Total), (status.Map.Done, status.Reduce.Done));
        Assert.True(status.Map.Total > 4, "there are several chunks");
        Assert.Equal(0, status.Map.Failed + status.Reduce.Failed + status.Map.Running);
        JobManifest manifest = await engine.ManifestAsync(job, rig.Limit);
        Assert.Equal(400, manifest.Counters["test:lines"]);
        Assert.All(rig.Volume.List("jobs"), file => Assert.True(file.Contains("/manifest-", StringComparison.Ordinal) || manifest.Parts.Any(part => part.Path == file), file));
        Assert.Equal([status.Id], (await engine.ListAsync(rig.Limit)).Select(each => each.Id));
    }

    [Theory]
    [InlineData(null, 100L << 20)]
    [InlineData(40L << 20, 20L << 20)]
    public async Task Memory_is_the_jobs_unless_the_process_has_its_own_and_is_shared_by_the_workers(long? given, long expected)
    {
        await using var rig = new EngineRig();
        var code = new CountingCode();
        await using EmbeddedEngine engine = await rig.StartAsync(code, workers: 2, memoryBytes: given);
        JobId job = await engine.SubmitAsync(rig.Spec(new JobOptions { MemoryBytes = 200 << 20, Reducers = 1 }), rig.Limit);
        Assert.Equal(JobPhase.Completed, (await rig.EndAsync(engine, job)).Phase);
        Assert.All(code.Attempts, attempt => Assert.Equal(expected, attempt.MemoryBytes));
    }

    [Fact]
    public async Task An_empty_input_gives_an_empty_result()
    {
        await using var rig = new EngineRig(lines: 0);
        await using EmbeddedEngine engine = await rig.StartAsync(new CountingCode());
        JobId job = await engine.SubmitAsync(rig.Spec(), rig.Limit);
        Assert.Equal(JobPhase.Completed, (await rig.EndAsync(engine, job)).Phase);
        Assert.Equal("", await rig.ResultAsync(engine, job));
    }

    [Fact]
    public async Task Code_that_fails_every_time_fails_the_job_with_its_first_card()
    {
        await using var rig = new EngineRig();
        await using EmbeddedEngine engine = await rig.StartAsync(new CountingCode { BadWord = "line123" }, workers: 1);
        JobId job = await engine.SubmitAsync(rig.Spec(), rig.Limit);
        JobStatus status = await rig.EndAsync(engine, job);
        Assert.Equal((JobPhase.Failed, "bad record: alpha w4 line123"), (status.Phase, status.Error));
        Assert.Equal((1, "local-1", "map"), (status.Card!.Attempt, status.Card.Job, status.Card.Stage));
        IReadOnlyList<FailureCard> cards = await engine.CardsAsync(job, rig.Limit);
        Assert.Equal([1, 2, 3, 4], cards.Select(card => card.Attempt));
        await Assert.ThrowsAsync<InvalidOperationException>(() => engine.ManifestAsync(job, rig.Limit).AsTask());
    }

    [Fact]
    public async Task Code_that_does_not_load_fails_the_job_at_once()
    {
        await using var rig = new EngineRig();
        var code = new CountingCode { BeforeOpen = () => throw new UserCodeFault(new FailureCard { Stage = "map", Error = "syntax error in line 3" }) };
        await using EmbeddedEngine engine = await rig.StartAsync(code, workers: 1);
        JobStatus status = await rig.EndAsync(engine, await engine.SubmitAsync(rig.Spec(), rig.Limit));
        Assert.Equal((JobPhase.Failed, "syntax error in line 3"), (status.Phase, status.Error));
    }

    [Fact]
    public async Task Code_that_the_machine_keeps_from_being_opened_fails_the_job_at_once_and_blames_the_machine()
    {
        await using var rig = new EngineRig();
        int opened = 0;
        var code = new CountingCode { BeforeOpen = () => throw new UnauthorizedAccessException($"denied {Interlocked.Increment(ref opened)}") };
        await using EmbeddedEngine engine = await rig.StartAsync(code, workers: 1);
        JobStatus status = await rig.EndAsync(engine, await engine.SubmitAsync(rig.Spec(), rig.Limit));
        Assert.Equal((JobPhase.Failed, true, "the code cannot be made ready to run: denied 1"), (status.Phase, status.ErrorOfMachine, status.Error));
    }

    [Fact]
    public async Task Bad_records_up_to_the_allowance_are_set_aside_and_listed()
    {
        await using var rig = new EngineRig();
        await using EmbeddedEngine engine = await rig.StartAsync(new CountingCode { BadWord = "w3" });
        JobId job = await engine.SubmitAsync(rig.Spec(new JobOptions { ChunkBytes = 1024, Workers = 2, SkipBadRecordsMax = 57 }), rig.Limit);
        Assert.Equal(JobPhase.Completed, (await rig.EndAsync(engine, job)).Phase);
        JobManifest manifest = await engine.ManifestAsync(job, rig.Limit);
        Assert.Equal(57, manifest.Map.SetAside);
        Assert.All(manifest.SetAsideFiles, file => Assert.True(rig.Volume.Exists(file)));
        Assert.NotEmpty(manifest.SetAsideFiles);
    }

    [Fact]
    public async Task One_bad_record_more_than_allowed_over_all_tasks_fails_the_job()
    {
        await using var rig = new EngineRig();
        await using EmbeddedEngine engine = await rig.StartAsync(new CountingCode { BadWord = "w3" });
        JobId job = await engine.SubmitAsync(rig.Spec(new JobOptions { ChunkBytes = 1024, Workers = 2, SkipBadRecordsMax = 56 }), rig.Limit);
        JobStatus status = await rig.EndAsync(engine, job);
        Assert.Equal(JobPhase.Failed, status.Phase);
        Assert.StartsWith("more than 56 records were set aside; the first: bad record", status.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Cancelling_stops_running_attempts()
    {
        await using var rig = new EngineRig();
        var running = new TaskCompletionSource();
        var code = new CountingCode
        {
            BeforeMap = attempt =>
            {
                running.TrySetResult();
                attempt.Cancellation.WaitHandle.WaitOne();
                attempt.Cancellation.ThrowIfCancellationRequested();
            },
        };
        await using EmbeddedEngine engine = await rig.StartAsync(code);
        JobId job = await engine.SubmitAsync(rig.Spec(), rig.Limit);
        await running.Task.WaitAsync(rig.Limit);
        Assert.True(await engine.CancelAsync(job, rig.Limit));
        Assert.Equal(JobPhase.Cancelled, (await rig.EndAsync(engine, job)).Phase);
        Assert.False(await engine.CancelAsync(job, rig.Limit));
        await code.Closed.Task.WaitAsync(rig.Limit);
    }

    [Fact]
    public async Task A_stopped_engine_leaves_a_job_that_another_one_finishes_without_running_committed_tasks_again()
    {
        await using var rig = new EngineRig();
        var stuck = new TaskCompletionSource();
        var first = new CountingCode
        {
            BeforeMap = attempt =>
            {
                if (attempt.Id.Task.Index == 3)
                {
                    stuck.TrySetResult();
                    attempt.Cancellation.WaitHandle.WaitOne();
                    attempt.Cancellation.ThrowIfCancellationRequested();
                }
            },
        };
        JobId job;
        JobStatus left;
        await using (EmbeddedEngine engine = await rig.StartAsync(first, workers: 1))
        {
            job = await engine.SubmitAsync(rig.Spec(), rig.Limit);
            await stuck.Task.WaitAsync(rig.Limit);
            left = (await engine.GetAsync(job, rig.Limit))!;
        }

        Assert.Equal((JobPhase.Mapping, 3, 1), (left.Phase, left.Map.Done, left.Map.Running));
        var second = new CountingCode();
        await using EmbeddedEngine next = await rig.StartAsync(second, workers: 1);
        Assert.Equal(JobPhase.Completed, (await rig.EndAsync(next, job)).Phase);
        Assert.Equal(rig.Expected, await rig.ResultAsync(next, job));
        Assert.DoesNotContain(second.Attempts, attempt => attempt.Id.Task is { Stage: TaskStage.Map, Index: < 3 });
        JobStatus status = (await next.GetAsync(job, rig.Limit))!;
        Assert.Equal(0, status.Map.Failed);
    }

    [Fact]
    public async Task A_job_that_is_not_to_go_on_stays_where_it_is_although_its_messages_wait()
    {
        await using var rig = new EngineRig();
        var stuck = new TaskCompletionSource();
        var first = new CountingCode
        {
            BeforeMap = attempt =>
            {
                stuck.TrySetResult();
                attempt.Cancellation.WaitHandle.WaitOne();
                attempt.Cancellation.ThrowIfCancellationRequested();
            },
        };
        JobId left;
        await using (EmbeddedEngine engine = await rig.StartAsync(first, workers: 1))
        {
            left = await engine.SubmitAsync(rig.Spec(), rig.Limit);
            await stuck.Task.WaitAsync(rig.Limit);
        }

        var second = new CountingCode();
        await using (EmbeddedEngine engine = await rig.StartAsync(second, workers: 1, goesOn: _ => false))
        {
            JobId other = await engine.SubmitAsync(rig.Spec(), rig.Limit);
            Assert.Equal(JobPhase.Completed, (await rig.EndAsync(engine, other)).Phase);
            Assert.DoesNotContain(second.Attempts, attempt => attempt.Id.Task.Job == left);
        }

        await using EmbeddedEngine third = await rig.StartAsync(new CountingCode(), workers: 1);
        Assert.Equal(JobPhase.Completed, (await rig.EndAsync(third, left)).Phase);
        Assert.Equal(rig.Expected, await rig.ResultAsync(third, left));
    }

    [Fact]
    public async Task The_open_tasks_of_a_killed_process_start_again_at_once()
    {
        await using var rig = new EngineRig();
        using var killed = new ManualResetEventSlim();
        var stuck = new TaskCompletionSource();
        var first = new CountingCode
        {
            BeforeMap = _ =>
            {
                stuck.TrySetResult();
                killed.Wait();
            },
        };
        EmbeddedEngine engine = await rig.StartAsync(first, workers: 1);
        JobId job = await engine.SubmitAsync(rig.Spec(), rig.Limit);
        await stuck.Task.WaitAsync(rig.Limit);
        await using EmbeddedEngine next = await rig.StartAsync(new CountingCode(), workers: 1);
        JobStatus status = await rig.EndAsync(next, job);
        Assert.Equal(JobPhase.Completed, status.Phase);
        Assert.Equal(rig.Expected, await rig.ResultAsync(next, job));
        killed.Set();
        await engine.DisposeAsync();
        Assert.Equal(rig.Expected, await rig.ResultAsync(next, job));
    }

    [Fact]
    public async Task Too_many_counters_fail_the_job_with_a_sentence_of_their_own()
    {
        await using var rig = new EngineRig();
        var code = new CountingCode
        {
            BeforeMap = attempt =>
            {
                for (int i = 0; i < 60_000; i++)
                {
                    attempt.Report.Count($"words:a name as long as a record may be {i}", 1);
                }
            },
        };
        await using EmbeddedEngine engine = await rig.StartAsync(code);
        JobStatus status = await rig.EndAsync(engine, await engine.SubmitAsync(rig.Spec(), rig.Limit));
        Assert.Equal(JobPhase.Failed, status.Phase);
        Assert.Contains("made more than 5000 counters", status.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_deleted_job_leaves_nothing()
    {
        await using var rig = new EngineRig();
        await using EmbeddedEngine engine = await rig.StartAsync(new CountingCode());
        JobId job = await engine.SubmitAsync(rig.Spec(), rig.Limit);
        await rig.EndAsync(engine, job);
        await engine.DeleteAsync(job, rig.Limit);
        Assert.Null(await engine.GetAsync(job, rig.Limit));
        Assert.Empty(rig.Volume.List("jobs"));
        Assert.Empty((await rig.Store.RangeAsync(KeyRange.Prefix(JobKeys.Jobs), rig.Limit)).Keys);
        Assert.Equal(2, (await engine.SubmitAsync(rig.Spec(), rig.Limit)).Number);
    }

    [Theory]
    [InlineData(-1, 1, "chunk size")]
    [InlineData(0, 1001, "reducers")]
    public async Task An_absurd_option_is_refused_by_name(long chunkBytes, int reducers, string field)
    {
        await using var rig = new EngineRig();
        await using EmbeddedEngine engine = await rig.StartAsync(new CountingCode());
        PermanentFault fault = await Assert.ThrowsAsync<PermanentFault>(
            () => engine.SubmitAsync(rig.Spec(new JobOptions { ChunkBytes = chunkBytes, Reducers = reducers }), rig.Limit).AsTask());
        Assert.StartsWith(field, fault.Message, StringComparison.Ordinal);
    }
}
