using System.Diagnostics.Metrics;
using Katanemimena.Adapters.FileSystem;
using Katanemimena.Core;
using Katanemimena.Hosting;
using Katanemimena.Orchestration;
using Katanemimena.Runners;
using Katanemimena.Service;
using Katanemimena.TriggerHost;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging;
using AppContext = Katanemimena.Hosting.AppContext;

namespace Katanemimena.WorkerFunctions;

/// <summary>The functions of this app and the worker they stand on.</summary>
public sealed class TaskFunctions : IAppFunctions
{
    private static readonly QueueNames s_queues = new();

    /// <summary>The functions that run tasks, with the queue of each.</summary>
    private static readonly (string Name, string Queue)[] s_tasks = [("Mapper", s_queues.MapTasks), ("Reducer", s_queues.ReduceTasks)];

    private const string WorkersSetting = "WORKER_TASKS";
    private const string AnywhereSetting = "DATA_FILES_ANYWHERE";

    private readonly WorkerNode _worker;
    private readonly UserCodeHost _code;
    private readonly string _workFolder;
    private readonly int _workers;

    private TaskFunctions(WorkerNode worker, int workers, UserCodeHost code, string workFolder, Meter meter) =>
        (_worker, _workers, _code, _workFolder, Meter) = (worker, workers, code, workFolder, meter);

    /// <inheritdoc/>
    public FunctionCatalogue Catalogue => CatalogueOf(() => _worker, _workers);

    /// <inheritdoc/>
    public Meter Meter { get; }

    /// <summary>The queues of its functions.</summary>
    public static IReadOnlyList<string> Queues { get; } = [.. QueueListener.WithPoison(s_queues.OfTasks)];

    /// <summary>All functions of the app.</summary>
    /// <param name="worker">Gives the worker; asked when a function is called.</param>
    /// <param name="workers">Tasks it runs at once.</param>
    public static FunctionCatalogue CatalogueOf(Func<WorkerNode> worker, int workers) => new(
    [
        .. s_tasks.Select(task => Function(task.Name, task.Queue, (body, cancellation) => worker().HandleAsync(body, cancellation)) with { InHandMax = workers }),
        .. s_tasks.Select(task => Function(task.Name + "Poison", task.Queue + QueueListener.PoisonSuffix, (body, cancellation) => worker().HandlePoisonAsync(body, cancellation))),
    ]);

    /// <summary>Starts a worker with <c>WORKER_TASKS</c> tasks at once; by default one a processor. It reads datafiles, and other files only with <c>DATA_FILES_ANYWHERE</c>.</summary>
    /// <exception cref="PermanentFault">A setting is wrong, or the sandbox that is required cannot be had.</exception>
    public static async ValueTask<IAppFunctions> StartAsync(AppContext context, CancellationToken cancellation)
    {
        bool hidden = OwnMemory.Hide(); // before there is user code
        Member member = context.Member;
        int workers = Workers(context.Configuration);
        string workFolder = Directory.CreateTempSubdirectory("katanemimena-").FullName;
        UserCodeHost? code = null;
        try
        {
            UserCodeHostOptions options = SandboxSetting.Read(context.Configuration, workers, workFolder, member.Folder);
            code = new UserCodeHost(options);
            foreach (string warning in WorkerExposure.Find(hidden, context.BehindRuntime).Warnings(options.Sandbox, code.TrySandbox()))
            {
                context.Log.LogWarning("{Warning}", warning);
            }

            var parts = new WorkerNodeParts
            {
                Store = member.Store,
                Queue = member.Queue,
                Volume = member.Volume,
                Data = new DatafileReader(member.Volume, ReadsAnywhere(context.Configuration) ? new LocalDataFiles() : null),
                CodeHost = code,
                ProcessName = member.ProcessName("worker"),
                Workers = workers,
                TakesFrom = [.. s_tasks.Where(task => context.Enabled.Runs(task.Name)).Select(task => task.Queue)],
                Time = member.Time,
                Report = context.Report,
            };
            return new TaskFunctions(await WorkerNode.StartAsync(parts, cancellation), workers, code, workFolder, context.NewMeter());
        }
        catch
        {
            await (code?.DisposeAsync() ?? ValueTask.CompletedTask);
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
        Meter.Dispose();
    }

    private static QueueFunction Function(string name, string queue, Func<ReadOnlyMemory<byte>, CancellationToken, ValueTask> handle) =>
        new(name, new FunctionTrigger.Queue(queue, ClusterSettings.Storage), handle);

    private static int Workers(IConfiguration configuration) =>
        configuration[WorkersSetting] is not { Length: > 0 } text ? Environment.ProcessorCount
        : int.TryParse(text, out int workers) && workers is >= 1 and <= 64 ? workers
        : throw new PermanentFault($"{WorkersSetting} is '{text}'; a number from 1 to 64 is wanted");

    /// <summary>Whether jobs may name any file that this process can read: for tests, and where there is one user only.</summary>
    private static bool ReadsAnywhere(IConfiguration configuration) => configuration[AnywhereSetting] switch
    {
        null or "" or "false" => false,
        "true" => true,
        { } text => throw new PermanentFault($"{AnywhereSetting} is '{text}'; true or false is wanted"),
    };
}
