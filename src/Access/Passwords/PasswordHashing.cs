using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.Options;

namespace Katanemimena.Access;

/// <summary>What a password turned out to be.</summary>
internal enum PasswordMatch
{
    /// <summary>Not the one.</summary>
    Wrong,

    /// <summary>The one.</summary>
    Right,

    /// <summary>The one, but its hash was made with weaker figures: store a new one.</summary>
    RightButOld,
}

/// <summary>Hashes passwords slowly: PBKDF2 with HMAC-SHA512, 220,000 rounds, a salt of 128 bits each.</summary>
/// <remarks>Format and code are the framework's (<see cref="PasswordHasher{TUser}"/>, version 3), which puts function, rounds and salt in front of
/// the hash. Figures: OWASP Password Storage Cheat Sheet, "PBKDF2". Instances that differ in the rounds
/// work together: each makes anew what is weaker than its own. Blocks its thread for the time of a hash, about a tenth of a second.</remarks>
public sealed class PasswordHashing
{
    /// <summary>Rounds unless said otherwise.</summary>
    public const int IterationsDefault = 220_000;

    private static readonly object s_noUser = new();

    private readonly PasswordHasher<object> _hasher;
    private readonly string _dummy;

    /// <summary>Makes a hasher, and the hash that unknown users are checked against: one hash's time.</summary>
    /// <param name="iterations">Rounds; 1 or more.</param>
    public PasswordHashing(int iterations)
    {
        _hasher = new PasswordHasher<object>(Options.Create(
            new PasswordHasherOptions { CompatibilityMode = PasswordHasherCompatibilityMode.IdentityV3, IterationCount = iterations }));
        _dummy = Hash(Secrets.NewText(Secrets.SecretBytes));
    }

    /// <summary>Hashes a new password with a salt of its own.</summary>
    internal string Hash(string password) => _hasher.HashPassword(s_noUser, password);

    /// <summary>Checks a password. Without a hash to check against it takes the same time, and is wrong.</summary>
    /// <param name="hash">The stored hash, or null for a user that is not.</param>
    /// <param name="password">As sent; one that can be nobody's, too long or garbled, takes the same time, and is wrong.</param>
    internal PasswordMatch Verify(string? hash, string password)
    {
        bool possible = hash is not null && password.Length <= PasswordRules.LengthMax && PasswordRules.IsText(password);
        PasswordVerificationResult result = _hasher.VerifyHashedPassword(s_noUser, possible ? hash! : _dummy, possible ? password : "");
        return !possible || result == PasswordVerificationResult.Failed ? PasswordMatch.Wrong
            : result == PasswordVerificationResult.SuccessRehashNeeded ? PasswordMatch.RightButOld
            : PasswordMatch.Right;
    }
}
