using Katanemimena.Access;
using Katanemimena.Wire;

namespace Katanemimena.Api;

/// <summary>The installation's limits, which hold for every user without limits of their own.</summary>
public static class QuotaDefaults
{
    /// <summary>Jobs that have not ended.</summary>
    public const int RunningJobs = 20;

    /// <summary>Bytes stored: 50 GiB.</summary>
    public const long StoredBytes = 50L << 30;

    /// <summary>Datafiles, those sent along with jobs included.</summary>
    public const int Datafiles = 10_000;

    /// <summary>Limits with what is null filled in.</summary>
    public static UserQuota Of(int? runningJobs, long? storedBytes) => new(runningJobs ?? RunningJobs, storedBytes ?? StoredBytes);

    /// <summary>A user's limits where they are their own.</summary>
    public static QuotaDocument Document(UserQuota quota) => new(quota.RunningJobsMax, quota.StoredBytesMax);

    /// <summary>The limits that hold for a user.</summary>
    public static UserQuota Limits(UserQuota quota, UserQuota otherwise) =>
        new(quota.RunningJobsMax ?? otherwise.RunningJobsMax, quota.StoredBytesMax ?? otherwise.StoredBytesMax);

    /// <summary>The same as a document.</summary>
    public static QuotaDocument Document(UserQuota quota, UserQuota otherwise) => Document(Limits(quota, otherwise));
}
