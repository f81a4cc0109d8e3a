using Katanemimena.Adapters.FileSystem;
using Katanemimena.Core;
using Katanemimena.Hosting;
using Katanemimena.Orchestration;
using Katanemimena.Runners;
using Katanemimena.TriggerHost;
using Microsoft.Extensions.Configuration;
using AppContext = Katanemimena.Hosting.AppContext;

namespace Katanemimena.WorkerFunctions;

/// <summary>The functions of this app and the worker they stand on.</summary>
public sealed class TaskFunctions : IAppFunctions
{
    private const string WorkersSetting = "WORKER_TASKS";

    private readonly WorkerNode _worker;
    private readonly UserCodeHost _code;
    private readonly string _workFolder;
    private readonly int _workers;

    private TaskFunctions(WorkerNode worker, int workers, UserCodeHost code, string workFolder) =>
        (_worker, _workers, _code, _workFolder) = (worker, workers, code, workFolder);

    /// <inheritdoc/>
    public FunctionCatalogue Catalogue => new(
    [
        Function("Mapper", "map-tasks", _worker.HandleAsync) with { InHandMax = _workers },
        Function("Reducer", "reduce-tasks", _worker.HandleAsync) with { InHandMax = _workers },
        Function("MapperPoison", "map-tasks-poison", _worker.HandlePoisonAsync),
        Function("ReducerPoison", "reduce-tasks-poison", _worker.HandlePoisonAsync),
    ]);

    /// <summary>Starts a worker with <c>WORKER_TASKS</c> tasks at once; by default one a processor.</summary>
    /// <exception cref="PermanentFault">The setting is no number from 1 to 64.</exception>
    public static async ValueTask<IAppFunctions> StartAsync(AppContext context, CancellationToken cancellation)
    {
        ClusterMember member = context.Member;
        int workers = Workers(context.Configuration);
        string workFolder = Directory.CreateTempSubdirectory("katanemimena-").FullName;
        var code = new UserCodeHost(new UserCodeHostOptions
        {
            CacheFolder = Path.Join(workFolder, "cache"),
            WorkFolder = Path.Join(workFolder, "work"),
            DotNetIsolation = DotNetIsolation.OwnProcess,
        });
        try
        {
            var parts = new WorkerNodeParts
            {
                Store = member.Store,
                Queue = member.Queue,
                Volume = member.Volume,
                Data = new LocalDataFiles(),
                CodeHost = code,
                ProcessName = member.ProcessName,
                Workers = workers,
                Time = member.Time,
                Report = context.Report,
            };
            return new TaskFunctions(await WorkerNode.StartAsync(parts, cancellation), workers, code, workFolder);
        }
        catch
        {
            await code.DisposeAsync();
            Directory.Delete(workFolder, recursive: true);
            throw;
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _worker.DisposeAsync();
        await _code.DisposeAsync();
        Directory.Delete(_workFolder, recursive: true);
    }

    private static QueueFunction Function(string name, string queue, Func<ReadOnlyMemory<byte>, CancellationToken, ValueTask> handle) =>
        new(name, new FunctionTrigger.Queue(queue, ClusterSettings.Storage), handle);

    private static int Workers(IConfiguration configuration) =>
        configuration[WorkersSetting] is not { Length: > 0 } text ? Environment.ProcessorCount
        : int.TryParse(text, out int workers) && workers is >= 1 and <= 64 ? workers
        : throw new PermanentFault($"{WorkersSetting} is '{text}'; a number from 1 to 64 is wanted");
}
