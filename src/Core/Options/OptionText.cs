using System.Globalization;

namespace Katanemimena.Core;

/// <summary>Makes the error for a value that is refused, from what is wanted instead: <c>a whole number from 1 to 100</c>.</summary>
public delegate Exception OptionRefusal(string wanted);

/// <summary>Values of options as people write them: checked alike, and refused in the same words, wherever they come from.</summary>
public static class OptionText
{
    /// <summary>A whole number in a range, or null when not given or <paramref name="automatic"/>.</summary>
    public static int? Integer(string? text, int min, int max, OptionRefusal refused, string? automatic = null)
    {
        if (text is null || text == automatic)
        {
            return null;
        }

        return int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int value) && value >= min && value <= max
            ? value
            : throw refused(string.Create(CultureInfo.InvariantCulture, $"a whole number from {min} to {max}{Or(automatic)}"));
    }

    /// <summary>A size in bytes in a range, or null when not given or <paramref name="automatic"/>.</summary>
    public static long? Size(string? text, long min, long max, OptionRefusal refused, string? automatic = null)
    {
        if (text is null || text == automatic)
        {
            return null;
        }

        return Core.Size.TryParse(text, out long value) && value >= min && value <= max
            ? value
            : throw refused($"a size from {Core.Size.Text(min)} to {Core.Size.Text(max)}, like 64K, 1MiB or 2G{Or(automatic)}");
    }

    /// <summary>A duration in a range, or null when not given.</summary>
    public static TimeSpan? Duration(string? text, TimeSpan min, TimeSpan max, OptionRefusal refused)
    {
        if (text is null)
        {
            return null;
        }

        return Core.Duration.TryParse(text, out TimeSpan value) && value >= min && value <= max
            ? value
            : throw refused(string.Create(CultureInfo.InvariantCulture, $"a time from {min.TotalSeconds:0}s to {max.TotalHours:0}h, like 30s or 5m"));
    }

    /// <summary>One of some words, or null when not given.</summary>
    public static T? Choice<T>(string? text, IReadOnlyList<(string Word, T Value)> choices, OptionRefusal refused)
        where T : struct
    {
        if (text is null)
        {
            return null;
        }

        foreach ((string word, T value) in choices)
        {
            if (word == text)
            {
                return value;
            }
        }

        throw refused("one of " + string.Join(", ", choices.Select(choice => choice.Word)));
    }

    private static string Or(string? automatic) => automatic is null ? "" : $", or {automatic}";
}
