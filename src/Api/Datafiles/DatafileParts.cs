using Katanemimena.Service;

namespace Katanemimena.Api;

/// <summary>What the operations on datafiles stand on.</summary>
/// <param name="Store">The datafiles.</param>
/// <param name="QuotaOf">Most bytes that a user may have stored; null if there is no such user.</param>
public sealed record DatafileParts(DatafileStore Store, Func<string, CancellationToken, ValueTask<long?>> QuotaOf);
