using System.Globalization;

namespace Katanemimena.Orchestration;

/// <summary>Mints names for attempts that no other attempt ever had: the process's own unique name and a counter.</summary>
/// <param name="process">A name no other process ever had; letters, digits, <c>.</c>, <c>_</c>, <c>-</c>.</param>
public sealed class TokenMint(string process)
{
    private long _last;

    /// <summary>The process.</summary>
    public string Process { get; } = process;

    /// <summary>The process that minted a token.</summary>
    public static string ProcessOf(string token) => token[..Math.Max(0, token.LastIndexOf('.'))];

    /// <summary>A new token. Safe for several threads.</summary>
    public string Next() => string.Create(CultureInfo.InvariantCulture, $"{Process}.{Interlocked.Increment(ref _last)}");
}
