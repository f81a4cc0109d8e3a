using Katanemimena.Access;
using Katanemimena.Service;

namespace Katanemimena.Api;

/// <summary>What the operations on jobs stand on.</summary>
/// <param name="Jobs">The jobs.</param>
/// <param name="OpenJobsMaxOf">Most jobs that a user may have open; null if there is no such user.</param>
public sealed record JobEndpointParts(JobServices Jobs, Func<string, CancellationToken, ValueTask<int?>> OpenJobsMaxOf)
{
    /// <summary>Limits by account, else the installation's.</summary>
    /// <param name="jobs">The jobs.</param>
    /// <param name="access">The accounts.</param>
    /// <param name="otherwise">The installation's limits; all are set.</param>
    public static JobEndpointParts Of(JobServices jobs, AccessParts access, UserQuota otherwise) => new(
        jobs,
        async (user, cancellation) => await access.Users.FindAsync(user, cancellation) is { } account ? account.Quota.RunningJobsMax ?? otherwise.RunningJobsMax : null);
}
