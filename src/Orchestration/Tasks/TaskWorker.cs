using System.Globalization;
using Katanemimena.Core;

namespace Katanemimena.Orchestration;

/// <summary>One worker: takes a task message through start, run and commit.</summary>
/// <remarks>The message is a hint. Whether there is anything to do is decided by the start transaction, and whether it
/// counted by the commit transaction; in the good case those two are all the transactions there are.</remarks>
internal sealed class TaskWorker(WorkerParts parts)
{
    private readonly JobStore _jobs = new(parts.Store);
    private readonly AttemptStore _attempts = new(parts.Store);
    private readonly AttemptRunner _runner = new(parts);
    private readonly AttemptCommitter _committer = new(parts);

    /// <summary>Handles one message; when it returns, the message is done with.</summary>
    /// <param name="message">The message.</param>
    /// <param name="stop">The process is to end: the running attempt is given up and its task stays open.</param>
    /// <exception cref="TransientFault">The message is to be delivered again.</exception>
    /// <exception cref="OperationCanceledException">Stopped; the message is to be delivered again.</exception>
    public async ValueTask HandleAsync(TaskMessage message, CancellationToken stop)
    {
        if (!JobId.TryParse(message.Job, out JobId job) || message.Index < 0
            || await parts.Cache.SpecAsync(job, stop) is not { } spec)
        {
            return;
        }

        HeldLease lease = parts.Lease.Held;
        var attempt = new AttemptId(new TaskId(job, message.Stage, message.Index), parts.Mint.Next());
        if (await StartAsync(attempt, spec, message.Revision, lease, stop) is { } started
            && await MayRunAsync(attempt, message, started, spec.Options, stop))
        {
            await RunAsync(attempt, message, started, spec, lease, stop);
        }
    }

    private async ValueTask<AttemptStarted?> StartAsync(AttemptId attempt, JobSpec spec, long revision, HeldLease lease, CancellationToken stop)
    {
        try
        {
            var record = new AttemptRecord(parts.Mint.Process, parts.Time.GetUtcNow()) { Sandbox = parts.Code.LevelOf(attempt.Task.Job, spec) };
            return await _attempts.StartAsync(attempt, revision, record, lease.Id, stop);
        }
        catch (LeaseEnded)
        {
            throw new TransientFault("the worker's lease has ended");
        }
        catch (Exception e) when (IsOfStore(e) || e is OperationCanceledException)
        {
            parts.Lease.Orphan(attempt, neverRan: true);
            throw;
        }
    }

    /// <summary>Whether the attempt just started is to go on; if not, it is taken back.</summary>
    private async ValueTask<bool> MayRunAsync(
        AttemptId attempt, TaskMessage message, AttemptStarted started, JobOptions options, CancellationToken stop)
    {
        bool failedOut = started.Failed >= options.AttemptsMax;
        bool startedOut = started.Ordinal > AttemptLimits.StartedMax(options.AttemptsMax);
        if (!failedOut && !startedOut && (started.OthersLive == 0 || message.Backup))
        {
            return true;
        }

        await WithdrawAsync(attempt);
        if (failedOut)
        {
            IReadOnlyList<FailureCard> cards = await _attempts.CardsAsync(attempt.Task, stop);
            await FailJobAsync(attempt.Task.Job, new JobFailed(cards[0].Error, cards[0], parts.Time.GetUtcNow()));
        }
        else if (startedOut)
        {
            await FailJobAsync(attempt.Task.Job, LostTooOften(attempt.Task, started.Ordinal - 1, parts.Time.GetUtcNow()));
        }

        return false;
    }

    private async ValueTask RunAsync(
        AttemptId attempt, TaskMessage message, AttemptStarted started, JobSpec spec, HeldLease lease, CancellationToken stop)
    {
        using var ends = CancellationTokenSource.CreateLinkedTokenSource(lease.Lost, stop);
        parts.Watch.Add(attempt.Task.Job, message.Revision, started.Revision + 1, ends);
        AttemptOutput? output = null;
        CommitResult.Won? won = null;
        try
        {
            output = await _runner.RunAsync(attempt, started.Ordinal, spec, message, ends.Token);
            won = await _committer.CommitAsync(attempt, message.Revision, output, lease);
        }
        catch (TransientFault) when (output is not null)
        {
            // The commit may have been made, so there is nothing to take back.
            throw;
        }
        catch (NoSuchTask)
        {
            await WithdrawAsync(attempt);
        }
        catch (CodeRefused refused) when (!ends.IsCancellationRequested)
        {
            await FailAttemptAsync(attempt, message, started, attemptsMax: 1, refused.Card);
        }
        catch (UserCodeFault fault) when (!ends.IsCancellationRequested)
        {
            await FailAttemptAsync(attempt, message, started, spec.Options.AttemptsMax, fault.Card);
        }
        catch (PermanentFault fault) when (!ends.IsCancellationRequested)
        {
            await WithdrawAsync(attempt);
            await FailJobAsync(attempt.Task.Job, new JobFailed(fault.Message, null, parts.Time.GetUtcNow()) { OfMachine = fault.OfMachine });
        }
        catch (CorruptDataFault fault) when (
            !ends.IsCancellationRequested && attempt.Task.Stage == TaskStage.Reduce && fault.Producer.Task.Stage == TaskStage.Map)
        {
            await LoseMapOutputAsync(attempt, fault.Producer, message.Revision);
        }
        catch (TransientFault fault) when (!ends.IsCancellationRequested)
        {
            await LoseAttemptAsync(attempt, started, spec.Options, fault);
            throw;
        }
        catch (Exception) when (ends.IsCancellationRequested)
        {
            await EndEarlyAsync(attempt, lease, stop);
        }
        catch (Exception bug)
        {
            await FailAttemptAsync(attempt, message, started, spec.Options.AttemptsMax, Unexpected(attempt, bug));
        }
        finally
        {
            parts.Watch.Remove(attempt.Task.Job, message.Revision, ends);
        }

        if (won is not null)
        {
            if (message.Next(output!.Tasks) is { } next)
            {
                await SendAsync(parts.Queues.Tasks(message.Stage), (next with { Sent = parts.Time.GetUtcNow() }).Write());
            }

            await _committer.TurnKeyAsync(attempt, won, output.Tasks, spec.Options);
        }
    }

    /// <summary>The attempt was cancelled: its state changed (nothing more to do), its lease was lost, or the process stops.</summary>
    /// <remarks>A lost lease counts as a lost attempt, because code that starves its process can bring it about.</remarks>
    private async ValueTask EndEarlyAsync(AttemptId attempt, HeldLease lease, CancellationToken stop)
    {
        if (lease.Lost.IsCancellationRequested && !stop.IsCancellationRequested)
        {
            throw new TransientFault("the worker's lease has ended");
        }

        await WithdrawAsync(attempt);
        stop.ThrowIfCancellationRequested();
    }

    /// <summary>The attempt came to nothing, for a reason that may pass: it counts as a lost one, so that the task is not tried for ever.</summary>
    private async ValueTask LoseAttemptAsync(AttemptId attempt, AttemptStarted started, JobOptions options, TransientFault fault)
    {
        try
        {
            await _attempts.ReleaseAsync(attempt, CancellationToken.None);
        }
        catch (Exception e) when (IsOfStore(e))
        {
            parts.Lease.Orphan(attempt, neverRan: false);
        }

        if (started.Ordinal - started.Failed >= AttemptLimits.LostMax(options.AttemptsMax))
        {
            await FailJobAsync(attempt.Task.Job, new JobFailed(
                string.Create(CultureInfo.InvariantCulture, $"{attempt.Task.StageName} task {attempt.Task.Index} was started {started.Ordinal} times, the last time in vain because {fault.Message}"),
                null,
                parts.Time.GetUtcNow()) { OfMachine = true });
        }
    }

    private async ValueTask FailAttemptAsync(AttemptId attempt, TaskMessage message, AttemptStarted started, int attemptsMax, FailureCard card)
    {
        FailureCard complete = FailureCards.Complete(card, attempt, started.Ordinal);
        IReadOnlyList<FailureCard>? cards;
        try
        {
            cards = await _attempts.FailAsync(attempt, message.Revision, complete, CancellationToken.None);
        }
        catch (Exception e) when (IsOfStore(e))
        {
            parts.Lease.Orphan(attempt, neverRan: false);
            throw;
        }

        if (cards is null)
        {
            await WithdrawAsync(attempt);
        }
        else if (cards.Count >= attemptsMax)
        {
            await FailJobAsync(attempt.Task.Job, new JobFailed(cards[0].Error, cards[0], parts.Time.GetUtcNow()));
        }
        else
        {
            await SendAsync(parts.Queues.Tasks(message.Stage), (message with { Backup = false, Sent = parts.Time.GetUtcNow() }).Write());
        }
    }

    /// <summary>Opens the maps again, in one transaction with the removal of the damaged output's commit record, if that is still the one committed.</summary>
    private async ValueTask LoseMapOutputAsync(AttemptId attempt, AttemptId producer, long revision)
    {
        JobId job = attempt.Task.Job;
        await WithdrawAsync(attempt);
        StoredState? stored = await _jobs.StateAsync(job, CancellationToken.None);
        KeyValue? done = await _attempts.DoneAsync(producer.Task, CancellationToken.None);
        if (stored is null || stored.Revision != revision || done is null || RecordJson.ReadCommit(done).Attempt != producer.Token)
        {
            return;
        }

        Decision decision = JobTransitions.Decide(stored.State, new MapOutputLost(producer.Task.Index, producer.Token, parts.Time.GetUtcNow()));
        Invariant.Holds(decision.Rejected is null, "a job that reduces can go back to mapping");
        StoredState? reopened = await _jobs.ReplaceAsync(
            job,
            stored,
            decision.State,
            [new KeyCondition(done.Key, done.ModifyRevision)],
            [AttemptStore.Delete(done.Key), AttemptStore.Delete(JobKeys.Sizes(job, producer.Task.Index))],
            CancellationToken.None);
        if (reopened is not null)
        {
            await SendAsync(parts.Queues.Stage, new StageMessage(job.ToString(), Restart: true).Write());
        }
    }

    private async ValueTask FailJobAsync(JobId job, JobFailed failed)
    {
        if (await _jobs.EndAsync(job, failed, CancellationToken.None))
        {
            await SendAsync(parts.Queues.Stage, new StageMessage(job.ToString()).Write());
        }
    }

    private async ValueTask WithdrawAsync(AttemptId attempt)
    {
        try
        {
            await _attempts.WithdrawAsync(attempt, CancellationToken.None);
        }
        catch (Exception e) when (IsOfStore(e))
        {
            parts.Lease.Orphan(attempt, neverRan: true);
        }
    }

    /// <summary>Whether the store is in trouble: out of reach, or without space, which may be freed while the process lives.</summary>
    private static bool IsOfStore(Exception fault) => fault is TransientFault or PermanentFault;

    private ValueTask SendAsync(string queue, byte[] body) => parts.Queue.SendAsync(queue, body, TimeSpan.Zero, CancellationToken.None);

    internal static JobFailed LostTooOften(TaskId task, int attempts, DateTimeOffset at) => new(
        string.Create(CultureInfo.InvariantCulture,
            $"{task.StageName} task {task.Index} was started {attempts} times, and its worker died or its output was lost too often; see whether the code kills its process or needs more memory than there is"),
        null,
        at);

    private static FailureCard Unexpected(AttemptId attempt, Exception bug) => new()
    {
        Stage = attempt.Task.StageName,
        Error = $"the engine failed on this attempt: {bug.Message}",
        Traceback = bug.ToString(),
    };
}
