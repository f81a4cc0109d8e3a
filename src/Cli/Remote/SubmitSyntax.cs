using System.CommandLine;
using System.Globalization;
using Katanemimena.Cli.Options;
using Katanemimena.Core;
using Katanemimena.Wire;

namespace Katanemimena.Cli.Remote;

/// <summary>The options of a job that a server runs: those of <c>mrctl run</c> that are the job's own, with the same names and ranges.</summary>
internal sealed class SubmitSyntax
{
    private readonly Option<string> _reducer = Text("--reducer", "FILE", "The reducer; left out, the mapper's pairs are the result, sorted by key.");
    private readonly Option<string> _combiner = Text("--combiner", "FILE", "Run on the map side to shrink what is shuffled. Must be associative.");
    private readonly Option<string> _label = Text("--label", "TEXT", "A name for people.");
    private readonly Option<string> _contract = Text("--contract", "NAME", "python-functions, python-generators, streaming or dotnet. [auto: from the file]");
    private readonly Option<string> _workers = Text("--workers", "N", "Workers to plan for, 1 to 1000. [auto]");
    private readonly Option<string> _reducers = Text("--reducers", "N", "Reduce tasks, 1 to 1000. [auto]");
    private readonly Option<string> _chunk = Text("--chunk-size", "SIZE", "Bytes a map task, at least 1K. [auto: 1 to 64 MiB]");
    private readonly Option<string> _memory = Text("--memory", "SIZE", "Data buffers of all workers of one process, at least 16M. [the server's]");
    private readonly Option<string> _skip = Text("--skip-bad-records", "N", "Records the job may set aside before it fails. [0]");
    private readonly Option<string> _attempts = Text("--attempts", "N", "Attempts at a task before the job fails, 1 to 100. [4]");
    private readonly Option<string> _timeout = Text("--task-timeout", "TIME", "Longest time user code may neither take nor give a record: 30s, 5m. [10m]");
    private readonly Option<string> _sandbox = Text("--sandbox", "HOW", "preferred, required or off. [preferred]");
    private readonly Option<string> _key = Text("--idempotency-key", "TEXT", "The same submission sent again with this key within a day is the same job. [a new one]");
    private readonly Option<string> _output = Text("--output", "FILE", "Where the result goes; - for standard output. [-]");
    private readonly Option<string> _format = Text("--format", "FORMAT", "tsv, json (one object) or jsonl (an object a line). [tsv]");
    private readonly Option<bool> _force = new("--force") { Description = "Replace the output if it exists." };
    private readonly Option<bool> _replace = new("--replace") { Description = "Replace datafiles of the same name as local data, and other content." };
    private readonly Option<bool> _detach = new("--detach") { Description = "Print the job's id and do not wait for it." };
    private readonly Option<bool> _cancel = new("--cancel-on-interrupt") { Description = "Ctrl-C cancels the job. [it goes on]" };
    private readonly Option<bool> _quiet = new("--quiet") { Description = "Neither progress nor summary; errors only." };

    /// <summary>All of them, in the order of the help text.</summary>
    public IEnumerable<Option> All =>
        [_reducer, _combiner, _output, _format, _force, _detach, _cancel, _replace, _label, _contract, _workers, _reducers, _chunk, _memory, _skip, _attempts, _timeout, _sandbox, _key, _quiet];

    /// <summary>The reducer and the combiner as given.</summary>
    public (string? Reducer, string? Combiner) Programs(ParseResult parsed)
    {
        var values = new OptionValues(parsed);
        return (values.Text(_reducer), values.Text(_combiner));
    }

    /// <summary>Whether datafiles are replaced.</summary>
    public bool Replace(ParseResult parsed) => parsed.GetValue(_replace);

    /// <summary>The key given, or null.</summary>
    public string? Key(ParseResult parsed) => new OptionValues(parsed).Text(_key);

    /// <summary>How the job is waited for.</summary>
    public WaitOptions Wait(ParseResult parsed)
    {
        var values = new OptionValues(parsed);
        if (parsed.GetValue(_detach) && values.Text(_output) is not null)
        {
            throw CommandError.Usage("--detach does not wait for a result, so there is none for --output; mrctl jobs result ID --output FILE writes it later");
        }

        return new WaitOptions
        {
            Output = StandardNames.OfOutput(values.Text(_output) ?? "-"),
            Format = values.Word(_format, ResultFormats.All) ?? ResultFormats.Tsv,
            Force = parsed.GetValue(_force),
            Detach = parsed.GetValue(_detach),
            CancelOnInterrupt = parsed.GetValue(_cancel),
            Quiet = parsed.GetValue(_quiet),
        };
    }

    /// <summary>The job's options, checked as <c>mrctl run</c> checks them.</summary>
    public JobOptionsDocument Job(ParseResult parsed)
    {
        var values = new OptionValues(parsed);
        CodeContract? contract = values.Choice(_contract, ContractNames.Given);
        return new JobOptionsDocument
        {
            Label = values.Text(_label),
            Contract = contract is null or CodeContract.Auto ? null : ContractNames.Of(contract.Value),
            ChunkSize = Bytes(values.Read(_chunk, JobOptionText.ChunkBytes)),
            Reducers = values.Read(_reducers, JobOptionText.Reducers),
            Workers = values.Read(_workers, JobOptionText.WorkersOfServer),
            Memory = Bytes(values.Read(_memory, JobOptionText.MemoryBytes)),
            SkipBadRecords = values.Read(_skip, JobOptionText.SkipBadRecordsMax),
            Attempts = values.Read(_attempts, JobOptionText.AttemptsMax),
            TaskTimeout = values.Read(_timeout, JobOptionText.TaskTimeout) is { } time ? string.Create(CultureInfo.InvariantCulture, $"{Math.Ceiling(time.TotalSeconds):0}s") : null,
            Sandbox = values.Choice(_sandbox, JobOptionText.Sandboxes)?.ToString().ToLowerInvariant(),
        };
    }

    private static string? Bytes(long? bytes) => bytes?.ToString(CultureInfo.InvariantCulture);

    private static Option<string> Text(string name, string value, string description) => new(name) { Description = description, HelpName = value };
}
