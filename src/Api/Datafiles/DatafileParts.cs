using Katanemimena.Service;

namespace Katanemimena.Api;

/// <summary>What the operations on datafiles stand on.</summary>
/// <param name="Store">The datafiles.</param>
/// <param name="StandingOf">What users may have.</param>
public sealed record DatafileParts(DatafileStore Store, FindStanding StandingOf);
