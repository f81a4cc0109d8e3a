using Katanemimena.Service;

namespace Katanemimena.Api;

/// <summary>What the operations on jobs stand on.</summary>
/// <param name="Jobs">The jobs.</param>
/// <param name="StandingOf">What users may have.</param>
public sealed record JobEndpointParts(JobServices Jobs, FindStanding StandingOf);
