using Katanemimena.Core;

namespace Katanemimena.Runners;

/// <summary>Runs user code of every contract, in any mix: each of mapper, combiner and reducer by its own.</summary>
/// <remarks>
/// Linux only. Safe for several threads. .NET code runs in this process unless its isolation says otherwise, all other code in processes of its own.
/// What a reducer or combiner is given when the mapper follows another contract: Python code gets text as strings; .NET code gets the bytes,
/// which are JSON after a Python mapper; a streaming program gets JSON strings as their characters and other JSON as it is, and keys
/// and values with linear-TSV escapes (<c>\\ \t \n \r</c>) unless the mapper is a streaming program too.
/// A combiner gives values back in the mapper's format; one that cannot is refused.
/// </remarks>
public sealed class UserCodeHost : IUserCodeHost
{
    private readonly PythonRunner _python;
    private readonly StreamingRunner _streaming;
    private readonly ICodeRunner _dotnet;

    /// <summary>Makes a host; nothing is started before it is needed.</summary>
    public UserCodeHost(UserCodeHostOptions options)
    {
        PythonOptions python = new()
        {
            Interpreter = options.PythonInterpreter,
            CacheFolder = options.CacheFolder,
            WorkFolder = options.WorkFolder,
            MemoryBytesMax = options.ProcessMemoryBytesMax,
            FileBytesMax = options.ProcessFileBytesMax,
            RecordBytesMax = options.RecordBytesMax,
            LoadTimeout = options.OpenTimeout,
        };
        _python = new PythonRunner(python);
        PythonInterpreter interpreter = new(python);
        _streaming = new StreamingRunner(options, () => interpreter.Path);
        _dotnet = options.DotNetIsolation == DotNetIsolation.OwnProcess ? new IsolatedRunner(options) : new DotNetRunner(options);
    }

    /// <inheritdoc/>
    /// <exception cref="UserCodeFault">A program does not compile or load, lacks the contract's functions, or the combiner's values cannot be turned into the mapper's.</exception>
    public async ValueTask<IUserCode> OpenAsync(JobCode code, CancellationToken cancellation)
    {
        IMapProgram mapper = await RunnerOf(code.Mapper).OpenMapperAsync(code.Job, code.Mapper, cancellation);
        IGroupProgram? reducer = null;
        IGroupProgram? combiner = null;
        try
        {
            // All are opened before the first record is mapped, so that a broken reducer does not wait for the end of the map stage to be found.
            reducer = await OpenAsync(code, code.Reducer, "reducer", mapper.Output, cancellation);
            combiner = code.Combiner is { } file ? await OpenAsync(code, file, "combiner", mapper.Output, cancellation) : null;
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
        await _python.DisposeAsync();
        await _streaming.DisposeAsync();
        await _dotnet.DisposeAsync();
    }

    private static void CheckCombiner(JobCode code, ValueFormat mapOutput, IGroupProgram? combiner)
    {
        if (combiner is not null && combiner.Output != mapOutput)
        {
            throw Cards.AtOpen(code.Job, code.Combiner!, "combiner",
                $"the combiner '{code.Combiner!.Name}' writes text, but the mapper '{code.Mapper.Name}' emits JSON values, and text cannot be told from JSON again: use a combiner of the mapper's contract");
        }
    }

    private ValueTask<IGroupProgram> OpenAsync(JobCode code, CodeFile file, string role, ValueFormat input, CancellationToken cancellation) => file.Contract switch
    {
        CodeContract.Identity => new(new IdentityProgram(input)),
        CodeContract.Streaming => new(_streaming.OpenReducer(code.Job, file, role, input, escape: code.Mapper.Contract != CodeContract.Streaming)),
        _ => RunnerOf(file).OpenReducerAsync(code.Job, file, role, input, cancellation),
    };

    private ICodeRunner RunnerOf(CodeFile file) => file.Contract switch
    {
        CodeContract.Streaming => _streaming,
        CodeContract.DotNet => _dotnet,
        CodeContract.PythonFunctions or CodeContract.PythonGenerators => _python,
        _ => throw new PermanentFault($"'{file.Name}' has the contract {file.Contract}, which cannot be run here"),
    };
}
