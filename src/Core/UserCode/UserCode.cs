namespace Katanemimena.Core;

/// <summary>The ways in which a program of the user's can be a mapper, combiner or reducer.</summary>
public enum CodeContract
{
    /// <summary>To be recognised from the file.</summary>
    Auto,

    /// <summary>Python <c>mapper(arr)</c> and <c>reducer(entries)</c>.</summary>
    PythonFunctions,

    /// <summary>Python <c>map(key, line)</c> and <c>reduce(key, values)</c>.</summary>
    PythonGenerators,

    /// <summary>Any executable: lines in, <c>key TAB value</c> lines out, as in Hadoop Streaming.</summary>
    Streaming,

    /// <summary>A .NET assembly or a C# file that implements the Sdk's interfaces.</summary>
    DotNet,

    /// <summary>The engine's own identity reducer; no file.</summary>
    Identity,
}

/// <summary>One program of the user's.</summary>
public sealed record CodeFile
{
    /// <summary>Its own file name, for messages.</summary>
    public required string Name { get; init; }

    /// <summary>Full path of the copy that is run, named by content hash; for a command found on PATH, the executable itself; without a <c>/</c>, a command that each worker looks up on its own PATH; empty for <see cref="CodeContract.Identity"/>.</summary>
    public required string Path { get; init; }

    /// <summary>SHA-256 of the file in lower-case hexadecimal; of the command line for a command.</summary>
    public required string Sha256 { get; init; }

    /// <summary>The contract, recognised or named; never <see cref="CodeContract.Auto"/> once a job is submitted.</summary>
    public required CodeContract Contract { get; init; }

    /// <summary>Arguments of a streaming command; empty for a plain file.</summary>
    public IReadOnlyList<string> Arguments { get; init; } = [];

    /// <summary>Folder the file came from, searched for modules it imports; null where there is none.</summary>
    public string? SourceFolder { get; init; }
}

/// <summary>The user's programs of one job.</summary>
/// <param name="Job">For messages and the environment of streaming programs.</param>
/// <param name="Mapper">The mapper.</param>
/// <param name="Reducer">The reducer; may be the identity.</param>
/// <param name="Combiner">The combiner, or null.</param>
public sealed record JobCode(JobId Job, CodeFile Mapper, CodeFile Reducer, CodeFile? Combiner)
{
    /// <summary>How it is to be kept from all else on the machine.</summary>
    public SandboxDemand Sandbox { get; init; }

    /// <summary>The programs of a job.</summary>
    public static JobCode Of(JobId job, JobSpec spec) => new(job, spec.Mapper, spec.Reducer, spec.Combiner) { Sandbox = spec.Options.Sandbox };
}

/// <summary>Starts user code. One for each process of ours; it keeps interpreters warm across tasks and jobs.</summary>
public interface IUserCodeHost : IAsyncDisposable
{
    /// <summary>Makes a job's code ready to run on one worker: compiles, loads, checks that it has what its contract wants.</summary>
    /// <param name="code">The programs.</param>
    /// <param name="cancellation">Ends it soon, even if user code that runs as it is loaded does not return.</param>
    /// <exception cref="UserCodeFault">It does not compile or load, or lacks the contract's functions.</exception>
    /// <exception cref="PermanentFault">The sandbox that is required cannot be had here.</exception>
    ValueTask<IUserCode> OpenAsync(JobCode code, CancellationToken cancellation);

    /// <summary>The weakest level at which a job's programs run here, the engine's own aside. May take a moment the first time, in which the machine is tried.</summary>
    SandboxLevel LevelOf(JobCode code) => SandboxLevel.None;
}

/// <summary>A job's code, ready on one worker. One call at a time. Calls block until done; each leaves it ready for the next, even when it throws.</summary>
public interface IUserCode : IAsyncDisposable
{
    /// <summary>Format of the values that mapper and combiner emit.</summary>
    ValueFormat MapOutput { get; }

    /// <summary>Format of the values that the reducer emits.</summary>
    ValueFormat ReduceOutput { get; }

    /// <summary>The combiner in its fast form, or null. It may be called by what <see cref="Map"/> emits to, and within <see cref="RunFolding"/>.</summary>
    IValueFold? Fold { get; }

    /// <summary>Runs work of the engine that calls <see cref="Fold"/>, so that a fold that is stuck fails the attempt as other user code does.</summary>
    /// <param name="attempt">Its timeout and cancellation count for the fold alone, not for the work.</param>
    /// <param name="work">Runs to its end on some thread, unless the fold is stuck: then it never returns, and its memory must not be relied on.</param>
    /// <inheritdoc cref="Map"/>
    void RunFolding(AttemptContext attempt, Action work) => work();

    /// <summary>Runs the mapper over all records of a chunk.</summary>
    /// <exception cref="UserCodeFault">It failed, was too slow, or broke its contract.</exception>
    /// <exception cref="OperationCanceledException">The attempt was cancelled.</exception>
    void Map(AttemptContext attempt, IRecordSource records, IPairSink output);

    /// <summary>Runs the combiner over groups. What it emits must come in the order of the groups it came from.</summary>
    /// <inheritdoc cref="Map"/>
    void Combine(AttemptContext attempt, IGroupSource groups, IPairSink output);

    /// <summary>Runs the reducer over groups.</summary>
    /// <inheritdoc cref="Map"/>
    void Reduce(AttemptContext attempt, IGroupSource groups, IPairSink output);
}
