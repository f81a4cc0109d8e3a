using System.CommandLine;
using Katanemimena.Cli.Commands;
using Katanemimena.Core;

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

    private readonly Option<string> _mapper = JobSyntax.Text("--mapper", "FILE", "The mapper: .py, .cs, .dll, or an executable (with arguments, in quotes).");
    private readonly JobSyntax _job = JobSyntax.OfMachine();
    private readonly ResultSyntax _result = new("the output and the report if they exist");
    private readonly Option<string> _order = JobSyntax.Text("--order", "ORDER", "key, or none to skip the last merge. [key]");
    private readonly Option<string> _state = JobSyntax.Text("--state-dir", "DIR", "Keep the job here, so that it can be resumed after a crash.");
    private readonly Option<string> _resume = JobSyntax.Text("--resume", "JOB", "Go on with a job of the state folder, or write its result again.");
    private readonly Option<string> _report = JobSyntax.Text("--report", "FILE", "Write what went in, what came out and what it took, as JSON; - for standard output.");

    /// <summary>All options, in the order of the help text.</summary>
    public IEnumerable<Option> All =>
        [_data, _mapper, _job.Reducer, _job.Combiner, .. _result.Place, _order, _result.Force, _report, .. _job.All, _state, _resume, _job.Quiet];

    /// <summary>Reads and checks what was given.</summary>
    /// <exception cref="CommandError">Something is missing, out of range, or does not go together.</exception>
    public RunOptions Read(ParseResult parsed)
    {
        var values = new OptionValues(parsed);
        GivenJobOptions given = _job.Read(values);
        var options = new RunOptions
        {
            Data = [.. (parsed.GetValue(_data) ?? []).Select(Path).Select(StandardNames.OfInput)],
            Mapper = values.Text(_mapper) ?? "",
            Reducer = values.Text(_job.Reducer),
            Combiner = values.Text(_job.Combiner),
            Contract = given.Contract ?? CodeContract.Auto,
            Job = WithDefaults(given),
            MemoryBytes = given.MemoryBytes,
            Result = new ResultOptions
            {
                Output = _result.Output(values) ?? "-",
                Format = _result.Format(values),
                Ordered = values.Choice(_order, Orders) ?? true,
                Force = parsed.GetValue(_result.Force),
            },
            StateFolder = values.Text(_state),
            Resume = Job(values.Text(_resume)),
            Report = values.Text(_report) is { } report ? StandardNames.OfOutput(report) : null,
            Quiet = parsed.GetValue(_job.Quiet),
        };
        CheckTogether(parsed, options);
        return options;
    }

    private static readonly (string, bool)[] Orders = [("key", true), ("none", false)];

    private static JobOptions WithDefaults(GivenJobOptions given) => new()
    {
        ChunkBytes = given.ChunkBytes ?? 0,
        Reducers = given.Reducers ?? 0,
        Workers = given.Workers ?? Environment.ProcessorCount,
        MemoryBytes = given.MemoryBytes ?? 512L << 20,
        SkipBadRecordsMax = given.SkipBadRecordsMax ?? 0,
        AttemptsMax = given.AttemptsMax ?? 4,
        TaskTimeout = given.TaskTimeout ?? TimeSpan.FromMinutes(10),
        Sandbox = given.Sandbox ?? SandboxDemand.Off,
    };

    /// <summary>A path, unless it looks like an option: <c>--data</c> takes all words that follow it, a mistyped option too.</summary>
    private string Path(string data) => Suggestion.NotAnOption(data, "run", All);

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

            Option[] fixedAtSubmission = [_data, _mapper, .. _job.FixedAtSubmission];
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
