using System.Text.Json;
using Katanemimena.Core;
using Katanemimena.DataPath;
using Katanemimena.Orchestration;
using Xunit;

namespace Katanemimena.Tests.Unit.Orchestration;

/// <summary>One worker against a store whose answers a test decides. Each test of a bug that the simulation found says so.</summary>
public sealed class TaskWorkerTests : IAsyncDisposable
{
    private readonly EngineRig _rig = new();

    /// <summary>Found by simulation: the attempt looked alive for as long as its worker lived, so nobody ran the task again.</summary>
    [Fact]
    public async Task A_store_that_fails_while_a_lost_output_is_reported_leaves_no_attempt_that_looks_alive()
    {
        await using var worker = new LoneWorker(_rig);
        await worker.ReduceAsync(_rig.Limit);
        worker.Executor.Reduce = request => throw new CorruptDataFault(request.Runs[0].Producer, "damaged");
        worker.Store.FailRangesOf = JobKeys.State(worker.Job);
        await Assert.ThrowsAsync<TransientFault>(() => worker.HandleAsync(0, _rig.Limit).AsTask());
        Assert.Equal(0, await worker.CountAsync(JobKeys.Live(worker.Job, TaskStage.Reduce), _rig.Limit));
        worker.Store.FailRangesOf = null;
        await worker.HandleAsync(0, _rig.Limit);
        StoredState? state = await worker.Jobs.StateAsync(worker.Job, _rig.Limit);
        Assert.Equal((JobPhase.Mapping, 3), (state!.State.Phase, state.State.Epoch));
        Assert.Equal(0, await worker.CountAsync(JobKeys.Done(worker.Job, TaskStage.Map), _rig.Limit));
        Assert.Equal(0, await worker.CountAsync(JobKeys.Attempts(worker.Job, TaskStage.Reduce), _rig.Limit));
    }

    [Fact]
    public async Task A_commit_whose_answer_was_lost_counts_as_won_and_turns_the_key()
    {
        await using var worker = new LoneWorker(_rig);
        await worker.ReduceAsync(_rig.Limit);
        worker.Executor.Reduce = Part;
        worker.Store.LoseAnswersTo = JobKeys.Done(worker.Job, TaskStage.Reduce);
        await worker.HandleAsync(0, _rig.Limit);
        Assert.Equal(1, await worker.CountAsync(JobKeys.Done(worker.Job, TaskStage.Reduce), _rig.Limit));
        QueueMessage? message = await _rig.Queue.ReceiveAsync("stage", TimeSpan.FromMinutes(1), TimeSpan.Zero, _rig.Limit);
        Assert.Equal(worker.Job.ToString(), StageMessage.Read(message!.Body.Span)!.Job);
        Assert.Single(_rig.Volume.List(JobFiles.Outputs(worker.Job, TaskStage.Reduce)));
    }

    /// <summary>Found by simulation: the second try found neither its commit record nor its stage, and deleted a part of the result.</summary>
    [Fact]
    public async Task A_part_whose_commit_had_no_answer_stays_when_the_job_is_cleaned_up_before_the_next_try()
    {
        await using var worker = new LoneWorker(_rig);
        await worker.ReduceAsync(_rig.Limit);
        worker.Executor.Reduce = Part;
        worker.Store.LoseAnswersTo = JobKeys.Done(worker.Job, TaskStage.Reduce);
        worker.Store.Meanwhile = async () =>
        {
            StoredState reducing = (await worker.Jobs.StateAsync(worker.Job, _rig.Limit))!;
            KeyWrite[] fold = [new KeyWrite.Delete(KeyRange.Prefix(JobKeys.AllDone(worker.Job)))];
            Assert.NotNull(await worker.Jobs.ReplaceAsync(
                worker.Job, reducing, reducing.State with { Phase = JobPhase.Completed }, [], fold, _rig.Limit));
        };
        await worker.HandleAsync(0, _rig.Limit);
        Assert.Equal(0, await worker.CountAsync(JobKeys.AllDone(worker.Job), _rig.Limit));
        Assert.Single(_rig.Volume.List(JobFiles.Outputs(worker.Job, TaskStage.Reduce)));
    }

    [Fact]
    public async Task The_loser_of_a_race_deletes_its_own_part_and_not_the_winners()
    {
        await using var worker = new LoneWorker(_rig);
        await worker.ReduceAsync(_rig.Limit);
        bool raced = false;
        worker.Executor.Reduce = request =>
        {
            if (!raced)
            {
                raced = true;
                worker.HandleAsync(0, _rig.Limit, backup: true).AsTask().Wait(_rig.Limit);
            }

            return Part(request);
        };
        await worker.HandleAsync(0, _rig.Limit);
        KeyValue done = (await _rig.Store.RangeAsync(KeyRange.Prefix(JobKeys.Done(worker.Job, TaskStage.Reduce)), _rig.Limit)).Keys.Single();
        string winner = RecordJson.ReadCommit(done).Attempt;
        Assert.Equal(
            [JobFiles.Output(new AttemptId(new TaskId(worker.Job, TaskStage.Reduce, 0), winner))],
            _rig.Volume.List(JobFiles.Outputs(worker.Job, TaskStage.Reduce)));
    }

    [Fact]
    public async Task A_loser_of_a_race_that_cannot_delete_its_part_does_not_fail_the_job()
    {
        await using var worker = new LoneWorker(_rig);
        await worker.ReduceAsync(_rig.Limit);
        worker.Volume.RefusesDeletes = true;
        bool raced = false;
        worker.Executor.Reduce = request =>
        {
            if (!raced)
            {
                raced = true;
                worker.HandleAsync(0, _rig.Limit, backup: true).AsTask().Wait(_rig.Limit);
            }

            return Part(request);
        };
        await worker.HandleAsync(0, _rig.Limit);
        StoredState? state = await worker.Jobs.StateAsync(worker.Job, _rig.Limit);
        Assert.Equal((JobPhase.Reducing, (string?)null), (state!.State.Phase, state.State.Error));
        Assert.Equal(1, await worker.CountAsync(JobKeys.Done(worker.Job, TaskStage.Reduce), _rig.Limit));
    }

    [Fact]
    public async Task A_second_message_for_a_running_task_starts_nothing()
    {
        await using var worker = new LoneWorker(_rig);
        await worker.ReduceAsync(_rig.Limit);
        int runs = 0;
        worker.Executor.Reduce = request =>
        {
            runs++;
            worker.HandleAsync(0, _rig.Limit).AsTask().Wait(_rig.Limit);
            return Part(request);
        };
        await worker.HandleAsync(0, _rig.Limit);
        Assert.Equal(1, runs);
        Assert.Equal(1, await worker.CountAsync(JobKeys.Attempts(worker.Job, TaskStage.Reduce), _rig.Limit));
    }

    [Fact]
    public async Task A_message_of_another_revision_of_the_state_starts_nothing()
    {
        await using var worker = new LoneWorker(_rig);
        await worker.ReduceAsync(_rig.Limit);
        worker.Executor.Reduce = _ => throw new InvalidOperationException("started");
        worker.Revision--;
        await worker.HandleAsync(0, _rig.Limit);
        Assert.Equal(0, await worker.CountAsync(JobKeys.Attempts(worker.Job, TaskStage.Reduce), _rig.Limit));
    }

    [Fact]
    public async Task A_full_disk_fails_the_job_at_once()
    {
        await using var worker = new LoneWorker(_rig);
        await worker.ReduceAsync(_rig.Limit);
        worker.Executor.Reduce = _ => throw new PermanentFault("no space left on the volume");
        await worker.HandleAsync(0, _rig.Limit);
        StoredState? state = await worker.Jobs.StateAsync(worker.Job, _rig.Limit);
        Assert.Equal((JobPhase.Failed, "no space left on the volume"), (state!.State.Phase, state.State.Error));
    }

    [Fact]
    public async Task A_task_that_the_machine_never_lets_run_fails_the_job_in_the_end()
    {
        await using var worker = new LoneWorker(_rig);
        await worker.ReduceAsync(_rig.Limit);
        int runs = 0;
        worker.Executor.Reduce = _ =>
        {
            runs++;
            throw new TransientFault("no process can be started");
        };
        StoredState? state = await worker.Jobs.StateAsync(worker.Job, _rig.Limit);
        while (!state!.State.Ended && runs < 100)
        {
            await Assert.ThrowsAsync<TransientFault>(() => worker.HandleAsync(0, _rig.Limit).AsTask());
            Assert.Equal(0, await worker.CountAsync(JobKeys.Live(worker.Job, TaskStage.Reduce), _rig.Limit));
            state = await worker.Jobs.StateAsync(worker.Job, _rig.Limit);
        }

        Assert.Equal(AttemptLimits.LostMax(4), runs);
        Assert.Equal((JobPhase.Failed, true), (state.State.Phase, state.State.ErrorOfMachine));
        Assert.Contains("no process can be started", state.State.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_attempt_that_committed_stays_counted_when_the_queue_takes_no_message_about_it()
    {
        await using var worker = new LoneWorker(_rig);
        await worker.ReduceAsync(_rig.Limit);
        worker.Executor.Reduce = Part;
        worker.Queue.RefusesMessages = true;
        await Assert.ThrowsAsync<TransientFault>(() => worker.HandleAsync(0, _rig.Limit).AsTask());
        Assert.Equal(1, await worker.CountAsync(JobKeys.Done(worker.Job, TaskStage.Reduce), _rig.Limit));
        Assert.Equal(1, await worker.CountAsync(JobKeys.Attempts(worker.Job, TaskStage.Reduce), _rig.Limit));
        Assert.Equal(0, await worker.CountAsync(JobKeys.Live(worker.Job, TaskStage.Reduce), _rig.Limit));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_store_that_is_full_for_a_while_leaves_no_attempt_that_looks_alive(bool codeFails)
    {
        await using var worker = new LoneWorker(_rig);
        await worker.ReduceAsync(_rig.Limit);
        worker.Executor.Reduce = request =>
        {
            worker.Store.IsFull = true;
            return codeFails ? throw new UserCodeFault(new FailureCard { Stage = "reduce", Error = "gave up" }) : Part(request);
        };
        await Assert.ThrowsAsync<PermanentFault>(() => worker.HandleAsync(0, _rig.Limit).AsTask());
        worker.Store.IsFull = false;
        await worker.KeepLeaseUntilGoneAsync(JobKeys.Live(worker.Job, TaskStage.Reduce), _rig.Limit);
        worker.Executor.Reduce = Part;
        await worker.HandleAsync(0, _rig.Limit);
        Assert.Equal(1, await worker.CountAsync(JobKeys.Done(worker.Job, TaskStage.Reduce), _rig.Limit));
    }

    [Fact]
    public async Task A_bug_of_the_engine_counts_as_a_failed_attempt_with_a_card()
    {
        await using var worker = new LoneWorker(_rig);
        await worker.ReduceAsync(_rig.Limit);
        worker.Executor.Reduce = _ => throw new InvariantBroken("keys ascend");
        await worker.HandleAsync(0, _rig.Limit);
        FailureCard card = Assert.Single(await new JobRanges(_rig.Store).CardsAsync(worker.Job, _rig.Limit));
        Assert.Contains("keys ascend", card.Error, StringComparison.Ordinal);
        Assert.Equal(("reduce", 0, 1), (card.Stage, card.Task, card.Attempt));
    }

    [Fact]
    public async Task A_task_that_was_started_too_often_fails_the_job_instead_of_starting_again()
    {
        await using var worker = new LoneWorker(_rig);
        await worker.ReduceAsync(_rig.Limit);
        var task = new TaskId(worker.Job, TaskStage.Reduce, 0);
        byte[] record = JsonSerializer.SerializeToUtf8Bytes(new AttemptRecord("dead", default), RecordJson.Default.AttemptRecord);
        await _rig.Store.TransactAsync(
            new Transaction { Writes = [.. Enumerable.Range(0, AttemptLimits.StartedMax(4)).Select(n => new KeyWrite.Put(JobKeys.Attempt(new AttemptId(task, $"dead.{n}")), record))] },
            _rig.Limit);
        worker.Executor.Reduce = _ => throw new InvalidOperationException("started");
        await worker.HandleAsync(0, _rig.Limit);
        StoredState? state = await worker.Jobs.StateAsync(worker.Job, _rig.Limit);
        Assert.Equal(JobPhase.Failed, state!.State.Phase);
        Assert.Contains("reduce task 0 was started 20 times", state.State.Error, StringComparison.Ordinal);
    }

    public ValueTask DisposeAsync() => _rig.DisposeAsync();

    private static ReduceOutcome Part(ReduceRequest request)
    {
        using VolumeWriter writer = request.Volume.Create(request.PartPath);
        writer.Publish();
        return new ReduceOutcome(0, "00000000", new TaskStatistics());
    }
}
