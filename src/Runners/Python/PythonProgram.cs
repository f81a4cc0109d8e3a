using Katanemimena.Core;

namespace Katanemimena.Runners;

/// <summary>One function of a user's Python file, for one job.</summary>
internal class PythonProgram(PythonRunner runner, JobId job, CodeFile file, string role)
{
    private bool _closed;

    /// <summary>The job.</summary>
    public JobId Job => job;

    /// <summary>The user's file.</summary>
    public CodeFile File => file;

    /// <summary><c>mapper</c>, <c>combiner</c> or <c>reducer</c>.</summary>
    public string Role => role;

    /// <summary>For messages.</summary>
    public string Title => $"the {role} '{file.Name}'";

    /// <summary>What tells its module from others: one namespace a job and file.</summary>
    public string Module => $"{job}\n{file.Sha256}\n{file.SourceFolder}\n{file.Name}";

    /// <summary>What tells it from other programs.</summary>
    public string Identity => $"{Module}\n{role}\n{file.Contract}";

    /// <summary>The runner.</summary>
    protected PythonRunner Runner => runner;

    /// <summary>The contract as the host names it.</summary>
    public string Contract => file.Contract == CodeContract.PythonGenerators ? "generators" : "functions";

    /// <summary>Names of the function, the preferred one first.</summary>
    public string Functions => (role, Contract) switch
    {
        ("mapper", "functions") => "mapper",
        ("mapper", _) => "map",
        ("combiner", "functions") => "combiner,reducer",
        ("combiner", _) => "combine,reduce",
        (_, "functions") => "reducer",
        _ => "reduce",
    };

    /// <summary>The path the program sees as its own, which tracebacks name.</summary>
    public string ShownPath => file.SourceFolder is { } folder ? Path.Combine(folder, file.Name) : file.Name;

    /// <summary>Ends with it what waits for its job's next task, where that is not kept.</summary>
    public ValueTask DisposeAsync()
    {
        if (!Interlocked.Exchange(ref _closed, true))
        {
            runner.Close(job);
        }

        return ValueTask.CompletedTask;
    }
}

/// <summary>A mapper of either Python contract.</summary>
internal sealed class PythonMapper(PythonRunner runner, JobId job, CodeFile file) : PythonProgram(runner, job, file, "mapper"), IMapProgram
{
    private readonly PairReader _pairs = new(textValues: false, runner.Options.RecordBytesMax);

    /// <inheritdoc/>
    public ValueFormat Output => ValueFormat.Json;

    /// <inheritdoc/>
    public void Map(AttemptContext attempt, IRecordSource records, IPairSink output) =>
        PythonRun.Run(Runner, this, attempt, new PythonBlockFeed(records), _pairs, output);
}

/// <summary>A reducer or combiner of either Python contract.</summary>
internal sealed class PythonReducer(PythonRunner runner, JobId job, CodeFile file, string role, ValueFormat input)
    : PythonProgram(runner, job, file, role), IGroupProgram
{
    private readonly PairReader _pairs = new(textValues: role == "combiner" && input == ValueFormat.Text, runner.Options.RecordBytesMax);

    /// <inheritdoc/>
    public ValueFormat Output => Role == "combiner" ? input : ValueFormat.Json;

    /// <inheritdoc/>
    public IValueFold? Fold => null;

    /// <inheritdoc/>
    public void Run(AttemptContext attempt, IGroupSource groups, IPairSink output) =>
        PythonRun.Run(Runner, this, attempt, new PythonGroupFeed(groups, input), _pairs, output);
}
