using Katanemimena.Core;

namespace Katanemimena.Orchestration;

/// <summary>A job's state with the revision at which it was stored.</summary>
/// <param name="State">The state.</param>
/// <param name="Revision">Its <see cref="KeyValue.ModifyRevision"/>.</param>
public sealed record StoredState(JobState State, long Revision);

/// <summary>A job's state and how many of its tasks have committed, all at one revision of the store.</summary>
/// <param name="Stored">The state.</param>
/// <param name="MapsDone">Committed map tasks.</param>
/// <param name="ReducesDone">Committed reduce tasks.</param>
public sealed record StageView(StoredState Stored, long MapsDone, long ReducesDone);

/// <summary>Typed access to the jobs in the key-value store: each method is one step that happens wholly or not at all.</summary>
/// <remarks>Every method may throw <see cref="TransientFault"/>; a write may then have been carried out.</remarks>
public sealed class JobStore(IKeyValueStore store)
{
    /// <summary>The store beneath.</summary>
    public IKeyValueStore Store => store;

    /// <summary>Mints the next id of a manager and stores the job under it, in one transaction. It is in no list; see <see cref="JobRegister"/>.</summary>
    public async ValueTask<JobId> SubmitAsync(string manager, JobSpec spec, CancellationToken cancellation)
    {
        var minted = new NewJob(manager, spec);
        RangeResult last = await store.RangeAsync(KeyRange.One(minted.Sequence), cancellation);
        while (true)
        {
            JobId job = minted.Mint(last.Keys, out KeyCondition unchanged);
            TransactionResult result = await store.TransactAsync(
                new Transaction { Conditions = [unchanged], Writes = minted.Writes(job), ReadsOtherwise = [KeyRange.One(minted.Sequence)] },
                cancellation);
            if (result.Succeeded)
            {
                return job;
            }

            last = result.Reads[0];
        }
    }

    /// <summary>The id that a manager's next job will have, if no other process submits one before.</summary>
    public async ValueTask<JobId> NextAsync(string manager, CancellationToken cancellation)
    {
        RangeResult last = await store.RangeAsync(KeyRange.One(JobKeys.Sequence(manager)), cancellation);
        return new JobId(manager, last.First is { } key ? Number.Read(key.Value.Span) + 1 : 1);
    }

    /// <summary>Reads a specification, or null if there is no such job.</summary>
    public async ValueTask<JobSpec?> SpecAsync(JobId job, CancellationToken cancellation)
    {
        RangeResult found = await store.RangeAsync(KeyRange.One(JobKeys.Spec(job)), cancellation);
        return found.First is { } key ? JobDocuments.ReadSpec(key.Value.Span) : null;
    }

    /// <summary>Reads a state, or null if there is no such job.</summary>
    public async ValueTask<StoredState?> StateAsync(JobId job, CancellationToken cancellation) =>
        ToState(await store.RangeAsync(KeyRange.One(JobKeys.State(job)), cancellation));

    /// <summary>Reads a state with the counts of committed tasks, or null if there is no such job.</summary>
    public async ValueTask<StageView?> StageAsync(JobId job, CancellationToken cancellation)
    {
        IReadOnlyList<RangeResult> reads = await ReadAsync(
            [KeyRange.One(JobKeys.State(job)), Count(JobKeys.Done(job, TaskStage.Map)), Count(JobKeys.Done(job, TaskStage.Reduce))],
            cancellation);
        return ToState(reads[0]) is { } stored ? new StageView(stored, reads[1].Count, reads[2].Count) : null;
    }

    /// <summary>Stores the state that follows from another, if that one is still the stored one.</summary>
    /// <param name="job">The job.</param>
    /// <param name="old">The state it follows from.</param>
    /// <param name="next">The new state.</param>
    /// <param name="conditions">What must hold besides.</param>
    /// <param name="writes">What is written with it.</param>
    /// <param name="cancellation">It may have been stored all the same.</param>
    /// <returns>The new state as stored, or null if a condition did not hold.</returns>
    public async ValueTask<StoredState?> ReplaceAsync(
        JobId job,
        StoredState old,
        JobState next,
        IReadOnlyList<KeyCondition> conditions,
        IReadOnlyList<KeyWrite> writes,
        CancellationToken cancellation)
    {
        TransactionResult result = await store.TransactAsync(
            new Transaction
            {
                Conditions = [new KeyCondition(JobKeys.State(job), old.Revision), .. conditions],
                Writes = [new KeyWrite.Put(JobKeys.State(job), JobDocuments.Write(next)), .. writes],
            },
            cancellation);
        return result.Succeeded ? new StoredState(next, result.Revision) : null;
    }

    /// <summary>Brings an event that fits every phase (a failure, a cancellation) to a job, however often its state changes meanwhile.</summary>
    /// <returns>False if there is no such job or it had ended.</returns>
    public async ValueTask<bool> EndAsync(JobId job, JobEvent @event, CancellationToken cancellation)
    {
        while (await StateAsync(job, cancellation) is { State.Ended: false } stored)
        {
            Decision decision = JobTransitions.Decide(stored.State, @event);
            Invariant.Holds(decision.State.Ended, "the event ends the job");
            if (await ReplaceAsync(job, stored, decision.State, [], [], cancellation) is not null)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>The jobs that have not ended or not been cleaned up yet.</summary>
    /// <param name="manager">One manager's, or null for all.</param>
    /// <param name="cancellation">Stops reading.</param>
    public async ValueTask<IReadOnlyList<JobId>> OpenAsync(string? manager, CancellationToken cancellation)
    {
        string prefix = manager is null ? JobKeys.OpenJobs : JobKeys.OpenJobsOf(manager);
        RangeResult found = await store.RangeAsync(KeyRange.Prefix(prefix), cancellation);
        var jobs = new List<JobId>(found.Keys.Count);
        foreach (KeyValue key in found.Keys)
        {
            if (JobKeys.TryParseOpen(key.Key, out JobId job))
            {
                jobs.Add(job);
            }
        }

        jobs.Sort();
        return jobs;
    }

    /// <summary>Answers several reads at one revision.</summary>
    public async ValueTask<IReadOnlyList<RangeResult>> ReadAsync(IReadOnlyList<KeyRange> ranges, CancellationToken cancellation) =>
        (await store.TransactAsync(new Transaction { Reads = ranges }, cancellation)).Reads;

    internal static KeyRange Count(string prefix) => KeyRange.Prefix(prefix) with { CountOnly = true };

    internal static StoredState? ToState(RangeResult found) =>
        found.First is { } key ? new StoredState(JobDocuments.ReadState(key.Value.Span), key.ModifyRevision) : null;
}
