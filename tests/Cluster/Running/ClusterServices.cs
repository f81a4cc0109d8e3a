using System.Security.Cryptography;
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

/// <summary>etcd, Azurite and a folder as the shared volume, with members of some kind on top.</summary>
public abstract class ClusterServices : IAsyncLifetime
{
    /// <summary>Path of the app that runs managers.</summary>
    public const string ManagerApp = "functions/Katanemimena.Functions";

    /// <summary>Path of the app that runs tasks.</summary>
    public const string WorkerApp = "worker-functions/Katanemimena.WorkerFunctions";

    private static readonly CancellationToken s_never = CancellationToken.None;

    /// <summary>What a dead member held comes back after its leases, which a busy machine does not shorten.</summary>
    private static readonly TimeSpan s_jobLimit = TimeSpan.FromMinutes(3);

    /// <summary>Password of the admin, whose name is the default.</summary>
    public const string AdminPassword = "Nine lives, one cluster";

    private readonly TemporaryFolder _volume = new();
    private readonly string _key = Convert.ToBase64String(RandomNumberGenerator.GetBytes(32));
    private EtcdKeyValueStore _store = null!;
    private string _storage = null!;
    private AzureTaskQueue _queue = null!;

    public EtcdServer Etcd { get; } = new();

    public AzuriteServer Azurite { get; } = new();

    /// <summary>SANDBOX of the workers.</summary>
    public string Sandbox { get; init; } = "preferred";

    /// <summary>The truth.</summary>
    public IKeyValueStore Store => _store;

    /// <summary>The hints.</summary>
    public ITaskQueue Queue => _queue;

    /// <summary>How members reach the queues: Azurite, or something in between.</summary>
    protected virtual string MembersStorage => _storage;

    /// <summary>Connection string of the account.</summary>
    public string Storage => _storage;

    public async ValueTask InitializeAsync()
    {
        await Task.WhenAll(Etcd.StartAsync(), Azurite.StartAsync());
        _storage = Azurite.NewAccount();
        _store = new EtcdKeyValueStore(new EtcdOptions { Endpoints = [Etcd.Client] }, TimeProvider.System);
        _queue = new AzureTaskQueue(new AzureQueueOptions { ConnectionString = _storage }, TimeProvider.System);
        await StartMembersAsync();
    }

    /// <summary>Starts managers and workers.</summary>
    protected abstract Task StartMembersAsync();

    /// <summary>Ends them.</summary>
    protected abstract ValueTask StopMembersAsync();

    public async ValueTask DisposeAsync()
    {
        await StopMembersAsync();
        _store.Dispose();
        await Etcd.DisposeAsync();
        await Azurite.DisposeAsync();
        _volume.Dispose();
        GC.SuppressFinalize(this);
    }

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
        JobManifest manifest = await ManifestAsync(job);
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

    /// <summary>The manifest of a job that has completed.</summary>
    public async Task<JobManifest> ManifestAsync(JobId job) =>
        JobDocuments.ReadManifest(await System.IO.File.ReadAllBytesAsync(Path.Join(File("volume"), (await StateAsync(job))!.Manifest!)));

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

    /// <summary>The environment of a member.</summary>
    public virtual Dictionary<string, string> Settings(string name) => new()
    {
        ["MANAGER_ID"] = name,
        ["ETCD_ENDPOINTS"] = Etcd.Client.ToString(),
        ["AzureWebJobsStorage"] = MembersStorage,
        ["VOLUME_PATH"] = _volume.Path,
        ["WORKER_TASKS"] = "2",
        ["KEY_ENCRYPTION_KEY"] = _key,
        ["ADMIN_PASSWORD"] = AdminPassword,
        ["DATA_FILES_ANYWHERE"] = "true",
        ["SANDBOX"] = Sandbox,
    };
}
