using Katanemimena.Core;

namespace Katanemimena.Access;

/// <summary>How long things last and how much there may be. The defaults are the figures of <c>docs/security.md</c>; all instances must have the same.</summary>
public sealed record AccessOptions
{
    /// <summary>Who issues the tokens (<c>iss</c>, RFC 7519, 4.1.1). Default <c>katanemimena</c>.</summary>
    public string Issuer { get; init; } = "katanemimena";

    /// <summary>Whom the tokens are for (<c>aud</c>, RFC 7519, 4.1.3). Default <c>katanemimena-api</c>.</summary>
    public string Audience { get; init; } = "katanemimena-api";

    /// <summary>Life of an access token. Default 15 minutes; 1 minute to 1 hour.</summary>
    public TimeSpan AccessTokenLifetime { get; init; } = TimeSpan.FromMinutes(15);

    /// <summary>How far the clocks of instances may differ. Default 30 s; at most 5 minutes.</summary>
    public TimeSpan ClockSkew { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How long an instance goes on with what it read of an account, so how late a disabled user is refused. Default 5 s; at most 1 minute.</summary>
    public TimeSpan UserCacheTime { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How long a session lasts unused. Default 7 days.</summary>
    public TimeSpan SessionIdleMax { get; init; } = TimeSpan.FromDays(7);

    /// <summary>How long a session lasts at all; not less than <see cref="SessionIdleMax"/>. Default 30 days.</summary>
    public TimeSpan SessionAgeMax { get; init; } = TimeSpan.FromDays(30);

    /// <summary>Sessions a user may have; a further one ends the oldest. Default 32; 1 to 100.</summary>
    public int SessionsMax { get; init; } = 32;

    /// <summary>Longest life of a service token. Default 366 days; at most 5 years.</summary>
    public TimeSpan ServiceTokenLifetimeMax { get; init; } = TimeSpan.FromDays(366);

    /// <summary>How long one key signs. Default 30 days; more than <see cref="SigningKeyLead"/>.</summary>
    public TimeSpan SigningKeyPeriod { get; init; } = TimeSpan.FromDays(30);

    /// <summary>How long before it signs a key is made, so that every instance has read it. Default 10 minutes; at least twice the <see cref="SigningKeyCacheTime"/>.</summary>
    public TimeSpan SigningKeyLead { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>How long an instance goes on with the signing keys it read. Default 1 minute.</summary>
    public TimeSpan SigningKeyCacheTime { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>Size of new signing keys. Default 2048 bits, the least that RFC 7518, 3.3, allows; at most 8192.</summary>
    public int SigningKeyBits { get; init; } = 2048;

    /// <summary>Rounds of PBKDF2-HMAC-SHA512. Default 220,000 (OWASP Password Storage Cheat Sheet); fewer only for tests.</summary>
    public int PasswordIterations { get; init; } = PasswordHashing.IterationsDefault;

    /// <summary>Passwords hashed at once by one instance. Default: half as many as it has processors, at least one. Sixteen times as many may wait; the rest are told to come back.</summary>
    public int PasswordHashesAtOnceMax { get; init; } = Math.Max(1, Environment.ProcessorCount / 2);

    /// <summary>Addresses, and unknown user names, whose failures one instance remembers. Default 10,000 each; the longest quiet is forgotten first.</summary>
    public int RememberedMax { get; init; } = 10_000;

    /// <summary>Checks that the figures make sense together.</summary>
    /// <exception cref="PermanentFault">One does not; the message names it and its range.</exception>
    public void Check()
    {
        Require(Issuer.Length > 0, "the issuer must not be empty");
        Require(Audience.Length > 0, "the audience must not be empty");
        Require(Within(AccessTokenLifetime, TimeSpan.FromMinutes(1), TimeSpan.FromHours(1)), "the life of access tokens must be 1 minute to 1 hour");
        Require(Within(ClockSkew, TimeSpan.Zero, TimeSpan.FromMinutes(5)), "the clock skew must be at most 5 minutes");
        Require(Within(UserCacheTime, TimeSpan.Zero, TimeSpan.FromMinutes(1)), "accounts may be cached for at most 1 minute");
        Require(Within(SessionIdleMax, TimeSpan.FromMinutes(1), SessionAgeMax), "a session must last 1 minute or more unused, and not more than it lasts at all");
        Require(SessionsMax is >= 1 and <= 100, "sessions per user must be 1 to 100");
        Require(Within(ServiceTokenLifetimeMax, TimeSpan.FromMinutes(1), TimeSpan.FromDays(5 * 366)), "service tokens must last 1 minute to 5 years");
        Require(SigningKeyCacheTime > TimeSpan.Zero && SigningKeyLead >= 2 * SigningKeyCacheTime, "a signing key must be made at least two cache times before it signs");
        Require(SigningKeyPeriod > SigningKeyLead, "a signing key must sign for longer than it is made ahead");
        Require(SigningKeyBits is >= 2048 and <= 8192, "signing keys must have 2048 to 8192 bits");
        Require(PasswordIterations >= 1 && PasswordHashesAtOnceMax >= 1 && RememberedMax >= 1, "iterations, hashes at once and remembered addresses must be 1 or more");
    }

    private static bool Within(TimeSpan time, TimeSpan least, TimeSpan most) => time >= least && time <= most;

    private static void Require(bool holds, string what)
    {
        if (!holds)
        {
            throw new PermanentFault($"access options: {what}");
        }
    }
}
