using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;
using System.CommandLine.Parsing;
using Katanemimena.Cli.Commands.Service;
using Katanemimena.Cli.Options;
using Katanemimena.Cli.Serve;
using Katanemimena.Core;

namespace Katanemimena.Cli.Commands;

/// <summary>The commands of mrctl.</summary>
internal static class CommandTree
{
    private const string RunExamples = """
        Examples:
          mrctl run --data book.txt --mapper wc.py --reducer wc.py
          mrctl run --data logs/ 'more/*.gz' --mapper Map.cs --reducer Sum.cs --output counts.tsv
          cat book.txt | mrctl run --data - --mapper 'awk -f words.awk' --reducer sum.sh | head
          mrctl run --data big/ --mapper m.py --reducer r.py --state-dir ./state --output out.tsv
          mrctl run --state-dir ./state --resume local-1 --output out.tsv
        """;

    private const string RootExamples = """
        Examples:
          mrctl run --data book.txt --mapper wc.py --reducer wc.py
          mrctl run --help
          mrctl login https://mr.example.org
          mrctl jobs book.txt mapper.py reducer.py > counts.tsv
        """;

    private const string CompletionExamples = """
        Examples:
          source <(mrctl completion bash)
          mrctl completion fish > ~/.config/fish/completions/mrctl.fish
        """;

    private const string ReplayExamples = """
        Examples:
          mrctl replay /tmp/mrctl-card-local-1-20260102T030405678-4321.json
          mrctl replay ./state/cards/mrctl-card-local-1-20260102T030405678-4321.json
          mrctl jobs card m0-7 --json > cards.json; mrctl replay cards.json --mapper wc.py
        """;

    private const string RemoveExamples = """
        Examples:
          mrctl rm local-1 --state-dir ./state
        """;

    /// <summary>Builds the tree. Actions return an <see cref="ExitCode"/> or throw.</summary>
    /// <param name="first">The first word of the command line. Commands of servers are left out where it shows that none is meant: a job of this machine
    /// need not wait until they are made.</param>
    public static RootCommand Build(string? first)
    {
        var root = new RootCommand("Katanemimena: MapReduce from a data file, a mapper and a reducer.");
        List<(Command Command, string Examples)> commands =
            [(Run(), RunExamples), (ServeCommand.Build(), ServeCommand.Examples), (Replay(), ReplayExamples), (Remove(), RemoveExamples)];
        List<(Command Command, string Examples)> below = [];
        if (!commands.Exists(command => command.Command.Name == first))
        {
            AddServiceCommands(root, commands, below);
        }

        foreach ((Command command, _) in commands)
        {
            root.Subcommands.Add(command);
        }

        AddExamples(root, [(root, RootExamples), .. commands, .. below]);
        return root;
    }

    private static void AddServiceCommands(RootCommand root, List<(Command Command, string Examples)> commands, List<(Command Command, string Examples)> below)
    {
        commands.AddRange(AccountCommands.All.Select(Pair));
        foreach (IEnumerable<ExampledCommand> group in new[] { DatafileCommands.All, JobCommands.All, AdminCommands.All })
        {
            ExampledCommand[] made = [.. group];
            commands.Add(Pair(made[0]));
            below.AddRange(made[1..].Select(Pair));
        }

        commands.Add((CompletionCommand.Make(root), CompletionExamples));
    }

    private static (Command Command, string Examples) Pair(ExampledCommand command) => (command.Command, command.Examples);

    private static Command Run()
    {
        var syntax = new RunSyntax();
        var command = new Command("run", "Runs one job on this machine, from data to result.");
        foreach (Option option in syntax.All)
        {
            command.Options.Add(option);
        }

        command.SetAction(parsed => new RunCommand(syntax.Read(parsed)).Run());
        return command;
    }

    private static Command Replay()
    {
        var card = new Argument<string>("CARD") { Description = "The card's file, as the failed job named it." };
        var mapper = new Option<string>("--mapper") { Description = "The mapper, for cards of a server's job (mrctl jobs card ID --json), which do not say where it is.", HelpName = "FILE" };
        var command = new Command("replay", "Runs the record that failed again, alone, with the code as it is now.") { card, mapper };
        command.SetAction(parsed => ReplayCommand.Run(parsed.GetRequiredValue(card), new OptionValues(parsed).Text(mapper)));
        return command;
    }

    private static Command Remove()
    {
        Option<string> state = StateFolder();
        var job = new Argument<string>("JOB") { Description = "The job's id, like local-1." };
        var command = new Command("rm", "Removes a job and its files from a state folder. An unfinished job is cancelled first.") { job, state };
        command.SetAction(parsed => JobsCommand.Remove(Given(parsed, state), Id(parsed.GetRequiredValue(job))));
        return command;
    }

    private static Option<string> StateFolder() =>
        new("--state-dir") { Description = "The folder that the job was run with.", HelpName = "DIR" };

    private static string Given(ParseResult parsed, Option<string> option) =>
        new OptionValues(parsed).Text(option) ?? throw CommandError.Usage($"{option.Name} is missing: name the folder that the job was run with; a job of a server is removed with mrctl jobs rm");

    private static JobId Id(string text) =>
        JobId.TryParse(text, out JobId id) ? id : throw CommandError.Usage($"{text}: not a job id; it looks like local-1");

    private static void AddExamples(RootCommand root, (Command Command, string Text)[] examples)
    {
        HelpOption option = root.Options.OfType<HelpOption>().Single();
        option.Action = new HelpWithExamples((HelpAction)option.Action!, examples);
    }

    private sealed class HelpWithExamples(HelpAction help, (Command Command, string Text)[] examples) : SynchronousCommandLineAction
    {
        /// <summary>Help is shown whatever is missing or wrong beside it.</summary>
        public override bool ClearsParseErrors => true;

        public override int Invoke(ParseResult parseResult)
        {
            HideArgumentsAbove(parseResult.CommandResult);
            int exitCode = help.Invoke(parseResult);
            if (Nearest(parseResult.CommandResult) is { } text)
            {
                parseResult.InvocationConfiguration.Output.WriteLine(text);
            }

            return exitCode;
        }

        /// <summary>A command below another has no use for its words, and the help text would ask for them.</summary>
        private static void HideArgumentsAbove(CommandResult result)
        {
            foreach (Argument argument in (result.Parent as CommandResult)?.Command.Arguments ?? [])
            {
                argument.Hidden = true;
            }
        }

        /// <summary>The examples of a command; if it has none, those of the command above it.</summary>
        private string? Nearest(CommandResult result) =>
            Array.Find(examples, example => ReferenceEquals(example.Command, result.Command)).Text ?? (result.Parent is CommandResult { Parent: not null } above ? Nearest(above) : null);
    }
}
