using Katanemimena.Core;

namespace Katanemimena.Access;

/// <summary>Takes what is over out of the store: sessions, service tokens, signing keys; and makes the next signing key in time.</summary>
/// <remarks>For a timer, on any number of instances, every minute or so and at least twice in <see cref="AccessOptions.SigningKeyLead"/>.
/// Nothing is let in for want of sweeping: what is over is refused before.</remarks>
public sealed class AccessSweeper
{
    private const int PageMax = 500;

    private readonly IKeyValueStore _store;
    private readonly SigningKeys _keys;
    private readonly TimeProvider _time;

    internal AccessSweeper(IKeyValueStore store, SigningKeys keys, TimeProvider time) => (_store, _keys, _time) = (store, keys, time);

    /// <summary>Sweeps once.</summary>
    /// <returns>Sessions and service tokens taken out.</returns>
    public async ValueTask<int> SweepAsync(CancellationToken cancellation)
    {
        await _keys.TendAsync(cancellation);
        DateTimeOffset now = _time.GetUtcNow();
        return await SweepAsync(AccessKeys.Refresh, key => AccessDocuments.Read(key, AccessDocuments.Default.StoredSession).Expires <= now, cancellation)
            + await SweepAsync(AccessKeys.Services, key => AccessDocuments.Read(key, AccessDocuments.Default.StoredService).Expires <= now, cancellation);
    }

    private async ValueTask<int> SweepAsync(string prefix, Func<KeyValue, bool> isOver, CancellationToken cancellation)
    {
        int swept = 0;
        KeyRange page = KeyRange.Prefix(prefix) with { Limit = PageMax };
        while ((await _store.RangeAsync(page, cancellation)).Keys is { Count: > 0 } keys)
        {
            foreach (KeyValue key in keys.Where(isOver))
            {
                // One by one and only as it was read: a session may be refreshed meanwhile.
                TransactionResult result = await _store.TransactAsync(
                    new Transaction
                    {
                        Conditions = [new KeyCondition(key.Key, key.ModifyRevision)],
                        Writes = [new KeyWrite.Delete(KeyRange.One(key.Key))],
                    },
                    cancellation);
                swept += result.Succeeded ? 1 : 0;
            }

            page = page with { Start = keys[^1].Key + "\0" };
        }

        return swept;
    }
}
