using System.CommandLine;
using System.Text;
using Katanemimena.Cli.Display;
using Katanemimena.Cli.Options;
using Katanemimena.Cli.Output;
using Katanemimena.Cli.Remote;
using Katanemimena.Client;
using Katanemimena.Core;
using Katanemimena.Wire;

namespace Katanemimena.Cli.Commands.Service;

/// <summary>Commands about one job: <c>status</c>, <c>watch</c>, <c>result</c>, <c>logs</c>, <c>card</c>, <c>set-aside</c>, <c>cancel</c>, <c>rm</c>.</summary>
internal static class JobFollowCommands
{
    /// <summary>The commands.</summary>
    public static IEnumerable<ExampledCommand> All =>
    [
        Example(Status(), "mrctl jobs status m0-7", "mrctl jobs status m0-7 --tasks --json"),
        Example(Watch(), "mrctl jobs watch m0-7 && mrctl jobs result m0-7"),
        Example(Result(), "mrctl jobs result m0-7 --output counts.tsv", "mrctl jobs result m0-7 --format jsonl | jq .value"),
        Example(Logs(), "mrctl jobs logs m0-7"),
        Example(Card(), "mrctl jobs card m0-7"),
        Example(SetAside(), "mrctl jobs set-aside m0-7 --output bad.jsonl"),
        Example(Cancel(), "mrctl jobs cancel m0-7"),
        Example(Remove(), "mrctl jobs rm m0-7"),
    ];

    private static ExampledCommand Example(Command command, params string[] lines) => new(command, "Examples:\n" + string.Join('\n', lines.Select(line => $"  {line}")));

    private static Argument<string> Id() => new("ID") { Description = "The job's id, like m0-7." };

    private static Command Status()
    {
        Argument<string> id = Id();
        var format = new OutputFormat();
        var tasks = new Option<bool>("--tasks") { Description = "With its tasks, as long as their records are kept: until shortly after the job's end." };
        return new ServerCommand().Make("status", "Shows all of a job.", [id, tasks, .. format.Options], async (parsed, connection, cancellation) =>
        {
            JobDetail job = await connection.Client.Jobs.GetAsync(parsed.GetRequiredValue(id), parsed.GetValue(tasks), cancellation);
            bool withTasks = parsed.GetValue(tasks);
            Listing listing = format.Read(parsed);
            listing.Show(job, () => RemoteJob.Text(job) + (withTasks ? Tasks(job) : ""));
            if (listing.IsJson && withTasks && job.Tasks is not { Count: > 0 })
            {
                StandardError.WriteLine($"mrctl: {NoTasks(job)}");
            }

            return ExitCode.Done;
        });
    }

    /// <summary>The tasks; where there are none, why.</summary>
    private static string Tasks(JobDetail job)
    {
        if (job.Tasks is not { Count: > 0 } tasks)
        {
            return $"\n{NoTasks(job)}\n";
        }

        var table = new Table("TASK", "STATE", "ATTEMPTS", "FAILED", "STARTED", "COMMITTED", "WORKER");
        foreach (TaskDocument task in tasks)
        {
            table.Add($"{task.Stage}/{task.Index}", task.State, Quantity.Text(task.Attempts), Quantity.Text(task.Failed), Moment.Text(task.Started), Moment.Text(task.Committed), task.Worker ?? "");
        }

        return "\n" + table.Text();
    }

    private static string NoTasks(JobDetail job) => JobStates.HasEnded(job.State)
        ? $"no tasks: the records of single tasks are removed when an ended job is cleaned up; their sums are above, and mrctl jobs logs {ShellWord.Of(Printable.Text(job.Id))} tells what happened"
        : "no tasks yet: they are planned when the job begins to map";

    private static Command Watch()
    {
        Argument<string> id = Id();
        var format = new OutputFormat();
        var quiet = new Option<bool>("--quiet") { Description = "No progress; errors only." };
        return new ServerCommand().Make("watch", "Waits until a job has ended; the exit code says how.", [id, .. format.Options, quiet], async (parsed, connection, cancellation) =>
        {
            connection.Quieten(parsed.GetValue(quiet));
            JobDetail job = await new JobWait(connection, parsed.GetValue(quiet)).EndAsync(parsed.GetRequiredValue(id), cancellation);
            format.Read(parsed).Show(job, () => RemoteJob.Text(job));
            return JobWait.Tell(job);
        });
    }

    private static Command Result()
    {
        Argument<string> id = Id();
        var result = new ResultSyntax();
        var quiet = new Option<bool>("--quiet") { Description = "No progress; errors only." };
        return new ServerCommand().Make("result", "Writes the result of a completed job. An interrupted download to a file goes on when the command is given again.", [id, .. result.Place, result.Force, quiet], async (parsed, connection, cancellation) =>
        {
            var values = new OptionValues(parsed);
            string output = OutputFormat.File(result.Output(values), "a result in JSON is asked for with --format json") ?? "-";
            var wait = new WaitOptions { Format = result.Format(values), Force = parsed.GetValue(result.Force), Quiet = parsed.GetValue(quiet) };
            connection.Quieten(wait.Quiet);
            return await new SubmitCommand(connection, new Listing(json: false), wait).ResultAsync(parsed.GetRequiredValue(id), output, Downloads.SameCommand, _ => { }, cancellation);
        });
    }

    private static Command Logs()
    {
        Argument<string> id = Id();
        var format = new OutputFormat();
        return new ServerCommand().Make("logs", "Shows what happened to a job, and what its programs wrote.", [id, .. format.Options], async (parsed, connection, cancellation) =>
        {
            Listing listing = format.Read(parsed);
            if (listing.IsJson)
            {
                LogDocument log = await connection.Client.Jobs.LogAsync(parsed.GetRequiredValue(id), cancellation);
                listing.Show(log, () => "");
                return ExitCode.Done;
            }

            await using var printable = new PrintableStream();
            await connection.Client.Jobs.LogTextAsync(parsed.GetRequiredValue(id), printable, cancellation);
            printable.End();
            return ExitCode.Done;
        });
    }

    private static Command Card()
    {
        Argument<string> id = Id();
        var format = new OutputFormat();
        return new ServerCommand().Make("card", "Shows the failures of a job: where, the record, the exception.", [id, .. format.Options], async (parsed, connection, cancellation) =>
        {
            string job = parsed.GetRequiredValue(id);
            LogDocument log = await connection.Client.Jobs.LogAsync(job, cancellation);
            if (log.Cards.Count == 0)
            {
                throw new CommandError(ExitCode.NotFound, $"job {Printable.Text(job)} has no failed attempts");
            }

            format.Read(parsed).Show(log, () => string.Concat(RepeatedFailure.Of(log.Cards).Select(failure => $"{Printable.Text(failure.Card.Error)}\n{CardText.Of(RemoteJob.Card(failure.Card), failure.Attempts)}")));
            return ExitCode.Done;
        });
    }

    private static Command SetAside()
    {
        Argument<string> id = Id();
        var output = new Option<string>("--output") { Description = "Where they go; - for standard output. [-]", HelpName = "FILE" };
        var force = new Option<bool>("--force") { Description = "Replace the output if it exists." };
        return new ServerCommand().Make("set-aside", "Writes the records that a job has set aside, as JSON lines.", [id, output, force], async (parsed, connection, cancellation) =>
        {
            using OutputFile file = OutputFile.Open("--output", StandardNames.OfOutput(new OptionValues(parsed).Text(output) ?? "-"), parsed.GetValue(force));
            await connection.Client.Jobs.SetAsideAsync(parsed.GetRequiredValue(id), file.Stream, cancellation);
            file.Publish();
            return ExitCode.Done;
        });
    }

    private static Command Cancel()
    {
        Argument<string> id = Id();
        return new ServerCommand().Make("cancel", "Ends a job.", [id], async (parsed, connection, cancellation) =>
        {
            await connection.Client.Jobs.CancelAsync(parsed.GetRequiredValue(id), cancellation);
            return ExitCode.Done;
        });
    }

    private static Command Remove()
    {
        var ids = new Argument<string[]>("ID") { Description = "Jobs that have ended.", Arity = ArgumentArity.OneOrMore };
        return new ServerCommand().Make("rm", "Removes jobs that have ended, with their results.", [ids], async (parsed, connection, cancellation) =>
        {
            foreach (string id in parsed.GetRequiredValue(ids))
            {
                await connection.Client.Jobs.RemoveAsync(id, cancellation);
            }

            return ExitCode.Done;
        });
    }
}

/// <summary>Standard output for text of unknown origin: lines and tabs stay, all other control characters are shown, not obeyed.</summary>
internal sealed class PrintableStream : WriteOnlyStream
{
    private readonly Decoder _decoder = Encoding.UTF8.GetDecoder();
    private string _half = "";

    /// <inheritdoc/>
    public override void Write(ReadOnlySpan<byte> buffer) => Show(buffer, flush: false);

    /// <summary>Writes what is left of a character that was cut.</summary>
    public void End() => Show([], flush: true);

    private void Show(ReadOnlySpan<byte> buffer, bool flush)
    {
        char[] characters = new char[Encoding.UTF8.GetMaxCharCount(buffer.Length) + 2];
        int count = _decoder.GetChars(buffer, characters, flush);
        string text = _half + new string(characters, 0, count);

        // A surrogate pair may be cut in two, and its half would be shown as broken.
        _half = text.Length > 0 && char.IsHighSurrogate(text[^1]) && !flush ? text[^1..] : "";
        Listing.Write(string.Join('\t', text[..^_half.Length].Split('\t').Select(piece => Printable.Text(piece, keepLines: true))));
    }
}
