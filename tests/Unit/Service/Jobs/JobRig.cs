using System.Text;
using Katanemimena.Adapters.InMemory;
using Katanemimena.Core;
using Katanemimena.Orchestration;
using Katanemimena.Service;
using Katanemimena.Tests.Contracts;
using Xunit;

namespace Katanemimena.Tests.Unit.Service.Jobs;

/// <summary>Jobs that a test puts where it wants them, over stores in memory; nothing runs them.</summary>
internal sealed class JobRig : IDisposable
{
    internal const string Owner = "ann";

    internal static readonly JobCaller Caller = new(Owner, IsAdmin: false);

    private static readonly CodeFile s_code = new() { Name = "count", Path = "/count", Sha256 = "00", Contract = CodeContract.DotNet };

    private readonly InMemoryKeyValueStore _store;
    private readonly InMemoryTaskQueue _queue;

    internal JobRig()
    {
        _store = new InMemoryKeyValueStore(Clock);
        _queue = new InMemoryTaskQueue(Clock);
        Datafiles = new DatafileStore(_store, Volume, Clock);
    }

    internal ManualTimeProvider Clock { get; } = new();

    internal IKeyValueStore Store => _store;

    internal InMemoryVolume Volume { get; } = new();

    internal DatafileStore Datafiles { get; }

    internal Task<long> StoredAsync() => Datafiles.StoredBytesAsync(Owner, default).AsTask();

    /// <summary>The service over a store; by default the one in memory.</summary>
    internal JobServices Services(IKeyValueStore? store = null) => new(new JobParts
    {
        Store = store ?? _store,
        Queue = _queue,
        Volume = Volume,
        Data = new DatafileJobData(new DatafileStore(store ?? _store, Volume, Clock)),
        CodeFolder = "code",
        ProcessName = "api-0",
        Time = Clock,
    });

    /// <summary>Finds a job and deletes it, as its owner does.</summary>
    internal static async ValueTask DeleteAsync(JobServices services, JobId job) =>
        await services.Ending.DeleteAsync(await services.Catalogue.FindAsync(Caller, job.ToString(), default), default);

    internal static JobSpec Spec(params InputFile[] inputs) =>
        new() { Inputs = inputs.Length > 0 ? inputs : [new InputFile("a", 1, false)], Mapper = s_code, Reducer = s_code, Owner = Owner };

    /// <summary>Registers a job of the owner's.</summary>
    internal async Task<JobId> SubmitAsync(JobSpec? spec = null)
    {
        await PutAsync(JobKeys.ManagerAlive("m0"), []);
        Clock.Advance(TimeSpan.FromSeconds(1));
        RegistrationResult result = await new JobRegister(_store).StoreAsync(
            (spec ?? Spec()) with { Submitted = Clock.GetUtcNow() }, new JobRegistration { OpenJobsMax = int.MaxValue }, default);
        return Assert.IsType<RegistrationResult.Stored>(result).Job;
    }

    /// <summary>Lets a job fail with a card, and leaves files of it about as workers do.</summary>
    internal async Task FailAsync(JobId job)
    {
        var attempt = new AttemptId(new TaskId(job, TaskStage.Map, 0), "t");
        await PutAsync(JobKeys.Failed(attempt), JobDocuments.Write(new FailureCard { Stage = "map", Error = "it failed" }));
        Write(JobFiles.Output(attempt), 1000);
        Assert.True(await new JobStore(_store).EndAsync(job, new JobFailed("it failed", null, Clock.GetUtcNow()), default));
    }

    /// <summary>Lets a job end with a result in one part.</summary>
    internal async Task CompleteAsync(JobId job, byte[] part)
    {
        var reduce = new AttemptId(new TaskId(job, TaskStage.Reduce, 0), "t");
        Write(JobFiles.Output(new AttemptId(new TaskId(job, TaskStage.Map, 0), "t")), 1000);
        Write(JobFiles.Output(reduce), part);
        string manifest = JobFiles.Manifest(job, "t");
        Volume.Write(manifest, new JobManifest
        {
            Job = job.ToString(),
            Inputs = [],
            Code = [],
            Map = new ManifestStage(),
            Reduce = new ManifestStage(),
            Parts = [new ManifestPart(JobFiles.Output(reduce), "t", part.Length, "00000000")],
        }, JobDocuments.Default.JobManifest);
        await PutAsync(JobKeys.State(job), JobDocuments.Write(new JobState
        {
            Phase = JobPhase.Completed, MapTasks = 1, ReduceTasks = 1, Partitions = 1, Manifest = manifest, Submitted = Clock.GetUtcNow(), EndedAt = Clock.GetUtcNow(),
        }));
    }

    /// <summary>What the manager does with a job that has ended.</summary>
    internal ValueTask CleanAsync(JobId job, IKeyValueStore? store = null) => new JobCoordinator(new CoordinatorParts
    {
        Store = store ?? _store, Queue = _queue, Volume = Volume, Mint = new TokenMint("manager-0"), Time = Clock,
    }).HandleAsync(new StageMessage(job.ToString()), default);

    internal async Task PutAsync(string key, byte[] value) => await _store.TransactAsync(new Transaction { Writes = [new KeyWrite.Put(key, value)] }, default);

    internal void Write(string path, int bytes) => Write(path, Encoding.ASCII.GetBytes(new string('x', bytes)));

    private void Write(string path, byte[] bytes)
    {
        using VolumeWriter writer = Volume.Create(path);
        writer.Write(bytes);
        writer.Publish();
    }

    public void Dispose()
    {
        _queue.Dispose();
        _store.Dispose();
    }
}
