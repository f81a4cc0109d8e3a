using System.Text.Json;
using Katanemimena.Core;

namespace Katanemimena.Orchestration;

/// <summary>An attempt that was started.</summary>
/// <param name="Revision">Revision of the store after the start.</param>
/// <param name="Ordinal">How many attempts at the task were started so far, this one included.</param>
/// <param name="Failed">How many of them left a failure card.</param>
/// <param name="OthersLive">How many others are running.</param>
internal sealed record AttemptStarted(long Revision, int Ordinal, int Failed, int OthersLive);

/// <summary>How a commit came out.</summary>
internal abstract record CommitResult
{
    /// <summary>This attempt is the one. <paramref name="DoneCount"/> tasks of the stage have committed; <paramref name="SetAside"/> records were set aside by all committed attempts, if that was asked for.</summary>
    internal sealed record Won(long DoneCount, long SetAside) : CommitResult;

    /// <summary>Another attempt at the task committed first.</summary>
    internal sealed record Lost : CommitResult;

    /// <summary>The stage is over, or of another epoch, or the job has ended.</summary>
    internal sealed record Fenced : CommitResult;

    /// <summary>An earlier try had no answer, and the stage is over now: its commit record may have been made and folded away since.</summary>
    internal sealed record Unknown : CommitResult;
}

/// <summary>The steps of an attempt in the key-value store, one transaction each.</summary>
internal sealed class AttemptStore(IKeyValueStore store)
{
    /// <summary>Starts an attempt: the job's state is still of the given revision, and the task has no commit record.</summary>
    /// <returns>Null if that does not hold: the message is stale.</returns>
    /// <exception cref="LeaseEnded">The worker's lease has ended; nothing was written.</exception>
    public async ValueTask<AttemptStarted?> StartAsync(
        AttemptId attempt, long stateRevision, AttemptRecord record, LeaseId lease, CancellationToken cancellation)
    {
        byte[] value = JsonSerializer.SerializeToUtf8Bytes(record, RecordJson.Default.AttemptRecord);
        TransactionResult result = await store.TransactAsync(
            new Transaction
            {
                Conditions = Open(attempt.Task, stateRevision),
                Writes =
                [
                    new KeyWrite.Put(JobKeys.Live(attempt), ReadOnlyMemory<byte>.Empty, lease),
                    new KeyWrite.Put(JobKeys.Attempt(attempt), value),
                ],
                Reads = [JobStore.Count(JobKeys.Attempts(attempt.Task)), JobStore.Count(JobKeys.Failed(attempt.Task)), JobStore.Count(JobKeys.Live(attempt.Task))],
            },
            cancellation);
        return result.Succeeded
            ? new AttemptStarted(result.Revision, (int)result.Reads[0].Count, (int)result.Reads[1].Count, (int)result.Reads[2].Count - 1)
            : null;
    }

    /// <summary>Takes an attempt back as if it had never been started.</summary>
    public async ValueTask WithdrawAsync(AttemptId attempt, CancellationToken cancellation) =>
        await store.TransactAsync(
            new Transaction { Writes = [Delete(JobKeys.Live(attempt)), Delete(JobKeys.Attempt(attempt))] }, cancellation);

    /// <summary>Notes that an attempt runs no more; that it was started stays.</summary>
    public async ValueTask ReleaseAsync(AttemptId attempt, CancellationToken cancellation) =>
        await store.TransactAsync(new Transaction { Writes = [Delete(JobKeys.Live(attempt))] }, cancellation);

    /// <summary>Commits an attempt, if the job's state is still of the revision it was started at and no other attempt at the task has committed.</summary>
    /// <param name="attempt">The attempt; committing it again after an answer was lost gives <see cref="CommitResult.Won"/> again.</param>
    /// <param name="stateRevision">Revision of the state.</param>
    /// <param name="record">Its commit record.</param>
    /// <param name="partitionBytes">Partition sizes of a map output; null for reduce.</param>
    /// <param name="cancellation">It may have been committed all the same.</param>
    public async ValueTask<CommitResult> CommitAsync(
        AttemptId attempt, long stateRevision, CommitRecord record, IReadOnlyList<long>? partitionBytes, CancellationToken cancellation)
    {
        TaskId task = attempt.Task;
        var writes = new List<KeyWrite>
        {
            new KeyWrite.Put(JobKeys.Done(task), JsonSerializer.SerializeToUtf8Bytes(record, RecordJson.Default.CommitRecord)),
            Delete(JobKeys.Live(attempt)),
        };
        if (partitionBytes is not null)
        {
            writes.Add(new KeyWrite.Put(JobKeys.Sizes(task.Job, task.Index), PartitionSizes.Write(partitionBytes)));
        }

        var reads = new List<KeyRange> { JobStore.Count(JobKeys.Done(task.Job, task.Stage)) };
        if (record.Statistics.SetAside > 0)
        {
            reads.Add(KeyRange.Prefix(JobKeys.AllDone(task.Job)));
        }

        TransactionResult result = await store.TransactAsync(
            new Transaction
            {
                Conditions = Open(task, stateRevision),
                Writes = writes,
                Reads = reads,
                ReadsOtherwise = [KeyRange.One(JobKeys.Done(task)), .. reads],
            },
            cancellation);
        return result.Succeeded ? Won(result.Reads) : NotWritten(attempt, result.Reads);
    }

    /// <summary>Keeps the failure card of an attempt, if the job's state is still of the revision it was started at.</summary>
    /// <returns>The cards of the task, oldest first, or null if the state has changed.</returns>
    public async ValueTask<IReadOnlyList<FailureCard>?> FailAsync(
        AttemptId attempt, long stateRevision, FailureCard card, CancellationToken cancellation)
    {
        TransactionResult result = await store.TransactAsync(
            new Transaction
            {
                Conditions = [new KeyCondition(JobKeys.State(attempt.Task.Job), stateRevision)],
                Writes = [new KeyWrite.Put(JobKeys.Failed(attempt), JobDocuments.Write(card)), Delete(JobKeys.Live(attempt))],
                Reads = [KeyRange.Prefix(JobKeys.Failed(attempt.Task))],
            },
            cancellation);
        return result.Succeeded ? Cards(result.Reads[0]) : null;
    }

    /// <summary>The failure cards of a task, oldest first.</summary>
    public async ValueTask<IReadOnlyList<FailureCard>> CardsAsync(TaskId task, CancellationToken cancellation) =>
        Cards(await store.RangeAsync(KeyRange.Prefix(JobKeys.Failed(task)), cancellation));

    /// <summary>The commit record of a task, or null.</summary>
    public async ValueTask<KeyValue?> DoneAsync(TaskId task, CancellationToken cancellation) =>
        await store.RangeAsync(KeyRange.One(JobKeys.Done(task)), cancellation) is { Keys: [KeyValue found, ..] } ? found : null;

    internal static KeyWrite.Delete Delete(string key) => new(KeyRange.One(key));

    internal static IReadOnlyList<FailureCard> Cards(RangeResult found) =>
        [.. found.Keys.OrderBy(key => key.CreateRevision).Select(key => JobDocuments.ReadCard(key.Value.Span))];

    private static KeyCondition[] Open(TaskId task, long stateRevision) =>
        [new KeyCondition(JobKeys.State(task.Job), stateRevision), KeyCondition.Absent(JobKeys.Done(task))];

    private static CommitResult.Won Won(IReadOnlyList<RangeResult> reads) =>
        new(reads[0].Count, reads.Count < 2 ? 0 : reads[1].Keys.Sum(key => (long)RecordJson.ReadCommit(key).Statistics.SetAside));

    private static CommitResult NotWritten(AttemptId attempt, IReadOnlyList<RangeResult> reads)
    {
        if (reads[0].Keys.Count == 0)
        {
            return new CommitResult.Fenced();
        }

        return RecordJson.ReadCommit(reads[0].Keys[0]).Attempt == attempt.Token ? Won([.. reads.Skip(1)]) : new CommitResult.Lost();
    }
}
