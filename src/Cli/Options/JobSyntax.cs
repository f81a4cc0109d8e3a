using System.CommandLine;
using Katanemimena.Core;

namespace Katanemimena.Cli.Options;

/// <summary>The options of a job itself, wherever it runs: their names, texts and ranges. Only what holds when one is left out depends on the place.</summary>
internal sealed class JobSyntax
{
    private readonly Option<string> _contract = Text("--contract", "NAME", "python-functions, python-generators, streaming or dotnet. [auto: from the file]");
    private readonly Option<string> _workers;
    private readonly Option<string> _reducers;
    private readonly Option<string> _chunk = Text("--chunk-size", "SIZE", "Bytes a map task, at least 1K. [auto: 1 to 64 MiB]");
    private readonly Option<string> _memory;
    private readonly Option<string> _skip = Text("--skip-bad-records", "N", "Records the job may set aside before it fails. [0]");
    private readonly Option<string> _attempts = Text("--attempts", "N", "Attempts at a task before the job fails, 1 to 100. [4]");
    private readonly Option<string> _timeout = Text("--task-timeout", "TIME", "Longest time user code may neither take nor give a record: 30s, 5m. [10m]");
    private readonly Option<string> _sandbox;
    private readonly Func<string?, OptionRefusal, int?> _workersRule;

    private JobSyntax(string workers, Func<string?, OptionRefusal, int?> workersRule, string reducers, string memory, string sandbox)
    {
        _workers = Text("--workers", "N", workers);
        _workersRule = workersRule;
        _reducers = Text("--reducers", "N", $"Reduce tasks, 1 to 1000. [{reducers}]");
        _memory = Text("--memory", "SIZE", memory);
        _sandbox = Text("--sandbox", "WHEN", $"Keep the code from network, files and other processes: required, preferred (if it can be had) or off. [{sandbox}]");
    }

    /// <summary>Of a job that this machine runs.</summary>
    public static JobSyntax OfMachine() => new(
        "Workers at a time, 1 to 1000. [one a processor]", JobOptionText.Workers, "auto: one a worker",
        "Data buffers of all workers together, at least 16M; beyond it they spill to disk. [512M]", "off");

    /// <summary>Of a job that a server runs.</summary>
    public static JobSyntax OfServer() => new(
        "Workers to plan for, 1 to 1000. [auto]", JobOptionText.WorkersOfServer, "auto",
        "Data buffers of all workers of one process, at least 16M; beyond it they spill to disk. [the server's]", "preferred");

    /// <summary>The reducer.</summary>
    public Option<string> Reducer { get; } = Text("--reducer", "FILE", "The reducer; left out, the mapper's pairs are the result, sorted by key.");

    /// <summary>The combiner.</summary>
    public Option<string> Combiner { get; } = Text("--combiner", "FILE", "Run on the map side to shrink what is shuffled. Must be associative.");

    /// <summary>No progress and no summary.</summary>
    public Option<bool> Quiet { get; } = new("--quiet") { Description = "Neither progress nor summary; errors only." };

    /// <summary>All but the programs and <see cref="Quiet"/>, in the order of the help text.</summary>
    public Option[] All => [_contract, _workers, _reducers, _chunk, _memory, _skip, _attempts, _timeout, _sandbox];

    /// <summary>Those that cannot be given to a job that was submitted before.</summary>
    public Option[] FixedAtSubmission => [Reducer, Combiner, _contract, _chunk, _reducers, _skip, _attempts, _timeout];

    /// <summary>An option that has a text for its value.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="value">What the help text calls the value.</param>
    /// <param name="description">What it does, and in brackets what holds without it.</param>
    public static Option<string> Text(string name, string value, string description) => new(name) { Description = description, HelpName = value };

    /// <summary>What was given, checked.</summary>
    /// <exception cref="CommandError">A value is out of range.</exception>
    public GivenJobOptions Read(OptionValues values) => new()
    {
        MemoryBytes = values.Read(_memory, JobOptionText.MemoryBytes),
        Workers = values.Read(_workers, _workersRule),
        Contract = values.Choice(_contract, ContractNames.Given),
        ChunkBytes = values.Read(_chunk, JobOptionText.ChunkBytes),
        Reducers = values.Read(_reducers, JobOptionText.Reducers),
        SkipBadRecordsMax = values.Read(_skip, JobOptionText.SkipBadRecordsMax),
        AttemptsMax = values.Read(_attempts, JobOptionText.AttemptsMax),
        TaskTimeout = values.Read(_timeout, JobOptionText.TaskTimeout),
        Sandbox = values.Choice(_sandbox, JobOptionText.Sandboxes),
    };
}

/// <summary>A job's options as they were given; null for what was not, or is to be <c>auto</c>. For the ranges see <see cref="JobOptions"/>.</summary>
internal sealed record GivenJobOptions
{
    /// <summary>The contract of all code of the job.</summary>
    public CodeContract? Contract { get; init; }

    /// <summary>Workers at a time, or to plan for.</summary>
    public int? Workers { get; init; }

    /// <summary>Reduce tasks.</summary>
    public int? Reducers { get; init; }

    /// <summary>Bytes a map task.</summary>
    public long? ChunkBytes { get; init; }

    /// <summary>Bytes of data buffers.</summary>
    public long? MemoryBytes { get; init; }

    /// <summary>Records that may be set aside.</summary>
    public int? SkipBadRecordsMax { get; init; }

    /// <summary>Attempts at a task.</summary>
    public int? AttemptsMax { get; init; }

    /// <summary>Longest time user code may be silent.</summary>
    public TimeSpan? TaskTimeout { get; init; }

    /// <summary>What is asked of the sandbox.</summary>
    public SandboxDemand? Sandbox { get; init; }
}
