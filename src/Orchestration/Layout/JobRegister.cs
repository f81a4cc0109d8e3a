using System.Text;
using System.Text.Json;
using Katanemimena.Core;

namespace Katanemimena.Orchestration;

/// <summary>Stores jobs of owners who have several: with an index by time, a limit on open jobs, and idempotency keys.</summary>
/// <remarks>A job is stored with all of that in one transaction, or nothing is. Every method may throw <see cref="TransientFault"/>; nothing was stored then.</remarks>
public sealed class JobRegister(IKeyValueStore store)
{
    /// <summary>Stores a job on the live manager with the fewest open jobs; among equals, the first by name.</summary>
    /// <param name="spec">The job. Its owner is a name of letters, digits, <c>.</c>, <c>_</c> and <c>-</c>.</param>
    /// <param name="registration">What holds for it.</param>
    /// <param name="cancellation">It may have been stored all the same.</param>
    /// <exception cref="TransientFault">No manager is alive, or the store cannot be reached; nothing was stored.</exception>
    /// <exception cref="RegistrationUnanswered">The store did not answer the write: the job may have been stored.</exception>
    public async ValueTask<RegistrationResult> StoreAsync(JobSpec spec, JobRegistration registration, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(spec);
        ArgumentNullException.ThrowIfNull(registration);
        RequireName(spec.Owner);
        KeyRange[] reads = Reads(spec.Owner, registration);
        var found = new Found(spec.Owner, (await store.TransactAsync(new Transaction { Reads = reads }, cancellation)).Reads);
        LeaseId lease = LeaseId.None;

        // Also while a write is under way: if it is not answered, the key may be there.
        bool kept = false;
        try
        {
            while (true)
            {
                if (Refusal(found, registration) is { } refusal)
                {
                    return refusal;
                }

                if (registration.Idempotency is not null && lease == LeaseId.None)
                {
                    lease = await store.GrantLeaseAsync(IdempotencyClaim.Remembered, cancellation);
                }

                var minted = new NewJob(LiveManagers.LeastBusy(found.Managers, found.Open), spec);
                JobId job = minted.Mint(found.Managers, out KeyCondition unchanged);
                kept = true;
                TransactionResult result = await WriteAsync(
                    new Transaction
                    {
                        Conditions = [unchanged, .. Conditions(found, spec.Owner, registration)],
                        Writes = [.. minted.Writes(job), .. Writes(job, spec, registration, lease)],
                        ReadsOtherwise = reads,
                    },
                    cancellation);
                kept = result.Succeeded;
                if (result.Succeeded)
                {
                    return new RegistrationResult.Stored(job);
                }

                found = new Found(spec.Owner, result.Reads);
            }
        }
        finally
        {
            if (!kept && lease != LeaseId.None)
            {
                await EndAsync(lease);
            }
        }
    }

    /// <summary>What a request would come to under a key that was used before; null if it was not. For who need not do all that comes before the storing of a job.</summary>
    public async ValueTask<RegistrationResult?> FindAsync(string owner, IdempotencyClaim claim, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(claim);
        RequireName(owner);
        RangeResult found = await store.RangeAsync(KeyRange.One(JobKeys.Idempotency(owner, claim.KeyHash)), cancellation);
        return found.First is { } remembered ? Compare(remembered, claim) : null;
    }

    /// <summary>What storing a job would come to now if it is not to be stored; null if nothing stands against it. For who has to write much before: what is stored is judged anew.</summary>
    public async ValueTask<RegistrationResult?> RefusalAsync(string owner, JobRegistration registration, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(registration);
        RequireName(owner);
        return Refusal(new Found(owner, (await store.TransactAsync(new Transaction { Reads = Reads(owner, registration) }, cancellation)).Reads), registration);
    }

    /// <summary>How many jobs of an owner have not been cleaned up after their end.</summary>
    public async ValueTask<int> OpenAsync(string owner, CancellationToken cancellation) =>
        Found.CountOf(owner, await store.RangeAsync(KeyRange.Prefix(JobKeys.OpenJobs), cancellation));

    /// <summary>The writes that take a job out of the indexes. What its idempotency key stands for stays.</summary>
    internal static KeyWrite[] Removal(JobId job, JobSpec spec) =>
        IsName(spec.Owner)
            ? [.. Entries(job, spec).Select(AttemptStore.Delete)]
            : [];

    private static string[] Entries(JobId job, JobSpec spec)
    {
        string name = JobKeys.ListedName(spec.Submitted, job);
        return [JobKeys.Listed + name, JobKeys.ListedOf(spec.Owner) + name];
    }

    private static KeyRange[] Reads(string owner, JobRegistration registration) =>
    [
        KeyRange.Prefix(JobKeys.Managers), KeyRange.Prefix(JobKeys.OpenJobs), KeyRange.One(JobKeys.RunningGate(owner)), KeyRange.One(JobKeys.StoredGate(owner)),
        .. registration.Conditions.Select(condition => KeyRange.One(condition.Key)),
        .. registration.Idempotency is { } claim ? [KeyRange.One(JobKeys.Idempotency(owner, claim.KeyHash))] : Array.Empty<KeyRange>(),
    ];

    private static RegistrationResult? Refusal(Found found, JobRegistration registration)
    {
        if (registration.Idempotency is { } claim && found.Remembered(registration) is { } remembered)
        {
            return Compare(remembered, claim);
        }

        return found.Outdated(registration) is { } key ? new RegistrationResult.Outdated(key)
            : found.OpenOfOwner >= registration.OpenJobsMax ? new RegistrationResult.TooMany(found.OpenOfOwner)
            : found.Stored > registration.StoredBytesMax ? new RegistrationResult.OverQuota(found.Stored)
            : null;
    }

    private static RegistrationResult Compare(KeyValue remembered, IdempotencyClaim claim)
    {
        RememberedRequest before = RecordJson.Read(remembered.Value.Span, RegisterJson.Default.RememberedRequest);
        Invariant.Holds(JobId.TryParse(before.Job, out JobId job), "an idempotency key stands for a job");
        return before.Request == claim.RequestHash ? new RegistrationResult.Repeated(job) : new RegistrationResult.OtherRequest();
    }

    /// <summary>The number of the owner's open jobs can have fallen since it was read, but not risen.</summary>
    private static IEnumerable<KeyCondition> Conditions(Found found, string owner, JobRegistration registration)
    {
        yield return KeyCondition.Unchanged(JobKeys.RunningGate(owner), found.Gate);
        foreach (KeyCondition condition in registration.Conditions)
        {
            yield return condition;
        }

        if (registration.Idempotency is { } claim)
        {
            yield return KeyCondition.Absent(JobKeys.Idempotency(owner, claim.KeyHash));
        }
    }

    private static IEnumerable<KeyWrite> Writes(JobId job, JobSpec spec, JobRegistration registration, LeaseId lease)
    {
        byte[] listed = JsonSerializer.SerializeToUtf8Bytes(new ListedJob(spec.Owner, spec.Label, spec.Submitted), RegisterJson.Default.ListedJob);
        foreach (string entry in Entries(job, spec))
        {
            yield return new KeyWrite.Put(entry, listed);
        }

        if (registration.Removes is { } removed)
        {
            yield return AttemptStore.Delete(removed);
        }

        yield return new KeyWrite.Put(JobKeys.RunningGate(spec.Owner), Encoding.ASCII.GetBytes(job.ToString()));
        if (registration.Idempotency is { } claim)
        {
            var remembered = new RememberedRequest(job.ToString(), claim.RequestHash);
            byte[] value = JsonSerializer.SerializeToUtf8Bytes(remembered, RegisterJson.Default.RememberedRequest);
            yield return new KeyWrite.Put(JobKeys.Idempotency(spec.Owner, claim.KeyHash), value, lease);
        }
    }

    private static bool IsName(string owner) => VolumePath.IsName(owner);

    private static void RequireName(string owner)
    {
        if (!IsName(owner))
        {
            throw new ArgumentException("an owner's name has letters, digits, '.', '_' and '-'", nameof(owner));
        }
    }

    private async ValueTask<TransactionResult> WriteAsync(Transaction transaction, CancellationToken cancellation)
    {
        try
        {
            return await store.TransactAsync(transaction, cancellation);
        }
        catch (TransientFault fault)
        {
            throw new RegistrationUnanswered(fault);
        }
    }

    private async ValueTask EndAsync(LeaseId lease)
    {
        try
        {
            await store.RevokeLeaseAsync(lease, CancellationToken.None);
        }
        catch (TransientFault)
        {
            // It ends by itself.
        }
    }

    /// <summary>What one reading of the store said.</summary>
    private sealed class Found(string owner, IReadOnlyList<RangeResult> reads)
    {
        /// <summary>Where the answers on the conditions' keys begin.</summary>
        private const int Conditions = 4;

        public IReadOnlyList<KeyValue> Managers => reads[0].Keys;

        public IReadOnlyList<KeyValue> Open => reads[1].Keys;

        public int OpenOfOwner { get; } = CountOf(owner, reads[1]);

        public KeyValue? Gate => reads[2].First;

        public long Stored => StoredBytes.Read(reads[3].First);

        /// <summary>The key of a condition that does not hold; null if all do.</summary>
        public string? Outdated(JobRegistration registration) =>
            registration.Conditions.Where((condition, index) => !condition.HoldsOf(reads[Conditions + index].First)).Select(condition => condition.Key).FirstOrDefault();

        /// <summary>What the idempotency key stands for; null if for nothing.</summary>
        public KeyValue? Remembered(JobRegistration registration) => reads[Conditions + registration.Conditions.Count].First;

        public static int CountOf(string owner, RangeResult open)
        {
            byte[] name = Encoding.UTF8.GetBytes(owner);
            return open.Keys.Count(key => key.Value.Span.SequenceEqual(name));
        }
    }
}
