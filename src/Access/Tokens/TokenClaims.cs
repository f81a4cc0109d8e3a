namespace Katanemimena.Access;

/// <summary>What tokens are called and carry. Two kinds, told apart by <c>typ</c> so that one is never taken for the other (RFC 8725, 3.11).</summary>
public static class TokenClaims
{
    /// <summary><c>typ</c> of access tokens (RFC 9068, 2.1).</summary>
    public const string AccessType = "at+jwt";

    /// <summary><c>typ</c> of service tokens.</summary>
    public const string ServiceType = "service+jwt";

    /// <summary>The role, <c>user</c> or <c>admin</c>; access tokens only.</summary>
    public const string Role = "role";

    /// <summary>The account's version when the token was issued; access tokens only.</summary>
    public const string Version = "version";

    /// <summary>What a service token is good for (RFC 8693, 4.2).</summary>
    public const string Scope = "scope";

    /// <summary>The one scope: submitting jobs.</summary>
    public const string SubmitScope = "jobs:submit";

    internal static string Text(UserRole role) => role == UserRole.Admin ? "admin" : "user";
}

/// <summary>Whom an access token stands for.</summary>
/// <param name="Name">The user (<c>sub</c>).</param>
/// <param name="Role">What they may do.</param>
/// <param name="TokenId">The token's id (<c>jti</c>): for logs.</param>
/// <param name="Expires">When it ends.</param>
public sealed record AccessIdentity(string Name, UserRole Role, string TokenId, DateTimeOffset Expires)
{
    /// <summary>The account's <see cref="UserAccount.Version"/> that the token carries; null if no token was read.</summary>
    public string? Version { get; init; }
}

/// <summary>Whom a service token stands for: someone who may submit jobs as a user, and nothing else.</summary>
/// <param name="Name">The user that the jobs belong to (<c>sub</c>).</param>
/// <param name="TokenId">The token's id (<c>jti</c>).</param>
/// <param name="Expires">When it ends.</param>
public sealed record ServiceIdentity(string Name, string TokenId, DateTimeOffset Expires);

/// <summary>Why a token is refused. For logs, metrics and tests; to the caller all of them are <c>invalid_token</c> (RFC 6750, 3.1).</summary>
public enum TokenRefusal
{
    /// <summary>It is no signed token in compact form, too long, or lacks a claim.</summary>
    Malformed,

    /// <summary><c>typ</c> is another: a token of another kind.</summary>
    WrongType,

    /// <summary><c>alg</c> is not RS256.</summary>
    WrongAlgorithm,

    /// <summary>The header asks for an extension that must be understood (<c>crit</c>; RFC 7515, 4.1.11).</summary>
    UnknownExtension,

    /// <summary>No key has its <c>kid</c>: it was rotated away, or is not ours.</summary>
    UnknownKey,

    /// <summary>The key did not sign this.</summary>
    WrongSignature,

    /// <summary>Another issued it.</summary>
    WrongIssuer,

    /// <summary>It is for another.</summary>
    WrongAudience,

    /// <summary>Its time is to come.</summary>
    NotYetValid,

    /// <summary>Its time is over.</summary>
    Expired,

    /// <summary>Its user is no more.</summary>
    UserDeleted,

    /// <summary>Its user is shut out.</summary>
    UserDisabled,

    /// <summary>Its user's password or role is another by now, or the user was deleted and made anew.</summary>
    UserChanged,

    /// <summary>It was revoked by its id.</summary>
    Revoked,

    /// <summary>It is not good for this.</summary>
    WrongScope,
}

/// <summary>What a token turned out to be.</summary>
/// <typeparam name="T">The kind of identity.</typeparam>
/// <param name="Identity">Whom it stands for; null if it is refused.</param>
/// <param name="Refusal">Why it is refused; null if it is not.</param>
public readonly record struct TokenVerdict<T>(T? Identity, TokenRefusal? Refusal)
    where T : class
{
    internal static TokenVerdict<T> Good(T identity) => new(identity, null);

    internal static TokenVerdict<T> Bad(TokenRefusal refusal) => new(null, refusal);
}
