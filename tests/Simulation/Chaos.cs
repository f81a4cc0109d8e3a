namespace Katanemimena.Tests.Simulation;

/// <summary>What may go wrong in one run, and how often: each kind of fault is off or on with a rate of its own, so that runs differ in kind.</summary>
internal sealed record Chaos
{
    /// <summary>Store: the answer is a fault, nothing was done.</summary>
    public double StoreFails { get; init; }

    /// <summary>Store: it was done, but the answer was lost.</summary>
    public double StoreAnswerLost { get; init; }

    /// <summary>Store: the answer is a fault, and it is done later all the same.</summary>
    public double StoreLate { get; init; }

    /// <summary>Store: a watch tells of a change up to half a minute late.</summary>
    public double WatchLate { get; init; }

    /// <summary>The process dies before, or after, a call of the store or the queue.</summary>
    public double Crash { get; init; }

    public double MessageLost { get; init; }

    public double MessageDoubled { get; init; }

    public double MessageDelayed { get; init; }

    public double QueueFails { get; init; }

    /// <summary>A process is paused, from time to time, for up to three leases.</summary>
    public double Pause { get; init; }

    /// <summary>A process is killed from time to time.</summary>
    public double Kill { get; init; }

    /// <summary>A process is asked to stop, from time to time.</summary>
    public double Stop { get; init; }

    /// <summary>A committed run file is damaged or deleted from time to time.</summary>
    public double Corrupt { get; init; }

    /// <summary>User code fails on an attempt.</summary>
    public double UserCodeFails { get; init; }

    /// <summary>An attempt takes very long.</summary>
    public double Slow { get; init; }

    /// <summary>A task on which user code always fails; -1 for none.</summary>
    public int PoisonedMap { get; init; } = -1;

    /// <summary>Whether jobs are cancelled at random moments.</summary>
    public bool Cancels { get; init; }

    public static Chaos None { get; } = new();

    public static Chaos Draw(Random random) => new()
    {
        StoreFails = Rate(random, 0.05),
        StoreAnswerLost = Rate(random, 0.05),
        StoreLate = Rate(random, 0.02),
        WatchLate = Rate(random, 1),
        Crash = Rate(random, 0.01),
        MessageLost = Rate(random, 0.3),
        MessageDoubled = Rate(random, 0.3),
        MessageDelayed = Rate(random, 0.5),
        QueueFails = Rate(random, 0.05),
        Pause = Rate(random, 0.5),
        Kill = Rate(random, 0.4),
        Stop = Rate(random, 0.3),
        Corrupt = Rate(random, 0.5),
        UserCodeFails = Rate(random, 0.15),
        Slow = Rate(random, 0.2),
        PoisonedMap = random.Next(20) == 0 ? random.Next(4) : -1,
        Cancels = random.Next(10) == 0,
    };

    private static double Rate(Random random, double max) => random.Next(2) == 0 ? 0 : random.NextDouble() * max;
}
