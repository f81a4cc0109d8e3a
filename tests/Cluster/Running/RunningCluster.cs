using System.Globalization;
using Katanemimena.Adapters.AzureQueue;
using Katanemimena.Adapters.Etcd;
using Katanemimena.Adapters.FileSystem;
using Katanemimena.Core;
using Katanemimena.DataPath;
using Katanemimena.Orchestration;
using Katanemimena.Runners;
using Katanemimena.Service;
using Katanemimena.Tests.Contracts;
using Katanemimena.Tests.Contracts.Services;

namespace Katanemimena.Tests.Cluster.Running;

/// <summary>etcd, Azurite, two managers and two workers, each a process of its own, on one folder as the shared volume.</summary>
public sealed class RunningCluster : IAsyncLifetime
{
    private static readonly CancellationToken s_never = CancellationToken.None;

    /// <summary>What a dead member held comes back after its leases, which a busy machine does not shorten.</summary>
    private static readonly TimeSpan s_jobLimit = TimeSpan.FromMinutes(3);

    private readonly TemporaryFolder _volume = new();
    private EtcdKeyValueStore _store = null!;
    private string _storage = null!;
    private AzureTaskQueue _queue = null!;

    public EtcdServer Etcd { get; } = new();

    public AzuriteServer Azurite { get; } = new();

    public List<AppProcess> Managers { get; } = [];

    public List<AppProcess> Workers { get; } = [];

    public async ValueTask InitializeAsync()
    {
        await Task.WhenAll(Etcd.StartAsync(), Azurite.StartAsync());
        _storage = Azurite.NewAccount();
        _store = new EtcdKeyValueStore(new EtcdOptions { Endpoints = [Etcd.Client] }, TimeProvider.System);
        _queue = new AzureTaskQueue(new AzureQueueOptions { ConnectionString = _storage }, TimeProvider.System);
        Managers.AddRange([App("functions/Katanemimena.Functions", "manager-0"), App("functions/Katanemimena.Functions", "manager-1")]);
        Workers.AddRange([App("worker-functions/Katanemimena.WorkerFunctions", "worker-0"), App("worker-functions/Katanemimena.WorkerFunctions", "worker-1")]);
        await Task.WhenAll(Managers.Concat(Workers).Select(app => app.StartAsync()));
    }

    public async ValueTask DisposeAsync()
    {
        foreach (AppProcess app in Managers.Concat(Workers))
        {
            await app.DisposeAsync();
        }

        _store.Dispose();
        await Etcd.DisposeAsync();
        await Azurite.DisposeAsync();
        _volume.Dispose();
    }

    /// <summary>The process of the manager that a job was given to.</summary>
    public AppProcess ManagerOf(JobId job) => Managers[int.Parse(job.Manager[^1..], CultureInfo.InvariantCulture)];

    /// <summary>Full path of a file on the volume.</summary>
    public string File(string name) => _volume.File(name);

    /// <summary>Writes a file on the volume.</summary>
    public string Write(string name, string text)
    {
        System.IO.File.WriteAllText(File(name), text);
        return File(name);
    }

    /// <summary>Datafiles, as one more member sees them.</summary>
    public DatafileStore Datafiles() => new(_store, new FolderVolume(File("volume"), durable: true), TimeProvider.System);

    /// <summary>Submits a job over files of the machine.</summary>
    public Task<JobId> SubmitAsync(IReadOnlyList<string> input, string mapper, string? reducer, string? combiner = null, JobOptions? options = null) =>
        SubmitAsync(InputResolver.Resolve(input), mapper, reducer, combiner, options);

    /// <summary>Submits a job.</summary>
    public async Task<JobId> SubmitAsync(IReadOnlyList<InputFile> inputs, string mapper, string? reducer, string? combiner = null, JobOptions? options = null)
    {
        CodeFile Load(string file, string role) => CodeFiles.Load(file, role, CodeContract.Auto, File("code"));
        return await new JobIntake(_store, _queue, new QueueNames()).SubmitAsync(
            new JobSpec
            {
                Inputs = inputs,
                Mapper = Load(mapper, "mapper"),
                Reducer = reducer is null ? CodeFiles.Identity : Load(reducer, "reducer"),
                Combiner = combiner is null ? null : Load(combiner, "combiner"),
                Options = options ?? new JobOptions { Workers = 4 },
                Submitted = TimeProvider.System.GetUtcNow(),
            },
            s_never);
    }

    /// <summary>Waits for the end of a job, which has to be a good one, and returns its result.</summary>
    public async Task<byte[]> ResultAsync(JobId job, string format = "tsv")
    {
        JobState state = await EndAsync(job);
        Assert.True(state.Phase == JobPhase.Completed, $"{job} ended as {state.Phase}: {state.Error}");
        var volume = new FolderVolume(File("volume"), durable: false);
        JobManifest manifest = JobDocuments.ReadManifest(System.IO.File.ReadAllBytes(Path.Join(File("volume"), state.Manifest!)));
        using var output = new MemoryStream();
        ResultReader.Write(
            new ResultRequest
            {
                Parts = [.. manifest.Parts.Select((part, index) => new RunReference(new AttemptId(new TaskId(job, TaskStage.Reduce, index), part.Attempt), part.Path))],
                Values = manifest.Values,
                Format = Enum.Parse<ResultFormat>(format, ignoreCase: true),
                Volume = volume,
            },
            output,
            s_never);
        return output.ToArray();
    }

    /// <summary>Waits for the end of a job.</summary>
    public async Task<JobState> EndAsync(JobId job)
    {
        JobState? state = null;
        await Waiting.UntilAsync(
            async () =>
            {
                state = await StateAsync(job);
                return state is { Ended: true };
            },
            $"job {job} ends",
            s_jobLimit);
        return state!;
    }

    /// <summary>A job's state; null while the store is in trouble.</summary>
    public async Task<JobState?> StateAsync(JobId job)
    {
        try
        {
            return (await new JobStore(_store).StateAsync(job, s_never))!.State;
        }
        catch (TransientFault)
        {
            return null;
        }
    }

    private AppProcess App(string program, string name) => new(program, new Dictionary<string, string>
    {
        ["MANAGER_ID"] = name,
        ["ETCD_ENDPOINTS"] = Etcd.Client.ToString(),
        ["AzureWebJobsStorage"] = _storage,
        ["VOLUME_PATH"] = _volume.Path,
        ["WORKER_TASKS"] = "2",
        ["DATA_FILES_ANYWHERE"] = "true",
    });
}
