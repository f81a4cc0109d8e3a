using Katanemimena.Core;

namespace Katanemimena.Access;

/// <summary>The records of service tokens, each written together with the promise that its signing key stays.</summary>
internal sealed class ServiceTokenStore(IKeyValueStore store, SigningKeys keys, TokenIssuer issuer, TimeProvider time)
{
    /// <summary>Mints a token for a user, if user and key are unchanged at the write.</summary>
    /// <returns>The token, or null if one was changed: read the user anew.</returns>
    internal async ValueTask<ServiceTokenResult?> TryMintAsync(
        VersionedUser owner, string mintedBy, TimeSpan lifetime, string note, CancellationToken cancellation)
    {
        KnownKey key = await keys.SigningKeyAsync(cancellation);
        RangeResult found = await store.RangeAsync(KeyRange.One(AccessKeys.SigningKey(key.Stored.Kid)), cancellation);
        if (found.Keys.Count == 0)
        {
            keys.Forget();
            return null;
        }

        var stored = VersionedSigningKey.From(found.Keys[0]);
        var id = ServiceTokenId.New(owner.Name);
        IssuedToken token = issuer.Service(key, owner.Name, id.ToString(), lifetime);
        StoredService service = new(mintedBy, note, time.GetUtcNow(), token.Expires);
        StoredSigningKey kept = stored.Key with { ServicesUntil = stored.Key.ServicesUntil > token.Expires ? stored.Key.ServicesUntil : token.Expires };
        TransactionResult result = await store.TransactAsync(
            new Transaction
            {
                Conditions = [owner.Unchanged, stored.Unchanged, KeyCondition.Absent(id.Key)],
                Writes =
                [
                    new KeyWrite.Put(id.Key, AccessDocuments.Write(service, AccessDocuments.Default.StoredService)),
                    new KeyWrite.Put(AccessKeys.SigningKey(stored.Kid), AccessDocuments.Write(kept, AccessDocuments.Default.StoredSigningKey)),
                ],
            },
            cancellation);
        return result.Succeeded ? new ServiceTokenResult(ServiceTokenOutcome.Minted, token, Card(id, service)) : null;
    }

    internal async ValueTask<IReadOnlyList<ServiceTokenCard>> ListAsync(string? user, CancellationToken cancellation)
    {
        RangeResult found = await store.RangeAsync(KeyRange.Prefix(user is null ? AccessKeys.Services : AccessKeys.ServicesOf(user)), cancellation);
        DateTimeOffset now = time.GetUtcNow();
        return [.. found.Keys.Select(ToCard).Where(card => card.Expires > now)];
    }

    internal async ValueTask<bool> ExistsAsync(ServiceTokenId id, CancellationToken cancellation) =>
        (await store.RangeAsync(KeyRange.One(id.Key), cancellation)).Count > 0;

    internal async ValueTask<bool> RevokeAsync(ServiceTokenId id, CancellationToken cancellation)
    {
        while ((await store.RangeAsync(KeyRange.One(id.Key), cancellation)).Keys is [var stored])
        {
            TransactionResult result = await store.TransactAsync(
                new Transaction
                {
                    Conditions = [new KeyCondition(id.Key, stored.ModifyRevision)],
                    Writes = [new KeyWrite.Delete(KeyRange.One(id.Key))],
                },
                cancellation);
            if (result.Succeeded)
            {
                return true;
            }
        }

        return false;
    }

    private static ServiceTokenCard ToCard(KeyValue key)
    {
        string[] names = key.Key[AccessKeys.Services.Length..].Split('/', 2);
        return Card(new ServiceTokenId(names[0], names[1]), AccessDocuments.Read(key, AccessDocuments.Default.StoredService));
    }

    private static ServiceTokenCard Card(ServiceTokenId id, StoredService service) =>
        new(id.ToString(), id.User, service.MintedBy, service.Note, service.Minted, service.Expires);
}

/// <summary>A service token as stored: that it is, not what it is.</summary>
internal sealed record StoredService(string MintedBy, string Note, DateTimeOffset Minted, DateTimeOffset Expires);
