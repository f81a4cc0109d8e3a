using System.CommandLine;
using System.CommandLine.Parsing;
using Katanemimena.Core;

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

    /// <summary>A value by the rule that says what it may be.</summary>
    /// <param name="option">The option.</param>
    /// <param name="rule">Reads its text, which is null when it was not given, and refuses what is wrong.</param>
    public T? Read<T>(Option<string> option, Func<string?, OptionRefusal, T?> rule)
        where T : struct => rule(Text(option), Refusal(option));

    /// <summary>A whole number in a range, or null when not given or <paramref name="automatic"/>.</summary>
    public int? Integer(Option<string> option, int min, int max, string? automatic = null) =>
        OptionText.Integer(Text(option), min, max, Refusal(option), automatic);

    /// <summary>A size in a range, or null when not given or <paramref name="automatic"/>.</summary>
    public long? Size(Option<string> option, long min, long max, string? automatic = null) =>
        OptionText.Size(Text(option), min, max, Refusal(option), automatic);

    /// <summary>One of some words, or null when not given.</summary>
    public T? Choice<T>(Option<string> option, (string Word, T Value)[] choices)
        where T : struct => OptionText.Choice(Text(option), choices, Refusal(option));

    /// <summary>One of some words as another word, or null when not given.</summary>
    public string? Word(Option<string> option, (string Word, string Value)[] choices) =>
        OptionText.Choice(Text(option), [.. choices.Select((choice, index) => (choice.Word, index))], Refusal(option)) is { } index ? choices[index].Value : null;

    private OptionRefusal Refusal(Option<string> option) => wanted => Refused(option, parsed.GetValue(option) ?? "", wanted);

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
