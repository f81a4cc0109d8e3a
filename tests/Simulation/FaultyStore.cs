using System.Runtime.CompilerServices;
using Katanemimena.Core;

namespace Katanemimena.Tests.Simulation;

/// <summary>The store as one process reaches it: answers are late, lost, or faults, and the process may die around any call.</summary>
internal sealed class FaultyStore(IKeyValueStore store, SimProcess process, SimWorld world) : IKeyValueStore
{
    public ValueTask<RangeResult> RangeAsync(KeyRange range, CancellationToken cancellation) =>
        CountedAsync(() => store.RangeAsync(range, CancellationToken.None), writes: false, cancellation);

    public ValueTask<TransactionResult> TransactAsync(Transaction transaction, CancellationToken cancellation) =>
        CountedAsync(() => world.TransactAsync(transaction), transaction.Writes.Count > 0, cancellation);

    public ValueTask<LeaseId> GrantLeaseAsync(TimeSpan timeToLive, CancellationToken cancellation) =>
        CallAsync(() => store.GrantLeaseAsync(timeToLive, CancellationToken.None), writes: false, cancellation);

    public ValueTask<bool> RenewLeaseAsync(LeaseId lease, CancellationToken cancellation) =>
        CallAsync(() => store.RenewLeaseAsync(lease, CancellationToken.None), writes: false, cancellation);

    public async ValueTask RevokeLeaseAsync(LeaseId lease, CancellationToken cancellation) =>
        await CallAsync(
            async () =>
            {
                await store.RevokeLeaseAsync(lease, CancellationToken.None);
                return true;
            },
            writes: false,
            cancellation);

    public async IAsyncEnumerable<KeyChange> WatchAsync(KeyRange range, long fromRevision, [EnumeratorCancellation] CancellationToken cancellation)
    {
        await foreach (KeyChange change in store.WatchAsync(range, fromRevision, cancellation))
        {
            if (world.Happens(world.Chaos.StoreFails))
            {
                throw new TransientFault("the watch broke off");
            }

            if (world.Happens(world.Chaos.WatchLate))
            {
                await Task.Delay(TimeSpan.FromMilliseconds(world.Random.Next(30_000)), world.Clock, cancellation);
            }

            yield return change;
        }
    }

    private ValueTask<T> CountedAsync<T>(Func<ValueTask<T>> call, bool writes, CancellationToken cancellation)
    {
        world.Count(process);
        return CallAsync(call, writes, cancellation);
    }

    private async ValueTask<T> CallAsync<T>(Func<ValueTask<T>> call, bool writes, CancellationToken cancellation)
    {
        await Task.Yield();
        cancellation.ThrowIfCancellationRequested();
        Fail(world.Chaos.StoreFails, "the store cannot be reached");
        if (writes && world.Happens(world.Chaos.StoreLate))
        {
            world.DoLater(async () => await call());
            throw new TransientFault("the store did not answer in time");
        }

        await world.MayCrashAsync(process);
        T answer = await call();
        await world.MayCrashAsync(process);
        Fail(world.Chaos.StoreAnswerLost, "the store's answer was lost");
        return answer;
    }

    private void Fail(double rate, string message)
    {
        if (world.Happens(rate))
        {
            throw new TransientFault(message);
        }
    }
}
