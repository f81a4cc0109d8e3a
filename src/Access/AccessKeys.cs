namespace Katanemimena.Access;

/// <summary>Where accounts, sessions and keys are in the key-value store. Prefixes end in a slash, so <c>bob</c> and <c>bobby</c> never mix.</summary>
/// <remarks>Only names that passed <see cref="UserNames.Check"/>, hashes and key ids made here get into a key: nothing a caller sent.</remarks>
internal static class AccessKeys
{
    /// <summary>Prefix of the accounts.</summary>
    internal const string Users = "/mr/users/";

    /// <summary>Number of accounts ever made; every creation raises it, so "there is no account" can be a condition of a transaction.</summary>
    internal const string UserSequence = "/mr/user-sequence";

    /// <summary>Prefix of the sessions' refresh tokens.</summary>
    internal const string Refresh = "/mr/refresh/";

    /// <summary>Prefix of the service tokens.</summary>
    internal const string Services = "/mr/services/";

    /// <summary>Prefix of the signing keys.</summary>
    internal const string SigningKeys = "/mr/keys/";

    /// <summary>Number of signing keys ever made; every rotation raises it, so of two at once one fails.</summary>
    internal const string SigningKeySequence = "/mr/key-sequence";

    /// <summary>An account.</summary>
    internal static string User(string name) => Users + name;

    /// <summary>Written when an account is made and never after, removed with it: its revision tells an account from a later one of the same name. Accounts of earlier versions have none.</summary>
    internal static string UserIdentity(string name) => "/mr/user-identities/" + name;

    /// <summary>Prefix of the refresh tokens of one user.</summary>
    internal static string RefreshOf(string name) => $"{Refresh}{name}/";

    /// <summary>One session's refresh token.</summary>
    /// <param name="name">The user.</param>
    /// <param name="familyHash">SHA-256 of the session's id, base64url.</param>
    internal static string RefreshFamily(string name, string familyHash) => RefreshOf(name) + familyHash;

    /// <summary>Prefix of the service tokens of one user.</summary>
    internal static string ServicesOf(string name) => $"{Services}{name}/";

    /// <summary>One service token.</summary>
    internal static string Service(string name, string id) => ServicesOf(name) + id;

    /// <summary>A signing key.</summary>
    internal static string SigningKey(string kid) => SigningKeys + kid;
}
