using Katanemimena.Access;
using Katanemimena.Core;
using Katanemimena.Service;
using Katanemimena.Wire;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Katanemimena.Api;

/// <summary>What somebody has of what quotas limit.</summary>
/// <param name="user">The user.</param>
/// <param name="cancellation">Stops reading.</param>
public delegate ValueTask<QuotaDocument> QuotaUse(string user, CancellationToken cancellation);

/// <summary>What the endpoints stand on.</summary>
public sealed record ApiParts
{
    /// <summary>Gives accounts, sessions and keys; asked when a function is called. Throws <see cref="InvalidOperationException"/> where no function runs that needs them.</summary>
    public required Func<AccessParts> AccessSource { get; init; }

    /// <summary>Accounts, sessions and keys. Not to be asked for before a function is called.</summary>
    public AccessParts Access => AccessSource();

    /// <summary>The truth.</summary>
    public required IKeyValueStore Store { get; init; }

    /// <summary>The hints.</summary>
    public required ITaskQueue Queue { get; init; }

    /// <summary>The volume that all members share.</summary>
    public required IVolume Volume { get; init; }

    /// <summary>A name no other process ever had: letters, digits, <c>.</c>, <c>_</c> and <c>-</c>.</summary>
    public required string ProcessName { get; init; }

    /// <summary>Datafiles, on the same store and volume.</summary>
    public DatafileStore Datafiles => new(Store, Volume, Time);

    /// <summary>Clock and timers.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>Limits of users who have none of their own; both are set.</summary>
    public UserQuota Quota { get; init; } = QuotaDefaults.Of(null, null);

    /// <summary>Most datafiles of a user; default <see cref="QuotaDefaults.Datafiles"/>.</summary>
    public int DatafilesMax { get; init; } = QuotaDefaults.Datafiles;

    /// <summary>What counts against a user's limits now.</summary>
    public required QuotaUse Used { get; init; }

    /// <summary>Where callers are.</summary>
    public ClientAddress Address { get; init; } = new(0, BehindRuntime: false);

    /// <summary>Who has it may read the metrics without an account; null for nobody.</summary>
    public string? MetricsToken { get; init; }

    /// <summary>The app's instruments and what they measured.</summary>
    public required MetricsExposition Metrics { get; init; }

    /// <summary>The app's log.</summary>
    public ILogger Log { get; init; } = NullLogger.Instance;

    /// <summary>The limits that hold for a user, and the account for which they hold; null if there is no such user.</summary>
    /// <exception cref="TransientFault">The store cannot be reached.</exception>
    public async ValueTask<UserStanding?> StandingAsync(string user, CancellationToken cancellation)
    {
        if (await Access.Users.FindSameAsync(user, cancellation) is not { } account)
        {
            return null;
        }

        UserQuota limits = QuotaDefaults.Limits(account.User.Quota, Quota);
        return new UserStanding(limits.RunningJobsMax!.Value, limits.StoredBytesMax!.Value, DatafilesMax, account.Unreplaced) { Version = account.User.Version };
    }

    /// <summary>Tells the log of a fault that was met and got over.</summary>
    public void Report(string where, Exception fault) => ApiLog.Fault(Log, fault, where);

    /// <summary>Neither settings nor secrets.</summary>
    public override string ToString() => nameof(ApiParts);
}
