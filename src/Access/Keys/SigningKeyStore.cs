using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using Katanemimena.Core;

namespace Katanemimena.Access;

/// <summary>Makes, rotates and removes signing keys, by any number of instances at once.</summary>
internal sealed class SigningKeyStore(IKeyValueStore store, KeyEncryption encryption, AccessOptions options, TimeProvider time)
{
    private readonly SigningKeySchedule _schedule = new(options);

    /// <summary>The key that signs now, of those given; null if none does.</summary>
    internal VersionedSigningKey? Signing(IReadOnlyCollection<VersionedSigningKey> keys) => _schedule.Signing(keys, time.GetUtcNow());

    /// <summary>Where new keys come from; tests put ready-made ones here.</summary>
    internal Func<RSA> NewKey { get; init; } = () => RSA.Create(options.SigningKeyBits);

    internal async ValueTask<IReadOnlyList<VersionedSigningKey>> ReadAsync(CancellationToken cancellation) =>
        ToKeys(await store.RangeAsync(KeyRange.Prefix(AccessKeys.SigningKeys), cancellation));

    /// <summary>Makes the next key if it is time to. Of instances that do so at once, one makes it and the others find it.</summary>
    /// <param name="early">Make it though the present one's time is not over.</param>
    /// <param name="cancellation">It may have been made all the same.</param>
    /// <returns>Whether this call made one.</returns>
    internal async ValueTask<bool> RotateAsync(bool early, CancellationToken cancellation)
    {
        IReadOnlyList<RangeResult> found = (await store.TransactAsync(
            new Transaction { Reads = [KeyRange.Prefix(AccessKeys.SigningKeys), KeyRange.One(AccessKeys.SigningKeySequence)] }, cancellation)).Reads;
        if (_schedule.NextSignsFrom(ToKeys(found[0]), time.GetUtcNow(), early) is not { } signsFrom)
        {
            return false;
        }

        using RSA rsa = NewKey();
        string kid = Kid(rsa);
        KeyValue? sequence = found[1].First;
        TransactionResult result = await store.TransactAsync(
            new Transaction
            {
                Conditions = [KeyCondition.Unchanged(AccessKeys.SigningKeySequence, sequence), KeyCondition.Absent(AccessKeys.SigningKey(kid))],
                Writes =
                [
                    new KeyWrite.Put(AccessKeys.SigningKeySequence, StoreCounter.Next(sequence)),
                    new KeyWrite.Put(AccessKeys.SigningKey(kid), AccessDocuments.Write(Encrypt(rsa, kid, signsFrom), AccessDocuments.Default.StoredSigningKey)),
                ],
            },
            cancellation);
        return result.Succeeded;
    }

    /// <summary>Removes the keys of which no token can be valid any more, unless one is changed meanwhile.</summary>
    internal async ValueTask<int> RemoveExpiredAsync(CancellationToken cancellation)
    {
        int removed = 0;
        foreach (VersionedSigningKey key in _schedule.Expired(await ReadAsync(cancellation), time.GetUtcNow()))
        {
            TransactionResult result = await store.TransactAsync(
                new Transaction { Conditions = [key.Unchanged], Writes = [new KeyWrite.Delete(KeyRange.One(AccessKeys.SigningKey(key.Kid)))] }, cancellation);
            removed += result.Succeeded ? 1 : 0;
        }

        return removed;
    }

    /// <summary>Removes a key at once, whatever it signed.</summary>
    internal async ValueTask RemoveAsync(string kid, CancellationToken cancellation) =>
        await store.TransactAsync(new Transaction { Writes = [new KeyWrite.Delete(KeyRange.One(AccessKeys.SigningKey(kid)))] }, cancellation);

    /// <summary>The private half.</summary>
    /// <exception cref="PermanentFault">It cannot be decrypted.</exception>
    internal RSA Decrypt(VersionedSigningKey key)
    {
        byte[] secret = encryption.Decrypt(key.Key.PrivateKey, Purpose(key.Kid));
        try
        {
            var rsa = RSA.Create();
            rsa.ImportPkcs8PrivateKey(secret, out _);
            return rsa;
        }
        finally
        {
            CryptographicOperations.ZeroMemory(secret);
        }
    }

    /// <summary>The thumbprint of the public key (RFC 7638): the same key has the same id everywhere, and no other has it.</summary>
    internal static string Kid(RSA rsa)
    {
        RSAParameters key = rsa.ExportParameters(includePrivateParameters: false);
        string canonical = $$"""{"e":"{{Base64Url.EncodeToString(key.Exponent)}}","kty":"RSA","n":"{{Base64Url.EncodeToString(key.Modulus)}}"}""";
        return Base64Url.EncodeToString(SHA256.HashData(Encoding.ASCII.GetBytes(canonical)));
    }

    private StoredSigningKey Encrypt(RSA rsa, string kid, DateTimeOffset signsFrom)
    {
        byte[] secret = rsa.ExportPkcs8PrivateKey();
        try
        {
            return new StoredSigningKey
            {
                PublicPem = rsa.ExportSubjectPublicKeyInfoPem(),
                PrivateKey = encryption.Encrypt(secret, Purpose(kid)),
                Created = time.GetUtcNow(),
                SignsFrom = signsFrom,
            };
        }
        finally
        {
            CryptographicOperations.ZeroMemory(secret);
        }
    }

    private static IReadOnlyList<VersionedSigningKey> ToKeys(RangeResult found) => [.. found.Keys.Select(VersionedSigningKey.From)];

    private static string Purpose(string kid) => $"signing key {kid}";
}
