namespace Katanemimena.Core;

/// <summary>The truth about jobs: a small, ordered, transactional map of keys with leases and watches.</summary>
/// <remarks>Semantics are those of etcd v3: one revision counter for the whole store, raised by every transaction that writes.
/// Keys are ordered by their UTF-8 bytes. Every call throws <see cref="TransientFault"/> when the backend cannot be reached;
/// a transaction that failed so may or may not have been carried out.</remarks>
public interface IKeyValueStore
{
    /// <summary>Reads the keys of a range in key order, all at one revision.</summary>
    ValueTask<RangeResult> RangeAsync(KeyRange range, CancellationToken cancellation);

    /// <summary>Carries out all writes and then all reads if every condition holds, else nothing; atomically.</summary>
    ValueTask<TransactionResult> TransactAsync(Transaction transaction, CancellationToken cancellation);

    /// <summary>Starts a lease. Keys put under it vanish when it ends.</summary>
    /// <param name="timeToLive">At least 1 s, whole seconds.</param>
    /// <param name="cancellation">A lease granted all the same lapses by itself.</param>
    ValueTask<LeaseId> GrantLeaseAsync(TimeSpan timeToLive, CancellationToken cancellation);

    /// <summary>Starts the lease's time anew.</summary>
    /// <returns>False if it had ended: its keys are gone and it cannot be revived.</returns>
    ValueTask<bool> RenewLeaseAsync(LeaseId lease, CancellationToken cancellation);

    /// <summary>Ends a lease now, with its keys. Ending one that has ended does nothing.</summary>
    ValueTask RevokeLeaseAsync(LeaseId lease, CancellationToken cancellation);

    /// <summary>Follows the changes of a range, in order, each once, from a revision on, until cancelled. Within one revision, by key.</summary>
    /// <param name="range">Keys to follow; its limit is ignored.</param>
    /// <param name="fromRevision">First revision to report; 0 for changes from now on. A revision no longer kept throws <see cref="RevisionCompacted"/>.</param>
    /// <param name="cancellation">Ends the sequence with <see cref="OperationCanceledException"/>.</param>
    IAsyncEnumerable<KeyChange> WatchAsync(KeyRange range, long fromRevision, CancellationToken cancellation);
}

/// <summary>A lease of the key-value store. 0 means none.</summary>
/// <param name="Value">As the store gave it.</param>
public readonly record struct LeaseId(long Value)
{
    /// <summary>No lease: the key stays until it is deleted.</summary>
    public static LeaseId None => default;
}

/// <summary>Keys from <paramref name="Start"/> (included) to <paramref name="End"/> (excluded; null for just the one key).</summary>
/// <param name="Start">First key.</param>
/// <param name="End">First key past the range, or null.</param>
/// <param name="Limit">Most keys to return; 0 for all.</param>
/// <param name="CountOnly">Return the count without keys and values.</param>
public readonly record struct KeyRange(string Start, string? End = null, int Limit = 0, bool CountOnly = false)
{
    /// <summary>Just this key.</summary>
    public static KeyRange One(string key) => new(key);

    /// <summary>All keys that begin with this prefix, which must not be empty and must be ASCII.</summary>
    public static KeyRange Prefix(string prefix)
    {
        ArgumentException.ThrowIfNullOrEmpty(prefix);
        return new(prefix, string.Concat(prefix.AsSpan(0, prefix.Length - 1), [(char)(prefix[^1] + 1)]));
    }

    /// <summary>Whether a key lies in the range.</summary>
    public bool Contains(string key) =>
        End is null
            ? string.Equals(key, Start, StringComparison.Ordinal)
            : string.CompareOrdinal(key, Start) >= 0 && string.CompareOrdinal(key, End) < 0;
}

/// <summary>One key as stored.</summary>
/// <param name="Key">The key; ASCII.</param>
/// <param name="Value">Its value; the reader must not change the bytes.</param>
/// <param name="CreateRevision">Revision at which it came to be (again).</param>
/// <param name="ModifyRevision">Revision of its last put.</param>
/// <param name="Lease">The lease it lives under, or none.</param>
public sealed record KeyValue(string Key, ReadOnlyMemory<byte> Value, long CreateRevision, long ModifyRevision, LeaseId Lease);

/// <summary>What a range read saw.</summary>
/// <param name="Revision">Revision of the store at the read.</param>
/// <param name="Keys">The keys, in order, at most the limit; empty for a count.</param>
/// <param name="Count">How many keys the range holds, whatever the limit.</param>
public sealed record RangeResult(long Revision, IReadOnlyList<KeyValue> Keys, long Count)
{
    /// <summary>The first key, which of a read of one key is that key; null if there is none.</summary>
    public KeyValue? First => Keys.Count == 0 ? null : Keys[0];
}

/// <summary>Conditions, writes, then reads. At most 128 conditions, 128 writes and reads together, 128 reads otherwise, and 1 MiB of
/// values in all (etcd's limits are 128 and 1.5 MiB); more is an <see cref="ArgumentException"/>. See <see cref="KeyValueRules"/>.</summary>
public sealed record Transaction
{
    /// <summary>All must hold, or nothing is written.</summary>
    public IReadOnlyList<KeyCondition> Conditions { get; init; } = [];

    /// <summary>Carried out in order. No key may be put twice, or put and deleted: that is an <see cref="ArgumentException"/>.
    /// Values are copied before the call returns.</summary>
    public IReadOnlyList<KeyWrite> Writes { get; init; } = [];

    /// <summary>Answered after the writes when the conditions held.</summary>
    public IReadOnlyList<KeyRange> Reads { get; init; } = [];

    /// <summary>Answered when a condition did not hold.</summary>
    public IReadOnlyList<KeyRange> ReadsOtherwise { get; init; } = [];
}

/// <summary>A condition on one key: its <see cref="KeyValue.ModifyRevision"/> is the one given; 0 means that the key does not exist.</summary>
/// <param name="Key">The key.</param>
/// <param name="ModifyRevision">What it must be.</param>
public readonly record struct KeyCondition(string Key, long ModifyRevision)
{
    /// <summary>The key must not exist.</summary>
    public static KeyCondition Absent(string key) => new(key, 0);

    /// <summary>The key must be as it was read.</summary>
    /// <param name="key">The key.</param>
    /// <param name="seen">What was read of it; null if there was none.</param>
    public static KeyCondition Unchanged(string key, KeyValue? seen) => new(key, seen?.ModifyRevision ?? 0);

    /// <summary>Whether it holds of what was read of its key; null if there was none.</summary>
    public bool HoldsOf(KeyValue? seen) => (seen?.ModifyRevision ?? 0) == ModifyRevision;
}

/// <summary>A write: a put, or the deletion of a range.</summary>
public abstract record KeyWrite
{
    private KeyWrite()
    {
    }

    /// <summary>Sets a key, under a lease or under none. A lease that has ended makes the whole transaction throw <see cref="LeaseEnded"/>.</summary>
    public sealed record Put(string Key, ReadOnlyMemory<byte> Value, LeaseId Lease = default) : KeyWrite;

    /// <summary>Deletes every key of a range; its limit is ignored.</summary>
    public sealed record Delete(KeyRange Range) : KeyWrite;
}

/// <summary>The outcome of a transaction.</summary>
/// <param name="Succeeded">Whether the conditions held, so the writes were made.</param>
/// <param name="Revision">Revision of the store after it.</param>
/// <param name="Reads">Answers to the reads of the branch taken, in order.</param>
public sealed record TransactionResult(bool Succeeded, long Revision, IReadOnlyList<RangeResult> Reads);

/// <summary>One change of one key.</summary>
/// <param name="Key">The key.</param>
/// <param name="Value">The key as put, or null when it was deleted or its lease ended.</param>
/// <param name="Revision">Revision of the change. Changes of one transaction share it.</param>
public sealed record KeyChange(string Key, KeyValue? Value, long Revision);

/// <summary>A put named a lease that has ended; nothing was written.</summary>
public sealed class LeaseEnded(LeaseId lease) : Exception($"lease {lease.Value} has ended");

/// <summary>A watch asked for a revision that the store no longer keeps: read the range afresh and watch from there.</summary>
public sealed class RevisionCompacted(long revision) : Exception($"revision {revision} is no longer kept");
