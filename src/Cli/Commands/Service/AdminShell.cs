using System.CommandLine;
using System.Globalization;
using System.Text;
using Katanemimena.Cli.Display;
using Katanemimena.Cli.Remote;

namespace Katanemimena.Cli.Commands.Service;

/// <summary><c>mrctl admin</c> without a command: asks for commands until the end of input or <c>quit</c>. An error ends a command, not the shell.</summary>
/// <param name="admin">The commands.</param>
/// <param name="choice">The server that it was started for.</param>
internal sealed class AdminShell(Command admin, ServerChoice choice)
{
    private readonly List<string> _history = [];

    /// <summary>Runs it.</summary>
    /// <returns>The exit code: at a terminal that of the shell, for a script that of the last command that failed.</returns>
    public int Run()
    {
        string server = choice.Address().ToString();
        int last = ExitCode.Done;
        if (Prompt.CanAsk)
        {
            StandardError.WriteLine($"{Printable.Text(server)}: help lists the commands, quit ends");
        }

        while (Next() is { } line)
        {
            if (Words(line) is not { } words)
            {
                StandardError.WriteLine("mrctl: error: a quote is not closed");
                last = ExitCode.Usage;
            }
            else if (words is ["quit" or "exit"])
            {
                break;
            }
            else if (words.Count > 0)
            {
                int code = Run(words, server);
                last = code == ExitCode.Done ? last : code;
            }
        }

        return Prompt.CanAsk ? ExitCode.Done : last;
    }

    /// <summary>Splits a line at blanks; <c>'…'</c> and <c>"…"</c> hold blanks together.</summary>
    /// <returns>The words; null if a quote is not closed.</returns>
    internal static List<string>? Words(string line)
    {
        List<string> words = [];
        var word = new StringBuilder();
        char quote = '\0';
        bool within = false;
        foreach (char character in line)
        {
            if (quote != '\0')
            {
                _ = character == quote ? word : word.Append(character);
                quote = character == quote ? '\0' : quote;
            }
            else if (character is '\'' or '"')
            {
                (quote, within) = (character, true);
            }
            else if (!char.IsWhiteSpace(character))
            {
                word.Append(character);
                within = true;
            }
            else if (within)
            {
                words.Add(word.ToString());
                word.Clear();
                within = false;
            }
        }

        words.AddRange(within ? [word.ToString()] : Array.Empty<string>());
        return quote == '\0' ? words : null;
    }

    private string? Next()
    {
        if (!Prompt.CanAsk)
        {
            return Console.In.ReadLine();
        }

        string? line = new LineEditor("admin> ", _history).Read();
        if (!string.IsNullOrWhiteSpace(line) && line != _history.LastOrDefault())
        {
            _history.Add(line);
        }

        return line;
    }

    private int Run(List<string> words, string server)
    {
        switch (words)
        {
            case ["help" or "?"]:
                Listing.Write(Help());
                return ExitCode.Done;
            case ["history"]:
                Listing.Write(string.Concat(_history.Select((line, index) => string.Create(CultureInfo.InvariantCulture, $"{index + 1,4}  {Printable.Text(line)}\n"))));
                return ExitCode.Done;
            case ["help", .. var about]:
                words = [.. about, "--help"];
                break;
        }

        try
        {
            return Program.Dispatch(["admin", .. words, .. words[^1] == "--help" ? [] : new[] { "--server", server }, .. choice.Insecure ? ["--insecure"] : Array.Empty<string>()]);
        }
        catch (Exception error)
        {
            return ErrorText.Report(error);
        }
    }

    private string Help()
    {
        var table = new Table("COMMAND", "");
        foreach (Command command in admin.Subcommands)
        {
            foreach (Command leaf in command.Subcommands.Count > 0 ? command.Subcommands : [command])
            {
                string path = leaf == command ? leaf.Name : $"{command.Name} {leaf.Name}";
                table.Add(string.Concat([path, .. leaf.Arguments.Select(argument => $" {argument.Name}")]), leaf.Description ?? "");
            }
        }

        table.Add("help COMMAND", "Shows the options of a command.");
        table.Add("history", "Lists the lines of this session; up and down go through them.");
        table.Add("quit", "Ends.");
        return table.Text();
    }
}
