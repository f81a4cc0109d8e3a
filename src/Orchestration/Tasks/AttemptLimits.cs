namespace Katanemimena.Orchestration;

/// <summary>How often a task is tried.</summary>
public static class AttemptLimits
{
    /// <summary>Lost attempts allowed for each failed one that is. Workers die of more than the user's code, so the bound is
    /// larger; but code that kills its worker must not go on for ever.</summary>
    public const int LostPerFailed = 4;

    /// <summary>Attempts of which nothing was heard again (their worker died, lost its lease, or their output was damaged) before the job fails.</summary>
    public static int LostMax(int attemptsMax) => attemptsMax * LostPerFailed;

    /// <summary>Attempts that may be started at one task, all told.</summary>
    public static int StartedMax(int attemptsMax) => attemptsMax + LostMax(attemptsMax);
}
