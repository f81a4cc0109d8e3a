namespace Katanemimena.Core;

/// <summary>What somebody sent, as it may be quoted in errors and logs.</summary>
public static class SentText
{
    private const int LengthMax = 100;

    /// <summary>The text without control characters, its first 100 characters at most.</summary>
    public static string Quoted(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return string.Concat(text.Take(LengthMax).Select(c => char.IsControl(c) ? '?' : c)) + (text.Length > LengthMax ? "…" : "");
    }
}
