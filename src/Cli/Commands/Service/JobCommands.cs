using System.CommandLine;
using Katanemimena.Cli.Display;
using Katanemimena.Cli.Options;
using Katanemimena.Cli.Remote;
using Katanemimena.Client;
using Katanemimena.Core;
using Katanemimena.Wire;

namespace Katanemimena.Cli.Commands.Service;

/// <summary><c>jobs</c>: jobs of a server (or, with <c>--state-dir</c>, of a folder).</summary>
internal static class JobCommands
{
    private static readonly Option<string> LocalFolder = new("--state-dir") { Description = "List the jobs of this folder, of mrctl run, in place of a server's.", HelpName = "DIR" };

    /// <summary>The command with its own, itself first.</summary>
    public static IEnumerable<ExampledCommand> All
    {
        get
        {
            ExampledCommand[] below = [Submit(), .. JobFollowCommands.All];
            Command root = Root();
            foreach (ExampledCommand command in below)
            {
                root.Subcommands.Add(command.Command);
            }

            return [new(root, """
                Examples:
                  mrctl jobs
                  mrctl jobs --state failed --json
                  mrctl jobs book.txt mapper.py reducer.py > counts.tsv
                  mrctl jobs datafile:big.csv mapper.py reducer.py --detach
                  mrctl jobs --state-dir ./state
                """), .. below];
        }
    }

    /// <summary>Lists; or, with a file and its programs, runs a job.</summary>
    private static Command Root()
    {
        var common = new ServerCommand();
        var syntax = new SubmitSyntax(lists: true);
        var words = new Argument<string[]>("FILE MAPPER REDUCER") { Description = "Run a job: data, mapper and reducer (see mrctl jobs submit).", Arity = new ArgumentArity(0, 3) };
        var list = new JobListSyntax();
        Command command = common.AddTo(new Command("jobs", "Lists jobs; with FILE MAPPER [REDUCER] runs one; with a command below it looks after one.") { words, LocalFolder });
        foreach (Option option in list.All.Concat(syntax.All.Where(option => option != syntax.Reducer)))
        {
            command.Options.Add(option);
        }

        command.SetAction(parsed =>
        {
            string[] given = parsed.GetValue(words) ?? [];
            if (new OptionValues(parsed).Text(LocalFolder) is { } folder)
            {
                RequireListing(parsed, command, given);
                return JobsCommand.Run(folder, new Listing(syntax.Json(parsed) || ListsAsJson(syntax.Output(parsed))));
            }

            if (given.Length == 0)
            {
                var listing = new Listing(syntax.Json(parsed) || ListsAsJson(syntax.Output(parsed)));
                return ServerCommand.Run(common.Read(parsed), (connection, cancellation) => list.RunAsync(parsed, connection, listing, cancellation));
            }

            ShortForm form = ShortForm.Of(given, command.Subcommands.Select(sub => sub.Name));
            JobSubmission submission = SubmitCommand.Submission(("MAPPER", form.Mapper), ("REDUCER", form.Reducer), syntax.Programs(parsed).Combiner, syntax.Job(parsed), syntax.Key(parsed));
            WaitOptions wait = syntax.Wait(parsed);
            return ServerCommand.Run(common.Read(parsed), (connection, cancellation) => form.RunAsync(
                data => new SubmitCommand(connection, new Listing(syntax.Json(parsed)), wait).RunAsync([data], syntax.Replace(parsed), submission, cancellation)));
        });
        return command;
    }

    /// <summary>Refuses what does not go with a folder's jobs.</summary>
    private static void RequireListing(ParseResult parsed, Command command, string[] given)
    {
        if (given.Length > 0)
        {
            throw CommandError.Usage("--state-dir lists jobs of mrctl run; for a job there use mrctl run --state-dir");
        }

        if (command.Options.FirstOrDefault(option => option.Name is not ("--state-dir" or "--json" or "--output") && parsed.GetResult(option) is { Implicit: false }) is { } other)
        {
            throw CommandError.Usage($"{other.Name} is for jobs of a server; with --state-dir go --json and --output alone");
        }
    }

    private static bool ListsAsJson(string? output) => output switch
    {
        "json" => true,
        null or "-" or "text" => false,
        _ => throw CommandError.Usage($"--output {output}: must be text or json for a list of jobs; a result goes to a file with FILE MAPPER REDUCER before it"),
    };

    private static ExampledCommand Submit()
    {
        var common = new ServerCommand();
        var syntax = new SubmitSyntax();
        var data = new Option<string[]>("--data")
        {
            Description = "Local files, folders or globs, which are uploaded unless they are there; datafile:NAME for one of the server, also a glob; - for standard input.",
            HelpName = "PATH…", AllowMultipleArgumentsPerToken = true, Arity = ArgumentArity.OneOrMore,
        };
        var mapper = new Option<string>("--mapper") { Description = "The mapper: a file that is sent along, datafile:NAME, or a command that workers have (with arguments, in quotes).", HelpName = "FILE" };
        Command command = common.AddTo(new Command("submit", "Runs a job on the server, from data to result.") { data, mapper });
        foreach (Option option in syntax.All)
        {
            command.Options.Add(option);
        }

        command.SetAction(parsed =>
        {
            string[] given = parsed.GetValue(data) is { Length: > 0 } paths ? paths : throw CommandError.Usage("--data is missing: name the files to read, or datafile:NAME");
            given = [.. given.Select(path => Suggestion.NotAnOption(path, "jobs submit", command.Options))];
            string program = new OptionValues(parsed).Text(mapper) ?? throw CommandError.Usage("--mapper is missing: name the program that maps the records");
            (string? reducer, string? combiner) = syntax.Programs(parsed);
            JobSubmission submission = SubmitCommand.Submission(("--mapper", program), ("--reducer", reducer), combiner, syntax.Job(parsed), syntax.Key(parsed));
            WaitOptions wait = syntax.Wait(parsed);
            return ServerCommand.Run(common.Read(parsed), (connection, cancellation) =>
                new SubmitCommand(connection, new Listing(syntax.Json(parsed)), wait).RunAsync(given, syntax.Replace(parsed), submission, cancellation));
        });
        return new(command, """
            Examples:
              mrctl jobs submit --data book.txt --mapper wc.py --reducer wc.py --output counts.tsv
              mrctl jobs submit --data 'datafile:logs/*.gz' --mapper 'grep -c error' --detach
              mrctl jobs submit --data logs/ --mapper Map.cs --reducer Sum.cs --label nightly --cancel-on-interrupt
            """);
    }
}

/// <summary>What of the jobs is listed.</summary>
internal sealed class JobListSyntax
{
    private static readonly (string, string)[] States =
        [.. new[] { "submitted", "mapping", "shuffling", "reducing", "completed", "failed", "cancelled" }.Select(state => (state, state))];

    private readonly Option<string> _state = new("--state") { Description = "List only jobs in this state.", HelpName = "STATE" };
    private readonly Option<string> _owner = new("--owner") { Description = "List another user's, for admins.", HelpName = "NAME" };
    private readonly Option<string> _limit = new("--limit") { Description = "List at most so many, 1 to 100000. [50]", HelpName = "N" };

    /// <summary>The options, but <c>--label</c>, which a submission has too.</summary>
    public IEnumerable<Option> All => [_state, _owner, _limit];

    /// <summary>Lists.</summary>
    public async Task<int> RunAsync(ParseResult parsed, Connection connection, Listing listing, CancellationToken cancellation)
    {
        var values = new OptionValues(parsed);
        List<JobSummary> found = [];
        string? label = parsed.GetResult("--label") is null ? null : parsed.GetValue<string>("--label");
        await foreach (JobSummary job in connection.Client.Jobs.ListAsync(values.Word(_state, States), label, values.Text(_owner), values.Integer(_limit, 1, 100_000) ?? 50, cancellation))
        {
            found.Add(job);
        }

        listing.Show(new JobsDocument(found), () => Text(found));
        return ExitCode.Done;
    }

    private static string Text(List<JobSummary> jobs)
    {
        var table = new Table("ID", "STATE", "MAP", "REDUCE", "SUBMITTED", "TOOK", "OWNER", "LABEL");
        foreach (JobSummary job in jobs)
        {
            table.Add(
                job.Id, job.State, RemoteJob.Tasks(job.Map), RemoteJob.Tasks(job.Reduce), Moment.Text(job.Submitted),
                job.Ended is { } ended ? Duration.Text(ended - job.Submitted) : "-", job.Owner, job.Label ?? "");
        }

        return table.Text((column, cell) => column == 1 ? Colours.OfState(cell) : Colour.None);
    }
}
