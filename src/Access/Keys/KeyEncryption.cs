using System.Security.Cryptography;
using System.Text;
using Katanemimena.Core;

namespace Katanemimena.Access;

/// <summary>A secret encrypted at rest.</summary>
/// <param name="Under">Which key-encryption key it needs: a digest of it, to tell keys apart by.</param>
/// <param name="Nonce">96 random bits, never used twice.</param>
/// <param name="Ciphertext">The encrypted secret.</param>
/// <param name="Tag">128 bits that vouch for all of it.</param>
internal sealed record EncryptedSecret(string Under, byte[] Nonce, byte[] Ciphertext, byte[] Tag)
{
    private bool PrintMembers(StringBuilder text)
    {
        text.Append(nameof(Under)).Append(" = ").Append(Under);
        return true;
    }
}

/// <summary>Encrypts the private keys before they go into the store: AES-256-GCM under a key that is never in the store.</summary>
/// <remarks>NIST SP 800-38D. What a secret is for is bound into its tag, so one secret cannot be put in another's place.
/// All instances need the same key. Prints as its type's name.</remarks>
public sealed class KeyEncryption
{
    /// <summary>Size of the key-encryption key.</summary>
    public const int KeyBytes = 32;

    private const int NonceBytes = 12;
    private const int TagBytes = 16;

    private readonly byte[] _key;
    private readonly string _name;

    /// <summary>Takes a key of <see cref="KeyBytes"/> bytes; it is copied.</summary>
    public KeyEncryption(ReadOnlySpan<byte> key)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(key.Length, KeyBytes);
        _key = key.ToArray();
        _name = Convert.ToHexStringLower(HMACSHA256.HashData(_key, "katanemimena key-encryption key"u8).AsSpan(0, 8));
    }

    /// <summary>Encrypts a secret for one purpose.</summary>
    internal EncryptedSecret Encrypt(ReadOnlySpan<byte> secret, string purpose)
    {
        byte[] nonce = RandomNumberGenerator.GetBytes(NonceBytes);
        byte[] ciphertext = new byte[secret.Length];
        byte[] tag = new byte[TagBytes];
        using AesGcm aes = new(_key, TagBytes);
        aes.Encrypt(nonce, secret, ciphertext, tag, Encoding.UTF8.GetBytes(purpose));
        return new EncryptedSecret(_name, nonce, ciphertext, tag);
    }

    /// <summary>Decrypts a secret.</summary>
    /// <exception cref="PermanentFault">It was encrypted under another key, for another purpose, or it was changed.</exception>
    internal byte[] Decrypt(EncryptedSecret encrypted, string purpose)
    {
        if (encrypted.Under != _name)
        {
            throw new PermanentFault($"{purpose} was encrypted under another key-encryption key than the one configured: give all instances the same, or remove it");
        }

        byte[] secret = new byte[encrypted.Ciphertext.Length];
        try
        {
            using AesGcm aes = new(_key, TagBytes);
            aes.Decrypt(encrypted.Nonce, encrypted.Ciphertext, encrypted.Tag, secret, Encoding.UTF8.GetBytes(purpose));
            return secret;
        }
        catch (Exception e) when (e is CryptographicException or ArgumentException)
        {
            throw new PermanentFault($"{purpose} was changed in the store, or stored for something else");
        }
    }
}
