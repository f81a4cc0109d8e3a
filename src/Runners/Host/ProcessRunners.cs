namespace Katanemimena.Runners;

/// <summary>The runners that start processes, all confined alike.</summary>
internal sealed class ProcessRunners : IAsyncDisposable
{
    /// <summary>Makes them; nothing is started before it is needed.</summary>
    public ProcessRunners(UserCodeHostOptions options, Confinement confinement)
    {
        PythonOptions python = new()
        {
            Interpreter = options.PythonInterpreter,
            CacheFolder = options.CacheFolder,
            WorkFolder = options.WorkFolder,
            Confinement = confinement,
            Shared = options.Shared,
            MemoryBytesMax = options.ProcessMemoryBytesMax,
            FileBytesMax = options.ProcessFileBytesMax,
            RecordBytesMax = options.RecordBytesMax,
            LoadTimeout = options.OpenTimeout,
        };
        Python = new PythonRunner(python);
        Streaming = new StreamingRunner(options, confinement, new PythonInterpreter(python));
        DotNet = new IsolatedRunner(options, confinement);
    }

    /// <summary>Both Python contracts.</summary>
    public PythonRunner Python { get; }

    /// <summary>Streaming programs.</summary>
    public StreamingRunner Streaming { get; }

    /// <summary>.NET code in processes of its own.</summary>
    public IsolatedRunner DotNet { get; }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await Python.DisposeAsync();
        await Streaming.DisposeAsync();
        await DotNet.DisposeAsync();
    }
}
