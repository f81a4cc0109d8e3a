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

    /// <summary>Runs one command.</summary>
    /// <returns>The exit code.</returns>
    /// <exception cref="CommandError">It is none, or went wrong.</exception>
    public static int Dispatch(string[] args)
    {
        args = args is ["help", .. string[] command] ? [.. command, "--help"] : args;
        RootCommand root = CommandTree.Build(args.FirstOrDefault());
        ParseResult parsed = root.Parse(args, new ParserConfiguration { ResponseFileTokenReplacer = null });
        return Mistake.Of(parsed) is { } mistake
            ? throw CommandError.Usage(mistake)
            : parsed.Invoke(new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null });
    }
}
