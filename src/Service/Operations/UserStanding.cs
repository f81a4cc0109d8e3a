using Katanemimena.Core;

namespace Katanemimena.Service;

/// <summary>What a user may have, and the account for which that holds.</summary>
/// <param name="OpenJobsMax">Most jobs open.</param>
/// <param name="StoredBytesMax">Most bytes stored.</param>
/// <param name="DatafilesMax">Most datafiles.</param>
/// <param name="Account">Holds as long as the account is the one that was asked about: neither deleted nor made anew under its name.</param>
public sealed record UserStanding(int OpenJobsMax, long StoredBytesMax, int DatafilesMax, KeyCondition Account)
{
    /// <summary>The version of the account when it was asked about; null if it is not known.</summary>
    public string? Version { get; init; }

    /// <summary>Whether the account is the one, and unchanged, for which a token was let in. A token is judged by what was remembered of the account for seconds, so another account
    /// may have its name by now.</summary>
    /// <param name="version">The version by which the token was let in; null if that is not known, and then nothing is said against it.</param>
    public bool IsOf(string? version) => version is null || Version is null || version == Version;
}

/// <summary>Finds out how a user stands; to be asked when a request begins, so that what it brings is never another account's.</summary>
/// <param name="user">The user.</param>
/// <param name="cancellation">Stops reading.</param>
/// <returns>Null if there is no such user.</returns>
/// <exception cref="TransientFault">It cannot be found out now.</exception>
public delegate ValueTask<UserStanding?> FindStanding(string user, CancellationToken cancellation);
