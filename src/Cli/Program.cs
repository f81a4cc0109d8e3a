using System.CommandLine;
using Katanemimena.Cli.Commands;
using Katanemimena.Cli.Display;
using Katanemimena.Cli.Output;

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

    private static int Dispatch(string[] args)
    {
        RootCommand root = CommandTree.Build();
        ParseResult parsed = root.Parse(args, new ParserConfiguration { ResponseFileTokenReplacer = null });
        if (parsed.Errors.Count > 0)
        {
            string command = parsed.CommandResult.Command == root ? "mrctl" : $"mrctl {parsed.CommandResult.Command.Name}";
            string? unknown = parsed.CommandResult.Command == root && parsed.UnmatchedTokens is [var first, ..] ? first : null;
            throw CommandError.Usage($"{(unknown is null ? parsed.Errors[0].Message.TrimEnd('.') : $"{unknown}: no such command")} (see {command} --help)");
        }

        return parsed.Invoke(new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null });
    }
}
