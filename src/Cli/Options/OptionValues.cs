using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;

namespace Katanemimena.Cli.Options;

/// <summary>Reads option values as text and checks them, so that every error names option, value and range alike.</summary>
internal sealed class OptionValues(ParseResult parsed)
{
    /// <summary>The text given, or null.</summary>
    public string? Text(Option<string> option)
    {
        string? text = Once(option) ? parsed.GetValue(option) : null;
        return text is { Length: 0 } ? throw Refused(option, text, "a value that is not empty") : text;
    }

    /// <summary>A whole number in a range, or null when not given or <paramref name="automatic"/>.</summary>
    public int? Integer(Option<string> option, int min, int max, string? automatic = null)
    {
        if (Text(option) is not { } text || text == automatic)
        {
            return null;
        }

        string range = string.Create(CultureInfo.InvariantCulture, $"a whole number from {min} to {max}{Or(automatic)}");
        return int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int value) && value >= min && value <= max
            ? value : throw Refused(option, text, range);
    }

    /// <summary>A size in a range, or null when not given or <paramref name="automatic"/>.</summary>
    public long? Size(Option<string> option, long min, long max, string? automatic = null)
    {
        if (Text(option) is not { } text || text == automatic)
        {
            return null;
        }

        return Options.Size.TryParse(text, out long value) && value >= min && value <= max
            ? value
            : throw Refused(option, text, $"a size from {Options.Size.Text(min)} to {Options.Size.Text(max)}, like 64K, 1MiB or 2G{Or(automatic)}");
    }

    /// <summary>A duration in a range, or null when not given.</summary>
    public TimeSpan? Duration(Option<string> option, TimeSpan min, TimeSpan max)
    {
        if (Text(option) is not { } text)
        {
            return null;
        }

        return Options.Duration.TryParse(text, out TimeSpan value) && value >= min && value <= max
            ? value
            : throw Refused(option, text, $"a time from {min.TotalSeconds:0}s to {max.TotalHours:0}h, like 30s or 5m");
    }

    /// <summary>One of some words, or null when not given.</summary>
    public T? Choice<T>(Option<string> option, (string Word, T Value)[] choices)
        where T : struct => Text(option) is { } text ? Chosen(option, text, choices) : null;

    /// <summary>One of some words as another word, or null when not given.</summary>
    public string? Word(Option<string> option, (string Word, string Value)[] choices) => Text(option) is { } text ? Chosen(option, text, choices) : null;

    private static T Chosen<T>(Option<string> option, string text, (string Word, T Value)[] choices)
    {
        foreach ((string word, T value) in choices)
        {
            if (word == text)
            {
                return value;
            }
        }

        throw Refused(option, text, "one of " + string.Join(", ", choices.Select(choice => choice.Word)));
    }

    private static string Or(string? automatic) => automatic is null ? "" : $", or {automatic}";

    private static CommandError Refused(Option option, string value, string wanted) =>
        CommandError.Usage($"{option.Name} {(value.Length == 0 ? "''" : value)}: must be {wanted}");

    private bool Once(Option option)
    {
        if (parsed.GetResult(option) is not OptionResult { Implicit: false } result)
        {
            return false;
        }

        return result.IdentifierTokenCount <= 1 ? true : throw CommandError.Usage($"{option.Name} is given {result.IdentifierTokenCount} times; give it once");
    }
}
