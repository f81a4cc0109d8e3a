using System.Security.Cryptography;
using Katanemimena.Core;
using Microsoft.IdentityModel.Tokens;

namespace Katanemimena.Access;

/// <summary>The signing keys as one instance knows them: which one signs, and the public ones to verify with.</summary>
/// <remarks>What was read is used for <see cref="AccessOptions.SigningKeyCacheTime"/>; a key id not known is looked for at most once in
/// <see cref="LookAgainAfter"/> once there is a first key, so tokens with made-up ids do not make a read each. Every method may throw <see cref="TransientFault"/>.</remarks>
public sealed class SigningKeys
{
    /// <summary>Least time between two reads for the sake of unknown key ids.</summary>
    internal static readonly TimeSpan LookAgainAfter = TimeSpan.FromSeconds(5);

    private readonly SigningKeyStore _store;
    private readonly AccessOptions _options;
    private readonly TimeProvider _time;
    private Snapshot? _known;

    internal SigningKeys(SigningKeyStore store, AccessOptions options, TimeProvider time) => (_store, _options, _time) = (store, options, time);

    /// <summary>The public key that verifies what is signed now, in PEM (SubjectPublicKeyInfo).</summary>
    public async ValueTask<string> PublicPemAsync(CancellationToken cancellation) => (await SigningKeyAsync(cancellation)).Stored.Key.PublicPem;

    /// <summary>All public keys that verify tokens, now or soon, as a JWK Set in JSON (RFC 7517, 5).</summary>
    public async ValueTask<string> KeySetAsync(CancellationToken cancellation) =>
        JsonWebKeySetDocument.Write((await KnownAsync(cancellation)).Keys.Values.Select(key => (key.Stored.Kid, key.Public.Rsa)));

    /// <summary>All keys, the newest first, as they are in the store now.</summary>
    public async ValueTask<IReadOnlyList<SigningKeyCard>> ListAsync(CancellationToken cancellation)
    {
        IReadOnlyList<VersionedSigningKey> keys = await _store.ReadAsync(cancellation);
        string? signing = _store.Signing(keys)?.Kid;
        return
        [
            .. keys.OrderByDescending(key => key.Key.SignsFrom).ThenByDescending(key => key.Kid, StringComparer.Ordinal)
                .Select(key => new SigningKeyCard(key.Kid, key.Key.Created, key.Key.SignsFrom, key.Kid == signing)),
        ];
    }

    /// <summary>Makes the next key when its time has come, and removes those whose last token has expired. For a timer; any number of instances may.</summary>
    public async ValueTask TendAsync(CancellationToken cancellation)
    {
        if (await _store.RotateAsync(early: false, cancellation) || await _store.RemoveExpiredAsync(cancellation) > 0)
        {
            Forget();
        }
    }

    /// <summary>Makes the next key now; it signs after <see cref="AccessOptions.SigningKeyLead"/>. Does nothing if one is waiting already.</summary>
    public async ValueTask RotateAsync(CancellationToken cancellation)
    {
        await _store.RotateAsync(early: true, cancellation);
        Forget();
    }

    /// <summary>Removes a key that others may have got hold of: every token that it signed is refused, by each instance once its cache is over.</summary>
    /// <returns>False if there is no such key.</returns>
    public async ValueTask<bool> RemoveAsync(string kid, CancellationToken cancellation)
    {
        bool found = (await _store.ReadAsync(cancellation)).Any(key => key.Kid == kid);
        if (found)
        {
            await _store.RemoveAsync(kid, cancellation);
        }

        Forget();
        return found;
    }

    /// <summary>Reads the keys anew at the next use.</summary>
    internal void Forget() => Volatile.Write(ref _known, null);

    /// <summary>The key that signs now; the first one is made here.</summary>
    /// <exception cref="PermanentFault">It cannot be decrypted.</exception>
    internal async ValueTask<KnownKey> SigningKeyAsync(CancellationToken cancellation)
    {
        while (true)
        {
            Snapshot known = await KnownAsync(cancellation);
            if (_store.Signing([.. known.Keys.Values.Select(key => key.Stored)]) is { } signing)
            {
                return known.Keys[signing.Kid];
            }

            await _store.RotateAsync(early: false, cancellation);
            await ReadAsync(cancellation);
        }
    }

    /// <summary>The private half of a key, decrypted once.</summary>
    internal SigningCredentials Credentials(KnownKey key) =>
        key.Credentials ??= new SigningCredentials(
            new RsaSecurityKey(_store.Decrypt(key.Stored)) { KeyId = key.Stored.Kid, CryptoProviderFactory = key.Public.CryptoProviderFactory },
            SecurityAlgorithms.RsaSha256);

    /// <summary>The public key of an id, or null if there is none.</summary>
    internal async ValueTask<RsaSecurityKey?> FindAsync(string kid, CancellationToken cancellation)
    {
        Snapshot known = await KnownAsync(cancellation);
        if (!known.Keys.ContainsKey(kid) && (known.Keys.Count == 0 || _time.GetUtcNow() - known.Read >= LookAgainAfter))
        {
            known = await ReadAsync(cancellation);
        }

        return known.Keys.GetValueOrDefault(kid)?.Public;
    }

    private async ValueTask<Snapshot> KnownAsync(CancellationToken cancellation) =>
        Volatile.Read(ref _known) is { } known && _time.GetUtcNow() - known.Read < _options.SigningKeyCacheTime ? known : await ReadAsync(cancellation);

    private async ValueTask<Snapshot> ReadAsync(CancellationToken cancellation)
    {
        DateTimeOffset now = _time.GetUtcNow();
        IReadOnlyDictionary<string, KnownKey>? old = Volatile.Read(ref _known)?.Keys;
        IReadOnlyList<VersionedSigningKey> stored = await _store.ReadAsync(cancellation);
        Snapshot known = new(now, stored.ToDictionary(key => key.Kid, key => old?.GetValueOrDefault(key.Kid) is { } same ? same with { Stored = key } : KnownKey.From(key)));
        Volatile.Write(ref _known, known);
        return known;
    }

    private sealed record Snapshot(DateTimeOffset Read, IReadOnlyDictionary<string, KnownKey> Keys);
}

/// <summary>What may be known of a signing key.</summary>
/// <param name="Id">Its <c>kid</c>.</param>
/// <param name="Created">When it was made.</param>
/// <param name="SignsFrom">From when it signs.</param>
/// <param name="Signs">Whether it is the one that signs now.</param>
public sealed record SigningKeyCard(string Id, DateTimeOffset Created, DateTimeOffset SignsFrom, bool Signs);

/// <summary>A key as the token library takes it.</summary>
/// <param name="Stored">The key as stored.</param>
/// <param name="Public">Its public half.</param>
internal sealed record KnownKey(VersionedSigningKey Stored, RsaSecurityKey Public)
{
    /// <summary>Its private half, once it was decrypted.</summary>
    internal SigningCredentials? Credentials { get; set; }

    /// <summary>Keys leave with their rotation, so nothing of them is kept in the library's own, process-wide cache.</summary>
    internal static KnownKey From(VersionedSigningKey stored)
    {
        var rsa = RSA.Create();
        rsa.ImportFromPem(stored.Key.PublicPem);
        CryptoProviderFactory factory = new() { CacheSignatureProviders = false };
        return new KnownKey(stored, new RsaSecurityKey(rsa) { KeyId = stored.Kid, CryptoProviderFactory = factory });
    }
}
