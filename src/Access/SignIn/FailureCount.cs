namespace Katanemimena.Access;

/// <summary>Failed attempts, and how long they make the next one wait.</summary>
/// <remarks>The first five cost nothing; then 1 s, doubling to 15 minutes. An hour without an attempt that counts forgets them. Attempts
/// refused because it is too early do not count, so nobody can lengthen a wait by hammering.
/// After OWASP Authentication Cheat Sheet, "Account Lockout".</remarks>
/// <param name="Count">How many.</param>
/// <param name="Last">When the last one was.</param>
internal readonly record struct FailureCount(int Count, DateTimeOffset Last)
{
    /// <summary>Failures that cost nothing.</summary>
    internal const int Free = 5;

    /// <summary>The first wait.</summary>
    internal static readonly TimeSpan WaitMin = TimeSpan.FromSeconds(1);

    /// <summary>The longest wait.</summary>
    internal static readonly TimeSpan WaitMax = TimeSpan.FromMinutes(15);

    /// <summary>Quiet after which all is forgotten.</summary>
    internal static readonly TimeSpan ForgottenAfter = TimeSpan.FromHours(1);

    /// <summary>How long the next attempt has to wait from <paramref name="now"/> on; zero if it may be made.</summary>
    internal TimeSpan Wait(DateTimeOffset now)
    {
        if (Count < Free || IsForgotten(now))
        {
            return TimeSpan.Zero;
        }

        TimeSpan left = Last + Delay(Count) - now;
        return left <= TimeSpan.Zero ? TimeSpan.Zero : left < WaitMax ? left : WaitMax;
    }

    /// <summary>One more failure.</summary>
    internal FailureCount Add(DateTimeOffset now) => new(IsForgotten(now) ? 1 : Math.Min(Count + 1, 1_000), now);

    /// <summary>One failure less: the attempt was charged before it was known to be good.</summary>
    internal FailureCount Refund() => this with { Count = Math.Max(Count - 1, 0) };

    /// <summary>Whether it has been quiet for long enough.</summary>
    internal bool IsForgotten(DateTimeOffset now) => now - Last >= ForgottenAfter;

    private static TimeSpan Delay(int count) => WaitMin * Math.Min(Math.Pow(2, Math.Min(count - Free, 30)), WaitMax / WaitMin);
}
