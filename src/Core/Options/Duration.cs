using System.Buffers;
using System.Globalization;

namespace Katanemimena.Core;

/// <summary>Durations as people write them: <c>500ms</c>, <c>30s</c>, <c>5m</c>, <c>1.5h</c>. A unit is required.</summary>
public static class Duration
{
    private static readonly SearchValues<char> NumberCharacters = SearchValues.Create("0123456789.+-");

    /// <summary>Reads a duration.</summary>
    /// <returns>False when the text has another form, or the duration is longer than a million hours.</returns>
    public static bool TryParse(string text, out TimeSpan duration)
    {
        duration = default;
        ReadOnlySpan<char> trimmed = text.AsSpan().Trim();
        int digits = trimmed.IndexOfAnyExcept(NumberCharacters);
        if (digits < 1 || !double.TryParse(trimmed[..digits], NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double number))
        {
            return false;
        }

        double seconds = number * trimmed[digits..].Trim() switch
        {
            "ms" => 0.001,
            "s" => 1,
            "m" or "min" => 60,
            "h" => 3600,
            _ => double.NaN,
        };
        if (double.IsNaN(seconds) || Math.Abs(seconds) > 3.6e9)
        {
            return false;
        }

        duration = TimeSpan.FromSeconds(seconds);
        return true;
    }

    /// <summary>Writes a duration for people: <c>0.04 s</c>, <c>12.3 s</c>, <c>4 min 05 s</c>, <c>2 h 07 min</c>.</summary>
    public static string Text(TimeSpan duration) => duration.TotalSeconds switch
    {
        < 9.995 => string.Create(CultureInfo.InvariantCulture, $"{duration.TotalSeconds:0.00} s"),
        < 59.95 => string.Create(CultureInfo.InvariantCulture, $"{duration.TotalSeconds:0.0} s"),
        < 3600 => string.Create(CultureInfo.InvariantCulture, $"{(int)duration.TotalMinutes} min {duration.Seconds:00} s"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{(int)duration.TotalHours} h {duration.Minutes:00} min"),
    };
}
