using System.Security.Cryptography;

namespace Katanemimena.Client;

/// <summary>How long to wait before the next attempt: 0.25 s, doubling to 10 s, each shortened by up to a half so that clients do not come back together.</summary>
internal static class BackOff
{
    private const double FirstSeconds = 0.25, LongestSeconds = 10;

    /// <summary>Longest wait that a server may ask for and a client takes; for more it gives up.</summary>
    public static readonly TimeSpan AskedMax = TimeSpan.FromSeconds(60);

    /// <summary>The wait after a failed attempt, counted from 1; at least what the server asked for.</summary>
    public static TimeSpan After(int attempt, TimeSpan? asked)
    {
        double seconds = Math.Min(LongestSeconds, FirstSeconds * Math.Pow(2, Math.Min(attempt, 20) - 1));
        var wait = TimeSpan.FromSeconds(seconds * RandomNumberGenerator.GetInt32(500, 1001) / 1000);
        return asked > wait ? asked.Value : wait;
    }
}
