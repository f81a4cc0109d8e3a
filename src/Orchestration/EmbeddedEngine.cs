using System.Globalization;
using System.Runtime.CompilerServices;
using Katanemimena.Core;
using Katanemimena.DataPath;

namespace Katanemimena.Orchestration;

/// <summary>What an embedded engine is made of.</summary>
public sealed record EngineParts
{
    /// <summary>The name of the manager where none is given.</summary>
    public const string DefaultManager = "local";

    /// <summary>The truth.</summary>
    public required IKeyValueStore Store { get; init; }

    /// <summary>The hints.</summary>
    public required ITaskQueue Queue { get; init; }

    /// <summary>Runs, parts, plans and manifests.</summary>
    public required IVolume Volume { get; init; }

    /// <summary>Input files.</summary>
    public required IDataFiles Data { get; init; }

    /// <summary>User code.</summary>
    public required IUserCodeHost CodeHost { get; init; }

    /// <summary>Clock and timers.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>Stable name of the manager, and so the first half of job ids.</summary>
    public string Manager { get; init; } = DefaultManager;

    /// <summary>A name no other process ever had, for worker names and attempt tokens.</summary>
    public required string ProcessName { get; init; }

    /// <summary>Workers to run, each on a thread of its own; 1 or more.</summary>
    public int Workers { get; init; } = Environment.ProcessorCount;

    /// <summary>Data buffers of all workers together, in bytes, 16 MiB or more; null (default) for what each job asks for.</summary>
    public long? MemoryBytes { get; init; }

    /// <summary>The data path of map tasks, run on the worker's thread.</summary>
    internal Func<MapRequest, MapOutcome> Map { get; init; } = MapExecutor.Run;

    /// <summary>The data path of reduce tasks, run on the worker's thread.</summary>
    internal Func<ReduceRequest, ReduceOutcome> Reduce { get; init; } = ReduceExecutor.Run;

    /// <summary>Which of the unfinished jobs found in the store go on; null (default) for all. Those submitted later run in any case.</summary>
    public Func<JobId, bool>? GoesOn { get; init; }

    /// <summary>Told of every fault that a loop meets and goes on after, with the loop's name; null for nobody. Called from any thread.</summary>
    public Action<string, Exception>? Report { get; init; }
}

/// <summary>Manager, workers and reconciler in one process: what <c>mrctl run</c> runs, on the same parts as a cluster.</summary>
/// <remarks>Not safe for two processes on one store unless the store is shared by design; the composition root holds a lock on a state folder.</remarks>
public sealed class EmbeddedEngine : IAsyncDisposable
{
    /// <summary>Both stages share a queue here, since every worker takes either.</summary>
    private static readonly QueueNames s_queues = new() { MapTasks = "tasks", ReduceTasks = "tasks" };

    private static readonly TimeSpan s_lookAgain = TimeSpan.FromSeconds(1);

    private readonly EngineParts _parts;
    private readonly JobStore _jobs;
    private readonly StatusReader _status;
    private readonly JobSubmitter _submitter;
    private readonly JobCoordinator _coordinator;
    private readonly JobControl _control;
    private readonly JobReader _reader;
    private readonly Reconciler _reconciler;
    private readonly WorkerLease _lease;
    private readonly StateWatch _watch;
    private readonly List<EmbeddedWorker> _workers = [];
    private readonly List<Task> _loops = [];
    private readonly CancellationTokenSource _stop = new();
    private readonly HashSet<JobId> _waiting = [];

    private EmbeddedEngine(EngineParts parts)
    {
        _parts = parts;
        _jobs = new JobStore(parts.Store);
        _status = new StatusReader(parts.Store);
        _submitter = new JobSubmitter(parts.Store, parts.Queue, s_queues);
        var mint = new TokenMint(parts.ProcessName);
        var cache = new JobCache(_jobs, parts.Volume);
        var coordinator = new CoordinatorParts
        {
            Store = parts.Store,
            Queue = parts.Queue,
            Volume = parts.Volume,
            Mint = mint,
            Time = parts.Time,
            Queues = s_queues,
            Report = parts.Report,
        };
        _coordinator = new JobCoordinator(coordinator);
        _reader = new JobReader(parts.Store, parts.Volume);
        _control = new JobControl(
            new JobControlParts { Store = parts.Store, Queue = parts.Queue, Volume = parts.Volume, ProcessName = parts.ProcessName, Time = parts.Time, Queues = s_queues }, _coordinator);
        _reconciler = new Reconciler(coordinator, parts.Manager, cache, job => !_waiting.Contains(job), backups: false);
        _watch = new StateWatch(parts.Store, parts.Time);
        _lease = new WorkerLease(parts.Store, parts.Time, Registration.Of(parts.ProcessName, parts.Manager, parts.Workers, s_queues.OfTasks, parts.Time), parts.Report);
        for (int worker = 0; worker < parts.Workers; worker++)
        {
            string name = string.Create(CultureInfo.InvariantCulture, $"worker-{worker}");
            _workers.Add(new EmbeddedWorker(new WorkerThread(name, parts.Map, parts.Reduce), parts.CodeHost, (executor, code) => WorkerParts(executor, code, mint, cache)));
        }
    }

    /// <summary>Starts the loops. With a store that holds unfinished jobs of this manager, those go on at once: leases of the dead process are ended, committed tasks stay.</summary>
    public static async ValueTask<EmbeddedEngine> StartAsync(EngineParts parts, CancellationToken cancellation)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(parts.Workers, 1);
        NodeNames.Require(parts.Manager, parts.ProcessName);
        var resumption = new Resumption(parts.Store, parts.Manager, parts.ProcessName);
        await resumption.EndDeadProcessesAsync(cancellation);
        IReadOnlyList<JobId> open = await resumption.ForgiveAsync(cancellation);
        var engine = new EmbeddedEngine(parts);
        try
        {
            engine._waiting.UnionWith(open.Where(job => parts.GoesOn?.Invoke(job) == false));
            await engine._lease.StartAsync(cancellation);
            engine.StartLoops();
            foreach (JobId job in open.Where(job => !engine._waiting.Contains(job)))
            {
                await engine._submitter.WakeAsync(job, restart: true, cancellation);
            }
        }
        catch
        {
            await engine.DisposeAsync();
            throw;
        }

        return engine;
    }

    /// <summary>Checks what <see cref="SubmitAsync"/> would refuse.</summary>
    /// <exception cref="PermanentFault">The specification cannot work; the message names the field.</exception>
    public static void Check(JobSpec spec) => SpecCheck.Check(spec);

    /// <summary>Submits a job.</summary>
    /// <exception cref="PermanentFault">The specification cannot work; the message names the field.</exception>
    public async ValueTask<JobId> SubmitAsync(JobSpec spec, CancellationToken cancellation)
    {
        JobId job = await _submitter.SubmitAsync(_parts.Manager, spec, cancellation);
        long chunkBytes = spec.Options.ChunkBytes > 0 ? spec.Options.ChunkBytes : ChunkPlanner.AutoBytesMin;
        long tasks = spec.Inputs.Sum(input => input.Gzip ? 1 : (input.Bytes + chunkBytes - 1) / chunkBytes);
        foreach (EmbeddedWorker worker in _workers.Take((int)Math.Clamp(tasks, 1, _workers.Count)))
        {
            worker.Warm(job, spec);
        }

        return job;
    }

    /// <summary>The jobs this store knows, by id.</summary>
    public async ValueTask<IReadOnlyList<JobStatus>> ListAsync(CancellationToken cancellation)
    {
        var jobs = new List<JobStatus>();
        KeyRange range = KeyRange.Prefix(JobKeys.Jobs) with { Limit = 1 };
        while (await _parts.Store.RangeAsync(range, cancellation) is { Keys: [KeyValue first, ..] })
        {
            JobId job = JobKeys.ParseJob(first.Key);
            if (await _status.ReadAsync(job, cancellation) is { } status)
            {
                jobs.Add(status);
            }

            range = range with { Start = KeyRange.Prefix(JobKeys.Job(job)).End! };
        }

        return [.. jobs.OrderBy(status => status.Id)];
    }

    /// <summary>One job as it stands, or null if there is none.</summary>
    public ValueTask<JobStatus?> GetAsync(JobId job, CancellationToken cancellation) => _status.ReadAsync(job, cancellation);

    /// <summary>Every change of a job's status from now on, the present one first, the ended one last.</summary>
    /// <remarks>Changes that follow each other faster than they are taken come as one. Of a job that does not exist there are none. A store in trouble is reported and asked again.</remarks>
    public async IAsyncEnumerable<JobStatus> WatchAsync(JobId job, [EnumeratorCancellation] CancellationToken cancellation)
    {
        JobStatus? last = await _status.ReadAsync(job, cancellation);
        while (last is not null)
        {
            yield return last;
            if (last.Ended)
            {
                yield break;
            }

            last = await NextAsync(last, cancellation);
        }
    }

    /// <summary>Cancels a job; running attempts are stopped. Returns false if it had ended.</summary>
    public ValueTask<bool> CancelAsync(JobId job, CancellationToken cancellation) => _control.CancelAsync(job, cancellation);

    /// <summary>The manifest of a completed job.</summary>
    /// <exception cref="InvalidOperationException">It is not completed.</exception>
    public async ValueTask<JobManifest> ManifestAsync(JobId job, CancellationToken cancellation) =>
        (await _jobs.StateAsync(job, cancellation) is { State: { } state } ? _reader.Manifest(state) : null)
        ?? throw new InvalidOperationException($"job {job} is not completed, so it has no manifest");

    /// <summary>The failure cards of a job's attempts, by stage, task and attempt.</summary>
    public ValueTask<IReadOnlyList<FailureCard>> CardsAsync(JobId job, CancellationToken cancellation) => _reader.CardsAsync(job, cancellation);

    /// <summary>Removes a job that has ended, with its files.</summary>
    /// <exception cref="InvalidOperationException">It has not ended.</exception>
    public ValueTask DeleteAsync(JobId job, CancellationToken cancellation) => _control.DeleteAsync(job, cancellation);

    /// <summary>Stops the loops; running attempts are stopped and their tasks stay open in the store.</summary>
    public async ValueTask DisposeAsync()
    {
        _stop.Cancel();
        foreach (Task loop in _loops)
        {
            await loop.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
        }

        foreach (EmbeddedWorker worker in _workers)
        {
            await worker.DisposeAsync();
        }

        await _watch.DisposeAsync();
        await RevokeLeaseAsync();
        _lease.Dispose();
        _stop.Dispose();
    }

    private WorkerParts WorkerParts(ITaskExecutor executor, IJobCode code, TokenMint mint, JobCache cache) => new()
    {
        Store = _parts.Store,
        Queue = _parts.Queue,
        Volume = _parts.Volume,
        Data = _parts.Data,
        Executor = executor,
        Code = code,
        Lease = _lease,
        Watch = _watch,
        Mint = mint,
        Time = _parts.Time,
        Cache = cache,
        Queues = s_queues,
        Workers = _parts.Workers,
        MemoryBytes = _parts.MemoryBytes,
    };

    private void StartLoops()
    {
        CancellationToken stop = _stop.Token;
        _loops.Add(_lease.RunAsync(stop));
        _loops.Add(_reconciler.RunAsync(stop));
        _loops.Add(EndedJobs.FollowAsync(_parts.Store, _parts.Time, CloseAsync, stop));
        _loops.Add(Loop(s_queues.Stage, HandleStageAsync).RunAsync(stop, CancellationToken.None));
        foreach (EmbeddedWorker worker in _workers)
        {
            _loops.Add(Loop(s_queues.MapTasks, (body, abort) => HandleTaskAsync(worker, body, abort)).RunAsync(stop, stop));
        }
    }

    private QueueLoop Loop(string queue, Func<ReadOnlyMemory<byte>, CancellationToken, ValueTask> handle) =>
        new(_parts.Queue, queue, handle, _parts.Time, _parts.Report);

    private ValueTask HandleStageAsync(ReadOnlyMemory<byte> body, CancellationToken abort) =>
        StageMessage.Read(body.Span) is { } message && !Waits(message.Job) ? _coordinator.HandleAsync(message, abort) : ValueTask.CompletedTask;

    private ValueTask HandleTaskAsync(EmbeddedWorker worker, ReadOnlyMemory<byte> body, CancellationToken abort) =>
        TaskMessage.Read(body.Span) is { } message && !Waits(message.Job) ? worker.HandleAsync(message, abort) : ValueTask.CompletedTask;

    /// <summary>Whether a message is of a job that does not go on here. It is not kept: who lets the job go on sends all that is open again.</summary>
    private bool Waits(string job) => _waiting.Count > 0 && JobId.TryParse(job, out JobId id) && _waiting.Contains(id);

    /// <summary>Closes the code of a job that has ended; what is missed is closed with the engine.</summary>
    private Task CloseAsync(JobId job) => Task.WhenAll(_workers.Select(worker => worker.CloseAsync(job)));

    private async ValueTask<JobStatus?> NextAsync(JobStatus last, CancellationToken cancellation)
    {
        while (true)
        {
            try
            {
                return await ChangeAsync(last, cancellation);
            }
            catch (TransientFault fault)
            {
                _parts.Report?.Invoke("Status", fault);
                await Task.Delay(s_lookAgain, _parts.Time, cancellation);
            }
        }
    }

    private async ValueTask<JobStatus?> ChangeAsync(JobStatus last, CancellationToken cancellation)
    {
        long seen = last.Version;
        try
        {
            await foreach (KeyChange change in _parts.Store.WatchAsync(KeyRange.Prefix(JobKeys.Job(last.Id)), seen + 1, cancellation))
            {
                if (change.Revision > seen)
                {
                    JobStatus? next = await _status.ReadAsync(last.Id, cancellation);
                    if (next is null || next != last with { Version = next.Version })
                    {
                        return next;
                    }

                    seen = next.Version;
                }
            }
        }
        catch (RevisionCompacted)
        {
            // So much has changed that the store no longer keeps it all: what counts is how it stands now.
        }

        return await _status.ReadAsync(last.Id, cancellation);
    }

    private async ValueTask RevokeLeaseAsync()
    {
        try
        {
            await _lease.RevokeAsync(CancellationToken.None);
        }
        catch (Exception e) when (e is TransientFault or PermanentFault)
        {
            // It ends by itself.
        }
    }
}
