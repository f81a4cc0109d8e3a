using Katanemimena.Core;

namespace Katanemimena.Tests.Unit.Service.Datafiles;

/// <summary>A store that can no longer be reached after some writes.</summary>
/// <param name="store">The store.</param>
/// <param name="writesMade">Transactions with writes that are carried out.</param>
/// <param name="answers">Those of them that are answered; by default all.</param>
internal sealed class DyingStore(IKeyValueStore store, int writesMade, int answers = int.MaxValue) : IKeyValueStore
{
    private int _writes;

    public ValueTask<RangeResult> RangeAsync(KeyRange range, CancellationToken cancellation) => store.RangeAsync(range, cancellation);

    public async ValueTask<TransactionResult> TransactAsync(Transaction transaction, CancellationToken cancellation)
    {
        if (transaction.Writes.Count > 0 && ++_writes > writesMade)
        {
            throw new TransientFault("the store is gone");
        }

        TransactionResult result = await store.TransactAsync(transaction, cancellation);
        return _writes > answers ? throw new TransientFault("the answer is lost") : result;
    }

    public ValueTask<LeaseId> GrantLeaseAsync(TimeSpan timeToLive, CancellationToken cancellation) => store.GrantLeaseAsync(timeToLive, cancellation);

    public ValueTask<bool> RenewLeaseAsync(LeaseId lease, CancellationToken cancellation) => store.RenewLeaseAsync(lease, cancellation);

    public ValueTask RevokeLeaseAsync(LeaseId lease, CancellationToken cancellation) => store.RevokeLeaseAsync(lease, cancellation);

    public IAsyncEnumerable<KeyChange> WatchAsync(KeyRange range, long fromRevision, CancellationToken cancellation) => store.WatchAsync(range, fromRevision, cancellation);
}
