namespace Katanemimena.Access;

/// <summary>What is known of a service token; nothing in it is secret.</summary>
/// <param name="TokenId">Its id (<c>jti</c>), to revoke it by.</param>
/// <param name="User">As whom it submits jobs.</param>
/// <param name="MintedBy">The admin who minted it.</param>
/// <param name="Note">What it is for.</param>
/// <param name="Minted">When.</param>
/// <param name="Expires">When it ends.</param>
public sealed record ServiceTokenCard(string TokenId, string User, string MintedBy, string Note, DateTimeOffset Minted, DateTimeOffset Expires);

/// <summary>How minting ended.</summary>
public enum ServiceTokenOutcome
{
    /// <summary>The token was minted.</summary>
    Minted,

    /// <summary>Only admins mint tokens.</summary>
    NotAdmin,

    /// <summary>There is no such user.</summary>
    NoSuchUser,

    /// <summary>Its life or its note is too short or too long.</summary>
    Invalid,
}

/// <summary>The outcome of minting.</summary>
/// <param name="Outcome">How it ended.</param>
/// <param name="Token">The token, kept nowhere else; null unless minted.</param>
/// <param name="Card">What is kept of it; null unless minted.</param>
public sealed record ServiceTokenResult(ServiceTokenOutcome Outcome, IssuedToken? Token, ServiceTokenCard? Card)
{
    internal static ServiceTokenResult Bad(ServiceTokenOutcome outcome) => new(outcome, null, null);
}
