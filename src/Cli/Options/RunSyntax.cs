using System.CommandLine;
using Katanemimena.Core;
using Katanemimena.DataPath;

namespace Katanemimena.Cli.Options;

/// <summary>The options of <c>mrctl run</c>: their names, texts and ranges.</summary>
internal sealed class RunSyntax
{
    private readonly Option<string[]> _data = new("--data")
    {
        Description = "Files, folders or globs to read; - for standard input. Their order is the order of the records.",
        HelpName = "PATH…",
        AllowMultipleArgumentsPerToken = true,
        Arity = ArgumentArity.OneOrMore,
    };

    private readonly Option<string> _mapper = Text("--mapper", "FILE", "The mapper: .py, .cs, .dll, or an executable (with arguments, in quotes).");
    private readonly Option<string> _reducer = Text("--reducer", "FILE", "The reducer; left out, the mapper's pairs are the result, sorted by key.");
    private readonly Option<string> _combiner = Text("--combiner", "FILE", "Run on the map side to shrink what is shuffled. Must be associative.");
    private readonly Option<string> _output = Text("--output", "FILE", "Where the result goes; - for standard output. [-]");
    private readonly Option<string> _format = Text("--format", "FORMAT", "tsv, json (one object) or jsonl (an object a line). [tsv]");
    private readonly Option<string> _order = Text("--order", "ORDER", "key, or none to skip the last merge. [key]");
    private readonly Option<string> _chunk = Text("--chunk-size", "SIZE", "Bytes a map task, at least 1K. [auto: 1 to 64 MiB]");
    private readonly Option<string> _reducers = Text("--reducers", "N", "Reduce tasks, 1 to 1000. [auto: one a worker]");
    private readonly Option<string> _workers = Text("--workers", "N", "Workers at a time, 1 to 1000. [one a processor]");
    private readonly Option<string> _memory = Text("--memory", "SIZE", "Data buffers of all workers together, at least 16M; beyond it they spill to disk. [512M]");
    private readonly Option<string> _contract = Text("--contract", "NAME", "python-functions, python-generators, streaming or dotnet. [auto: from the file]");
    private readonly Option<string> _skip = Text("--skip-bad-records", "N", "Records the job may set aside before it fails. [0]");
    private readonly Option<string> _attempts = Text("--attempts", "N", "Attempts at a task before the job fails, 1 to 100. [4]");
    private readonly Option<string> _timeout = Text("--task-timeout", "TIME", "Longest time user code may neither take nor give a record: 30s, 5m. [10m]");
    private readonly Option<string> _sandbox = Text("--sandbox", "WHEN", "Keep the code from network, files and other processes: required, preferred (if it can be had) or off. [off]");
    private readonly Option<bool> _force = new("--force") { Description = "Replace the output and the report if they exist." };
    private readonly Option<string> _state = Text("--state-dir", "DIR", "Keep the job here, so that it can be resumed after a crash.");
    private readonly Option<string> _resume = Text("--resume", "JOB", "Go on with a job of the state folder, or write its result again.");
    private readonly Option<string> _report = Text("--report", "FILE", "Write what went in, what came out and what it took, as JSON; - for standard output.");
    private readonly Option<bool> _quiet = new("--quiet") { Description = "Neither progress nor summary; errors only." };

    /// <summary>All options, in the order of the help text.</summary>
    public IEnumerable<Option> All =>
        [_data, _mapper, _reducer, _combiner, _output, _format, _order, _force, _report, _contract, _workers, _reducers,
            _chunk, _memory, _skip, _attempts, _timeout, _sandbox, _state, _resume, _quiet];

    /// <summary>Reads and checks what was given.</summary>
    /// <exception cref="CommandError">Something is missing, out of range, or does not go together.</exception>
    public RunOptions Read(ParseResult parsed)
    {
        var values = new OptionValues(parsed);
        long? memory = values.Read(_memory, JobOptionText.MemoryBytes);
        int workers = values.Read(_workers, JobOptionText.Workers) ?? Environment.ProcessorCount;
        var options = new RunOptions
        {
            Data = [.. (parsed.GetValue(_data) ?? []).Select(Path).Select(StandardNames.OfInput)],
            Mapper = values.Text(_mapper) ?? "",
            Reducer = values.Text(_reducer),
            Combiner = values.Text(_combiner),
            Contract = values.Choice(_contract, ContractNames.Given) ?? CodeContract.Auto,
            Job = new JobOptions
            {
                ChunkBytes = values.Read(_chunk, JobOptionText.ChunkBytes) ?? 0,
                Reducers = values.Read(_reducers, JobOptionText.Reducers) ?? 0,
                Workers = workers,
                MemoryBytes = memory ?? 512L << 20,
                SkipBadRecordsMax = values.Read(_skip, JobOptionText.SkipBadRecordsMax) ?? 0,
                AttemptsMax = values.Read(_attempts, JobOptionText.AttemptsMax) ?? 4,
                TaskTimeout = values.Read(_timeout, JobOptionText.TaskTimeout) ?? TimeSpan.FromMinutes(10),
                Sandbox = values.Choice(_sandbox, JobOptionText.Sandboxes) ?? SandboxDemand.Off,
            },
            MemoryBytes = memory,
            Result = new ResultOptions
            {
                Output = StandardNames.OfOutput(values.Text(_output) ?? "-"),
                Format = values.Choice(_format, Formats) ?? ResultFormat.Tsv,
                Ordered = values.Choice(_order, Orders) ?? true,
                Force = parsed.GetValue(_force),
            },
            StateFolder = values.Text(_state),
            Resume = Job(values.Text(_resume)),
            Report = values.Text(_report) is { } report ? StandardNames.OfOutput(report) : null,
            Quiet = parsed.GetValue(_quiet),
        };
        CheckTogether(parsed, options);
        return options;
    }

    private static readonly (string, ResultFormat)[] Formats =
        [("tsv", ResultFormat.Tsv), ("json", ResultFormat.Json), ("jsonl", ResultFormat.Jsonl)];

    private static readonly (string, bool)[] Orders = [("key", true), ("none", false)];

    private static Option<string> Text(string name, string value, string description) =>
        new(name) { Description = description, HelpName = value };

    /// <summary>A path, unless it looks like an option: <c>--data</c> takes all words that follow it, a mistyped option too.</summary>
    private static string Path(string data) =>
        data is ['-', _, ..]
            ? throw CommandError.Usage($"--data: {data} is no option of mrctl run (see mrctl run --help); a file of that name is ./{data}")
            : data;

    private static JobId? Job(string? text) =>
        text is null ? null
        : JobId.TryParse(text, out JobId id) ? id
        : throw CommandError.Usage($"--resume {text}: not a job id; it looks like local-1 (mrctl jobs --state-dir DIR lists them)");

    private void CheckTogether(ParseResult parsed, RunOptions options)
    {
        if (options is { Report: "-", Result.Output: "-" })
        {
            throw CommandError.Usage("--report -: the result goes to standard output; name a file for it with --output, or one for the report");
        }

        long least = options.Job.Workers * JobOptions.WorkerBytesMin;
        if ((options.Resume is null || options.MemoryBytes is not null) && options.Job.MemoryBytes < least)
        {
            throw CommandError.Usage($"--memory: {options.Job.MemoryBytes >> 20}M are too little for {options.Job.Workers} workers, each of which needs 1M; give --memory {least >> 20}M or more, or fewer --workers");
        }

        if (options.Resume is not null)
        {
            if (options.StateFolder is null)
            {
                throw CommandError.Usage("--resume needs --state-dir DIR, the folder that the job was run with");
            }

            Option[] fixedAtSubmission = [_data, _mapper, _reducer, _combiner, _contract, _chunk, _reducers, _skip, _attempts, _timeout];
            if (Array.Find(fixedAtSubmission, option => parsed.GetResult(option) is { Implicit: false }) is { } given)
            {
                throw CommandError.Usage($"{given.Name} cannot be given with --resume: the job keeps what it was submitted with");
            }

            return;
        }

        if (options.Data.Count == 0)
        {
            throw CommandError.Usage("--data is missing: name the files, folders or globs to read, or - for standard input");
        }

        if (options.Mapper.Length == 0)
        {
            throw CommandError.Usage("--mapper is missing: name the program that maps the records");
        }

        if (options.Data.Count(path => path == "-") > 1)
        {
            throw CommandError.Usage("--data - is given twice: standard input can be read only once");
        }
    }
}
