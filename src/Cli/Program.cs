using System.CommandLine;
using System.CommandLine.Parsing;
using Katanemimena.Cli.Commands;
using Katanemimena.Cli.Display;
using Katanemimena.Cli.Output;
using Katanemimena.Cli.Remote;

[assembly: System.Runtime.Versioning.SupportedOSPlatform("linux")]

namespace Katanemimena.Cli;

/// <summary>The entry of mrctl: parses, runs the command, and turns whatever went wrong into one sentence and an exit code.</summary>
internal static class Program
{
    public static int Main(string[] args)
    {
        try
        {
            StandardDescriptors.Secure();
            return Dispatch(args);
        }
        catch (Exception error)
        {
            return ErrorText.Report(error);
        }
    }

    /// <summary>Runs one command.</summary>
    /// <returns>The exit code.</returns>
    /// <exception cref="CommandError">It is none, or went wrong.</exception>
    public static int Dispatch(string[] args)
    {
        RootCommand root = CommandTree.Build(args.FirstOrDefault());
        ParseResult parsed = root.Parse(args, new ParserConfiguration { ResponseFileTokenReplacer = null });
        return parsed.Errors.Count > 0
            ? throw CommandError.Usage(Mistake(parsed, root))
            : parsed.Invoke(new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null });
    }

    private static string Mistake(ParseResult parsed, RootCommand root)
    {
        Command command = parsed.CommandResult.Command;
        string path = PathOf(parsed.CommandResult);
        if (command.Parents.Contains(root) && command.Name == "jobs" && ShortForm.Mistyped([.. parsed.CommandResult.Tokens.Select(token => token.Value)], command.Subcommands.Select(sub => sub.Name)) is { } mistyped)
        {
            // The options that follow are the other command's: not they are wrong.
            return mistyped;
        }

        string? unknown = parsed.UnmatchedTokens is [var first, ..] ? first : null;
        string suggestion = unknown is null ? "" : Suggestion.For(unknown, unknown.StartsWith('-') ? command.Options.Select(option => option.Name) : command.Subcommands.Select(sub => sub.Name));
        return unknown is not null && (command == root || command is { Action: null })
            ? $"{unknown}: no such command{suggestion} (see {path} --help)"
            : $"{parsed.Errors[0].Message.TrimEnd('.')}{suggestion} (see {path} --help)";
    }

    private static string PathOf(CommandResult result) => result.Parent is CommandResult parent ? $"{PathOf(parent)} {result.Command.Name}" : "mrctl";
}
