namespace Katanemimena.DataPath;

/// <summary>Differences of times that were measured apart.</summary>
internal static class Elapsed
{
    /// <summary>The time, or zero where clock granularity made it negative.</summary>
    public static TimeSpan NotNegative(TimeSpan time) => time < TimeSpan.Zero ? TimeSpan.Zero : time;
}
