using Katanemimena.Core;

namespace Katanemimena.Runners;

/// <summary>Runs user code of every contract, in any mix: each of mapper, combiner and reducer by its own.</summary>
/// <remarks>
/// Linux only. Safe for several threads. .NET code runs in this process unless its isolation says otherwise or a sandbox is asked for, all other code in processes of its own.
/// What a reducer or combiner is given when the mapper follows another contract: Python code gets text as strings; .NET code gets the bytes,
/// which are JSON after a Python mapper; a streaming program gets JSON strings as their characters and other JSON as it is, and keys
/// and values with linear-TSV escapes (<c>\\ \t \n \r</c>) unless the mapper is a streaming program too.
/// A combiner gives values back in the mapper's format; one that cannot is refused.
/// </remarks>
public sealed class UserCodeHost : IUserCodeHost
{
    private readonly Lock _gate = new();
    private readonly UserCodeHostOptions _options;
    private readonly SandboxChoice _sandbox;
    private readonly DotNetRunner _dotnet;
    private readonly Dictionary<Confinement, ProcessRunners> _runners = [];

    /// <summary>Makes a host; nothing is started before it is needed.</summary>
    public UserCodeHost(UserCodeHostOptions options)
    {
        _options = options;
        _sandbox = new SandboxChoice(options);
        _dotnet = new DotNetRunner(options);
    }

    /// <summary>Tries whether programs can be sandboxed here, once.</summary>
    /// <returns>Null if they can, else why not, as a sentence.</returns>
    /// <exception cref="PermanentFault">They cannot, and <see cref="UserCodeHostOptions.Sandbox"/> requires it.</exception>
    public string? TrySandbox()
    {
        _ = _sandbox.For(SandboxDemand.Preferred);
        return _sandbox.WhyNot;
    }

    /// <inheritdoc/>
    public SandboxLevel LevelOf(JobCode code) =>
        Programs(code).Select(file => RunsHere(code, file) ? SandboxLevel.None : _sandbox.LevelOf(code.Sandbox)).DefaultIfEmpty(SandboxLevel.Namespaces).Min();

    /// <inheritdoc/>
    /// <exception cref="UserCodeFault">A program does not compile or load, lacks the contract's functions, or the combiner's values cannot be turned into the mapper's.</exception>
    public async ValueTask<IUserCode> OpenAsync(JobCode code, CancellationToken cancellation)
    {
        ProcessRunners runners = RunnersFor(code);
        IMapProgram mapper = await RunnerOf(runners, code, code.Mapper).OpenMapperAsync(code.Job, code.Mapper, cancellation);
        IGroupProgram? reducer = null;
        IGroupProgram? combiner = null;
        try
        {
            // All are opened before the first record is mapped, so that a broken reducer does not wait for the end of the map stage to be found.
            reducer = await OpenAsync(runners, code, code.Reducer, "reducer", mapper.Output, cancellation);
            combiner = code.Combiner is { } file ? await OpenAsync(runners, code, file, "combiner", mapper.Output, cancellation) : null;
            CheckCombiner(code, mapper.Output, combiner);
            return new HostedCode(mapper, reducer, combiner);
        }
        catch
        {
            await mapper.DisposeAsync();
            await (reducer?.DisposeAsync() ?? ValueTask.CompletedTask);
            await (combiner?.DisposeAsync() ?? ValueTask.CompletedTask);
            throw;
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        foreach (ProcessRunners runners in _runners.Values)
        {
            await runners.DisposeAsync();
        }

        await _dotnet.DisposeAsync();
        Cgroups.RemoveLeft();
    }

    private static IEnumerable<CodeFile> Programs(JobCode code) =>
        new[] { code.Mapper, code.Reducer, code.Combiner }.OfType<CodeFile>().Where(file => file.Contract != CodeContract.Identity);

    // Who asks for a sandbox gets the most that can be had, and that is at least a process.
    private bool RunsHere(JobCode code, CodeFile file) =>
        file.Contract == CodeContract.DotNet && _options.DotNetIsolation == DotNetIsolation.InProcess && !_sandbox.IsAsked(code.Sandbox);

    private ProcessRunners RunnersFor(JobCode code)
    {
        Confinement confinement = _sandbox.For(code.Sandbox);
        lock (_gate)
        {
            return _runners.TryGetValue(confinement, out ProcessRunners? known) ? known : _runners[confinement] = new ProcessRunners(_options, confinement);
        }
    }

    private static void CheckCombiner(JobCode code, ValueFormat mapOutput, IGroupProgram? combiner)
    {
        if (combiner is not null && combiner.Output != mapOutput)
        {
            throw Cards.AtOpen(code.Job, code.Combiner!, "combiner",
                $"the combiner '{code.Combiner!.Name}' writes text, but the mapper '{code.Mapper.Name}' emits JSON values, and text cannot be told from JSON again: use a combiner of the mapper's contract");
        }
    }

    private ValueTask<IGroupProgram> OpenAsync(ProcessRunners runners, JobCode code, CodeFile file, string role, ValueFormat input, CancellationToken cancellation) => file.Contract switch
    {
        CodeContract.Identity => new(new IdentityProgram(input)),
        CodeContract.Streaming => new(runners.Streaming.OpenReducer(code.Job, file, role, input, escape: code.Mapper.Contract != CodeContract.Streaming)),
        _ => RunnerOf(runners, code, file).OpenReducerAsync(code.Job, file, role, input, cancellation),
    };

    private ICodeRunner RunnerOf(ProcessRunners runners, JobCode code, CodeFile file) => file.Contract switch
    {
        CodeContract.Streaming => runners.Streaming,
        CodeContract.DotNet => RunsHere(code, file) ? _dotnet : runners.DotNet,
        CodeContract.PythonFunctions or CodeContract.PythonGenerators => runners.Python,
        _ => throw new PermanentFault($"'{file.Name}' has the contract {file.Contract}, which cannot be run here"),
    };
}
