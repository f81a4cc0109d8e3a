using System.Text;

namespace Katanemimena.Access;

/// <summary>What a client gets when it signs in or refreshes.</summary>
/// <param name="Access">To be sent with each request.</param>
/// <param name="RefreshToken">Good for one more pair, once; a secret.</param>
/// <param name="RefreshExpires">When the refresh token ends.</param>
public sealed record SessionTokens(IssuedToken Access, string RefreshToken, DateTimeOffset RefreshExpires)
{
    /// <summary>Hides the tokens.</summary>
    private bool PrintMembers(StringBuilder text)
    {
        text.Append(nameof(Access)).Append(" = ").Append(Access).Append(", ").Append(nameof(RefreshExpires)).Append(" = ").Append(RefreshExpires);
        return true;
    }
}

/// <summary>Why a refresh token is refused. To the caller all of them are <c>invalid_grant</c> (RFC 6749, 5.2).</summary>
public enum RefreshRefusal
{
    /// <summary>It is no refresh token.</summary>
    Malformed,

    /// <summary>There is no such session: it was ended, or swept after its time, or never was.</summary>
    Unknown,

    /// <summary>The session's time is over.</summary>
    Expired,

    /// <summary>It was used before: someone else may have it, so the session has been ended.</summary>
    Reused,

    /// <summary>The user is no more.</summary>
    UserDeleted,

    /// <summary>The user is shut out.</summary>
    UserDisabled,

    /// <summary>The user's password or role is another by now.</summary>
    UserChanged,
}

/// <summary>What came of a refresh.</summary>
/// <param name="Tokens">The new pair; null if it is refused.</param>
/// <param name="User">The user as they are now; null if it is refused.</param>
/// <param name="Refusal">Why it is refused; null if it is not.</param>
public sealed record RefreshResult(SessionTokens? Tokens, UserAccount? User, RefreshRefusal? Refusal)
{
    internal static RefreshResult Bad(RefreshRefusal refusal) => new(null, null, refusal);
}
