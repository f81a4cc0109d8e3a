namespace Katanemimena.Core;

/// <summary>What every queue refuses, checked the same way by each before it does anything.</summary>
public static class QueueRules
{
    /// <summary>Longest delay and longest lease: 7 days.</summary>
    public static readonly TimeSpan HiddenMax = TimeSpan.FromDays(7);

    /// <summary>Shortest lease of a received message: 1 s.</summary>
    public static readonly TimeSpan LeaseMin = TimeSpan.FromSeconds(1);

    /// <summary>Checks the name of a queue.</summary>
    /// <exception cref="ArgumentException">It is not 3 to 63 lower-case letters, digits and single dashes inside.</exception>
    public static void CheckName(string queue)
    {
        ArgumentNullException.ThrowIfNull(queue);
        bool good = queue.Length is >= 3 and <= 63 && queue[0] != '-' && queue[^1] != '-' && !queue.Contains("--", StringComparison.Ordinal);
        foreach (char c in queue)
        {
            good &= char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c == '-';
        }

        if (!good)
        {
            throw new ArgumentException($"'{queue}' cannot name a queue: 3 to 63 lower-case letters, digits and single dashes inside", nameof(queue));
        }
    }

    /// <summary>Checks a message to be sent.</summary>
    /// <exception cref="ArgumentException">The body is longer than <see cref="ITaskQueue.BodyBytesMax"/>, or the delay is negative or over 7 days.</exception>
    public static void CheckSend(string queue, int bodyBytes, TimeSpan delay)
    {
        CheckName(queue);
        if (bodyBytes > ITaskQueue.BodyBytesMax)
        {
            throw new ArgumentException($"a message of {bodyBytes} bytes for queue '{queue}' is too long: at most {ITaskQueue.BodyBytesMax}", nameof(bodyBytes));
        }

        CheckWithin(delay, TimeSpan.Zero, nameof(delay));
    }

    /// <summary>Checks what a receiver asks for.</summary>
    /// <exception cref="ArgumentException">The lease is not 1 s to 7 days, or the wait is negative.</exception>
    public static void CheckReceive(string queue, TimeSpan lease, TimeSpan wait)
    {
        CheckName(queue);
        CheckWithin(lease, LeaseMin, nameof(lease));
        ArgumentOutOfRangeException.ThrowIfLessThan(wait, TimeSpan.Zero);
    }

    /// <summary>Checks a renewal.</summary>
    /// <exception cref="ArgumentException">The lease is neither zero nor 1 s to 7 days.</exception>
    public static void CheckRenew(string queue, string receipt, TimeSpan lease)
    {
        CheckName(queue);
        ArgumentNullException.ThrowIfNull(receipt);
        if (lease != TimeSpan.Zero)
        {
            CheckWithin(lease, LeaseMin, nameof(lease));
        }
    }

    private static void CheckWithin(TimeSpan time, TimeSpan least, string name)
    {
        if (time < least || time > HiddenMax)
        {
            throw new ArgumentOutOfRangeException(name, time, $"must be from {least} to {HiddenMax}");
        }
    }
}
