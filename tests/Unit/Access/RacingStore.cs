using Katanemimena.Core;

namespace Katanemimena.Tests.Unit.Access;

/// <summary>The store, with a place between reading and writing where another instance can be quicker.</summary>
internal sealed class RacingStore(IKeyValueStore store) : IKeyValueStore
{
    /// <summary>Done once, just before the next transaction that writes.</summary>
    internal Func<Task>? BeforeNextWrite { get; set; }

    /// <summary>Range reads so far.</summary>
    internal int Reads { get; private set; }

    /// <summary>Transactions with writes so far.</summary>
    internal int Writes { get; private set; }

    public ValueTask<RangeResult> RangeAsync(KeyRange range, CancellationToken cancellation)
    {
        Reads++;
        return store.RangeAsync(range, cancellation);
    }

    public async ValueTask<TransactionResult> TransactAsync(Transaction transaction, CancellationToken cancellation)
    {
        if (transaction.Writes.Count > 0)
        {
            Writes++;
            if (BeforeNextWrite is { } first)
            {
                BeforeNextWrite = null;
                await first();
            }
        }

        return await store.TransactAsync(transaction, cancellation);
    }

    public ValueTask<LeaseId> GrantLeaseAsync(TimeSpan timeToLive, CancellationToken cancellation) => store.GrantLeaseAsync(timeToLive, cancellation);

    public ValueTask<bool> RenewLeaseAsync(LeaseId lease, CancellationToken cancellation) => store.RenewLeaseAsync(lease, cancellation);

    public ValueTask RevokeLeaseAsync(LeaseId lease, CancellationToken cancellation) => store.RevokeLeaseAsync(lease, cancellation);

    public IAsyncEnumerable<KeyChange> WatchAsync(KeyRange range, long fromRevision, CancellationToken cancellation) =>
        store.WatchAsync(range, fromRevision, cancellation);
}
