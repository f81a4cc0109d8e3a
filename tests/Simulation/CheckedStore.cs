using Katanemimena.Core;

namespace Katanemimena.Tests.Simulation;

/// <summary>The store without faults, but checked: for what the world itself writes.</summary>
internal sealed class CheckedStore(SimWorld world) : IKeyValueStore
{
    public ValueTask<RangeResult> RangeAsync(KeyRange range, CancellationToken cancellation) => world.Store.RangeAsync(range, cancellation);

    public ValueTask<TransactionResult> TransactAsync(Transaction transaction, CancellationToken cancellation) => world.TransactAsync(transaction);

    public ValueTask<LeaseId> GrantLeaseAsync(TimeSpan timeToLive, CancellationToken cancellation) => world.Store.GrantLeaseAsync(timeToLive, cancellation);

    public ValueTask<bool> RenewLeaseAsync(LeaseId lease, CancellationToken cancellation) => world.Store.RenewLeaseAsync(lease, cancellation);

    public ValueTask RevokeLeaseAsync(LeaseId lease, CancellationToken cancellation) => world.Store.RevokeLeaseAsync(lease, cancellation);

    public IAsyncEnumerable<KeyChange> WatchAsync(KeyRange range, long fromRevision, CancellationToken cancellation) =>
        world.Store.WatchAsync(range, fromRevision, cancellation);
}
