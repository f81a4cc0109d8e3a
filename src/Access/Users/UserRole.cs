namespace Katanemimena.Access;

/// <summary>What an account may do.</summary>
public enum UserRole
{
    /// <summary>Runs jobs and keeps data of its own.</summary>
    User,

    /// <summary>Sees everything, and looks after the accounts.</summary>
    Admin,
}

/// <summary>Limits of one account; null stands for the installation's default.</summary>
/// <param name="RunningJobsMax">Jobs that run at once; 0 or more.</param>
/// <param name="StoredBytesMax">Bytes of data kept; 0 or more.</param>
public sealed record UserQuota(int? RunningJobsMax = null, long? StoredBytesMax = null)
{
    /// <summary>The installation's defaults.</summary>
    public static UserQuota Default { get; } = new();

    /// <summary>Whether the limits are 0 or more where given.</summary>
    internal bool IsValid => RunningJobsMax is null or >= 0 && StoredBytesMax is null or >= 0;
}
