using Katanemimena.Core;

namespace Katanemimena.Tests.Unit.Service.Jobs;

/// <summary>The store, with something that happens wholly before one of the calls.</summary>
/// <param name="store">The store.</param>
/// <param name="call">Which call, from 1.</param>
/// <param name="happens">What happens; it may call this store too.</param>
internal sealed class InterruptedStore(IKeyValueStore store, int call, Func<Task> happens) : IKeyValueStore
{
    private int _calls;

    /// <summary>Whether there were so many calls that it happened.</summary>
    internal bool Happened { get; private set; }

    public async ValueTask<RangeResult> RangeAsync(KeyRange range, CancellationToken cancellation)
    {
        await ComeAsync();
        return await store.RangeAsync(range, cancellation);
    }

    public async ValueTask<TransactionResult> TransactAsync(Transaction transaction, CancellationToken cancellation)
    {
        await ComeAsync();
        return await store.TransactAsync(transaction, cancellation);
    }

    public ValueTask<LeaseId> GrantLeaseAsync(TimeSpan timeToLive, CancellationToken cancellation) => store.GrantLeaseAsync(timeToLive, cancellation);

    public ValueTask<bool> RenewLeaseAsync(LeaseId lease, CancellationToken cancellation) => store.RenewLeaseAsync(lease, cancellation);

    public ValueTask RevokeLeaseAsync(LeaseId lease, CancellationToken cancellation) => store.RevokeLeaseAsync(lease, cancellation);

    public IAsyncEnumerable<KeyChange> WatchAsync(KeyRange range, long fromRevision, CancellationToken cancellation) => store.WatchAsync(range, fromRevision, cancellation);

    private async Task ComeAsync()
    {
        if (++_calls == call)
        {
            Happened = true;
            await happens();
        }
    }
}
