using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace Katanemimena.Access;

/// <summary>Random secrets, and the hashes that stand for them in the store.</summary>
/// <remarks>A plain SHA-256 is enough for a secret of 256 random bits: there is nothing to guess. Passwords go through <see cref="PasswordHashing"/>.</remarks>
internal static class Secrets
{
    /// <summary>Size of a secret: 256 bits.</summary>
    internal const int SecretBytes = 32;

    /// <summary>Size of an id that must not be guessed or met twice: 128 bits.</summary>
    internal const int IdBytes = 16;

    /// <summary>What is shown in place of a secret.</summary>
    internal const string Hidden = "***";

    /// <summary>Fresh random bytes in base64url.</summary>
    internal static string NewText(int bytes) => Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(bytes));

    /// <summary>SHA-256 of a text's UTF-8, in base64url.</summary>
    internal static string Hash(string secret) => Base64Url.EncodeToString(SHA256.HashData(Encoding.UTF8.GetBytes(secret)));

    /// <summary>Whether two hashes are equal, in a time that does not tell where they differ.</summary>
    internal static bool AreEqual(string left, string right) =>
        CryptographicOperations.FixedTimeEquals(Encoding.ASCII.GetBytes(left), Encoding.ASCII.GetBytes(right));
}
