using Katanemimena.Service;

namespace Katanemimena.Api;

/// <summary>What the operations on jobs stand on.</summary>
/// <param name="Jobs">The jobs.</param>
/// <param name="OpenJobsMaxOf">Most jobs that a user may have open; null if there is no such user.</param>
public sealed record JobEndpointParts(JobServices Jobs, Func<string, CancellationToken, ValueTask<int?>> OpenJobsMaxOf);
