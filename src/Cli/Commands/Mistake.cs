using System.CommandLine;
using System.CommandLine.Parsing;
using Katanemimena.Cli.Remote;

namespace Katanemimena.Cli.Commands;

/// <summary>What is wrong with a command line, in one sentence.</summary>
internal static class Mistake
{
    /// <summary>The first mistake; null if there is none.</summary>
    public static string? Of(ParseResult parsed)
    {
        CommandResult result = parsed.CommandResult;
        string see = $"(see {PathOf(result)} --help)";
        if (parsed.Errors.Count == 0)
        {
            return result.Parent is CommandResult { Tokens: [var stray, ..] } ? $"{stray.Value}: one word too many before {result.Command.Name} {see}" : null;
        }

        // The options that follow a mistyped command are that command's: not they are wrong.
        return Mistyped(result) ?? $"{(parsed.UnmatchedTokens is [var unknown, ..] ? Unknown(unknown, result.Command) : Missing(parsed.Errors[0]))} {see}";
    }

    private static string? Mistyped(CommandResult result) =>
        result.Command is { Name: "jobs", Subcommands.Count: > 0 } ? ShortForm.Mistyped([.. result.Tokens.Select(token => token.Value)], NamesOf(result.Command.Subcommands)) : null;

    private static string Unknown(string word, Command command) => word switch
    {
        ['-', _, ..] => $"{word}: no such option{Suggestion.For(word, NamesOf(command.Options))}",
        _ when command.Subcommands.Count > 0 && command.Arguments.Count == 0 => $"{word}: no such command{Suggestion.For(word, NamesOf(command.Subcommands))}",
        _ when command.Options.Any(option => option.Name == "--data") => $"{word}: a word without an option before it; data is named with --data, programs with --mapper and --reducer",
        _ => $"{word}: one word too many",
    };

    private static string Missing(ParseError error) => error.SymbolResult switch
    {
        OptionResult { Tokens.Count: 0 } option => $"{option.Option.Name} has no value: {option.Option.HelpName} is missing",
        ArgumentResult { Tokens.Count: 0, Parent: OptionResult option } => $"{option.Option.Name} has no value: {option.Option.HelpName} is missing",
        ArgumentResult { Tokens.Count: 0 } argument => $"{argument.Argument.Name} is missing",
        CommandResult { Command: { Action: null, Subcommands.Count: > 0 } command } => $"a command is missing: {string.Join(", ", NamesOf(command.Subcommands))}",
        CommandResult { Command.Arguments: [var first, ..] } => $"{first.Name} is missing",
        _ => error.Message.TrimEnd('.'),
    };

    private static IEnumerable<string> NamesOf(IEnumerable<Symbol> symbols) => symbols.Select(symbol => symbol.Name);

    private static string PathOf(CommandResult result) => result.Parent is CommandResult parent ? $"{PathOf(parent)} {result.Command.Name}" : "mrctl";
}
