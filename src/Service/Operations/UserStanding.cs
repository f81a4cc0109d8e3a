using Katanemimena.Core;

namespace Katanemimena.Service;

/// <summary>What a user may have, and the account for which that holds.</summary>
/// <param name="OpenJobsMax">Most jobs open.</param>
/// <param name="StoredBytesMax">Most bytes stored.</param>
/// <param name="DatafilesMax">Most datafiles.</param>
/// <param name="Account">Holds as long as the account is the one that was asked about: neither deleted nor made anew under its name.</param>
public sealed record UserStanding(int OpenJobsMax, long StoredBytesMax, int DatafilesMax, KeyCondition Account);

/// <summary>Finds out how a user stands; to be asked when a request begins, so that what it brings is never another account's.</summary>
/// <param name="user">The user.</param>
/// <param name="cancellation">Stops reading.</param>
/// <returns>Null if there is no such user.</returns>
/// <exception cref="TransientFault">It cannot be found out now.</exception>
public delegate ValueTask<UserStanding?> FindStanding(string user, CancellationToken cancellation);
