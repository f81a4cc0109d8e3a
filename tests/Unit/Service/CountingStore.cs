using Katanemimena.Core;

namespace Katanemimena.Tests.Unit.Service;

/// <summary>The store, which counts what it is asked for.</summary>
internal sealed class CountingStore(IKeyValueStore store) : IKeyValueStore
{
    private long _calls;
    private long _keys;

    /// <summary>Ranges and transactions so far.</summary>
    internal long Calls => Interlocked.Read(ref _calls);

    /// <summary>Keys that came back from them.</summary>
    internal long Keys => Interlocked.Read(ref _keys);

    public async ValueTask<RangeResult> RangeAsync(KeyRange range, CancellationToken cancellation)
    {
        RangeResult result = await store.RangeAsync(range, cancellation);
        Count([result]);
        return result;
    }

    public async ValueTask<TransactionResult> TransactAsync(Transaction transaction, CancellationToken cancellation)
    {
        TransactionResult result = await store.TransactAsync(transaction, cancellation);
        Count(result.Reads);
        return result;
    }

    public ValueTask<LeaseId> GrantLeaseAsync(TimeSpan timeToLive, CancellationToken cancellation) => store.GrantLeaseAsync(timeToLive, cancellation);

    public ValueTask<bool> RenewLeaseAsync(LeaseId lease, CancellationToken cancellation) => store.RenewLeaseAsync(lease, cancellation);

    public ValueTask RevokeLeaseAsync(LeaseId lease, CancellationToken cancellation) => store.RevokeLeaseAsync(lease, cancellation);

    public IAsyncEnumerable<KeyChange> WatchAsync(KeyRange range, long fromRevision, CancellationToken cancellation) => store.WatchAsync(range, fromRevision, cancellation);

    private void Count(IEnumerable<RangeResult> reads)
    {
        Interlocked.Increment(ref _calls);
        Interlocked.Add(ref _keys, reads.Sum(read => read.Keys.Count));
    }
}
