using System.Runtime.CompilerServices;
using System.Text.Json;
using Katanemimena.Core;
using Katanemimena.DataPath;
using Katanemimena.Orchestration;

namespace Katanemimena.Tests.Unit.Orchestration;

/// <summary>One worker and one job that is about to reduce its one task, in epoch 2, from one map output.</summary>
internal sealed class LoneWorker : IAsyncDisposable
{
    private readonly EngineRig _rig;
    private readonly WorkerLease _lease;
    private readonly StateWatch _watch;
    private readonly TaskWorker _worker;
    private string _plan = "";

    public LoneWorker(EngineRig rig)
    {
        _rig = rig;
        Store = new FailingStore(rig.Store);
        Queue = new FailingQueue(rig.Queue);
        Volume = new KeepingVolume(rig.Volume);
        Jobs = new JobStore(rig.Store);
        _lease = new WorkerLease(rig.Store, new HastyTime(), []);
        _watch = new StateWatch(Store, TimeProvider.System);
        _worker = new TaskWorker(new WorkerParts
        {
            Store = Store,
            Queue = Queue,
            Volume = Volume,
            Data = rig,
            Executor = Executor,
            Code = Executor,
            Lease = _lease,
            Watch = _watch,
            Mint = new TokenMint("lone"),
            Time = TimeProvider.System,
            Cache = new JobCache(Jobs, rig.Volume),
        });
    }

    public FailingStore Store { get; }

    public FailingQueue Queue { get; }

    public KeepingVolume Volume { get; }

    public JobStore Jobs { get; }

    public ScriptedExecutor Executor { get; } = new();

    public JobId Job { get; private set; }

    /// <summary>Revision of the job's state that messages name.</summary>
    public long Revision { get; set; }

    /// <summary>Makes the job and puts it where its reduce task is open.</summary>
    public async Task ReduceAsync(CancellationToken limit)
    {
        await _lease.StartAsync(limit);
        Job = await Jobs.SubmitAsync("m", _rig.Spec(), limit);
        _plan = JobFiles.ShufflePlan(Job, "plan");
        _rig.Volume.Write(_plan, new ShufflePlan([[0]], ["map.1"]), RecordJson.Default.ShufflePlan);
        var commit = new CommitRecord { Attempt = "map.1", Worker = "map" };
        var state = new JobState { Phase = JobPhase.Reducing, Epoch = 2, MapTasks = 1, ReduceTasks = 1, Partitions = 1, ChunkPlan = "none", ShufflePlan = _plan };
        StoredState submitted = (await Jobs.StateAsync(Job, limit))!;
        var done = new KeyWrite.Put(JobKeys.Done(new TaskId(Job, TaskStage.Map, 0)), JsonSerializer.SerializeToUtf8Bytes(commit, RecordJson.Default.CommitRecord));
        Revision = (await Jobs.ReplaceAsync(Job, submitted, state, [], [done], limit))!.Revision;
    }

    public ValueTask HandleAsync(int task, CancellationToken limit, bool backup = false) =>
        _worker.HandleAsync(new TaskMessage(Job.ToString(), TaskStage.Reduce, task, Revision, _plan, backup), limit);

    /// <summary>Renews the lease, and does what goes with it, until a key with this prefix is deleted.</summary>
    public async Task KeepLeaseUntilGoneAsync(string prefix, CancellationToken limit)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(limit);
        Task lease = _lease.RunAsync(stop.Token);
        await foreach (KeyChange change in _rig.Store.WatchAsync(KeyRange.Prefix(prefix), 1, limit))
        {
            if (change.Value is null)
            {
                break;
            }
        }

        await stop.CancelAsync();
        await lease.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
    }

    public async Task<long> CountAsync(string prefix, CancellationToken limit) =>
        (await _rig.Store.RangeAsync(KeyRange.Prefix(prefix), limit)).Count;

    public async ValueTask DisposeAsync()
    {
        await _watch.DisposeAsync();
        _lease.Dispose();
    }

    /// <summary>Runs attempts as a test says.</summary>
    internal sealed class ScriptedExecutor : ITaskExecutor, IJobCode
    {
        public Func<ReduceRequest, ReduceOutcome> Reduce { get; set; } = _ => throw new InvalidOperationException("nothing was scripted");

        public Task<MapOutcome> MapAsync(MapRequest request) => throw new NotSupportedException();

        public async Task<ReduceOutcome> ReduceAsync(ReduceRequest request)
        {
            await Task.Yield();
            return Reduce(request);
        }

        public ValueTask<IUserCode> OpenAsync(JobId job, JobSpec spec, CancellationToken cancellation) =>
            new CountingCode().OpenAsync(new JobCode(job, spec.Mapper, spec.Reducer, spec.Combiner), cancellation);
    }

    /// <summary>A store that fails where a test says.</summary>
    internal sealed class FailingStore(IKeyValueStore store) : IKeyValueStore
    {
        /// <summary>Ranges that start here fail.</summary>
        public string? FailRangesOf { get; set; }

        /// <summary>The answer to the next transaction that puts a key with this prefix is lost.</summary>
        public string? LoseAnswersTo { get; set; }

        /// <summary>Whether there is no space left, so that whatever writes fails.</summary>
        public bool IsFull { get; set; }

        /// <summary>What others do between that transaction and the next.</summary>
        public Func<Task> Meanwhile { get; set; } = () => Task.CompletedTask;

        public ValueTask<RangeResult> RangeAsync(KeyRange range, CancellationToken cancellation) =>
            range.Start == FailRangesOf ? throw new TransientFault("no answer") : store.RangeAsync(range, cancellation);

        public async ValueTask<TransactionResult> TransactAsync(Transaction transaction, CancellationToken cancellation)
        {
            if (IsFull && transaction.Writes.Count > 0)
            {
                throw new PermanentFault("no space left on the device");
            }

            TransactionResult result = await store.TransactAsync(transaction, cancellation);
            if (LoseAnswersTo is { } prefix && transaction.Writes.OfType<KeyWrite.Put>().Any(put => put.Key.StartsWith(prefix, StringComparison.Ordinal)))
            {
                LoseAnswersTo = null;
                await Meanwhile();
                throw new TransientFault("the answer was lost");
            }

            return result;
        }

        public ValueTask<LeaseId> GrantLeaseAsync(TimeSpan timeToLive, CancellationToken cancellation) => store.GrantLeaseAsync(timeToLive, cancellation);

        public ValueTask<bool> RenewLeaseAsync(LeaseId lease, CancellationToken cancellation) => store.RenewLeaseAsync(lease, cancellation);

        public ValueTask RevokeLeaseAsync(LeaseId lease, CancellationToken cancellation) => store.RevokeLeaseAsync(lease, cancellation);

        public async IAsyncEnumerable<KeyChange> WatchAsync(KeyRange range, long fromRevision, [EnumeratorCancellation] CancellationToken cancellation)
        {
            await foreach (KeyChange change in store.WatchAsync(range, fromRevision, cancellation))
            {
                yield return change;
            }
        }
    }

    /// <summary>A queue that takes no messages while a test says so.</summary>
    internal sealed class FailingQueue(ITaskQueue queue) : ITaskQueue
    {
        public bool RefusesMessages { get; set; }

        public ValueTask SendAsync(string name, ReadOnlyMemory<byte> body, TimeSpan delay, CancellationToken cancellation) =>
            RefusesMessages ? throw new TransientFault("no answer") : queue.SendAsync(name, body, delay, cancellation);

        public ValueTask<QueueMessage?> ReceiveAsync(string name, TimeSpan lease, TimeSpan wait, CancellationToken cancellation) =>
            queue.ReceiveAsync(name, lease, wait, cancellation);

        public ValueTask<string?> RenewAsync(string name, string receipt, TimeSpan lease, CancellationToken cancellation) =>
            queue.RenewAsync(name, receipt, lease, cancellation);

        public ValueTask<bool> CompleteAsync(string name, string receipt, CancellationToken cancellation) => queue.CompleteAsync(name, receipt, cancellation);

        public ValueTask<long> CountAsync(string name, CancellationToken cancellation) => queue.CountAsync(name, cancellation);
    }

    /// <summary>A volume that deletes nothing while a test says so.</summary>
    internal sealed class KeepingVolume(IVolume volume) : IVolume
    {
        public bool RefusesDeletes { get; set; }

        public VolumeWriter Create(string path) => volume.Create(path);

        public VolumeReader Open(string path) => volume.Open(path);

        public bool Exists(string path) => volume.Exists(path);

        public IReadOnlyList<string> List(string folder) => volume.List(folder);

        public void Delete(string path)
        {
            if (RefusesDeletes)
            {
                throw new PermanentFault($"cannot delete '{path}': permission denied");
            }

            volume.Delete(path);
        }
    }

    /// <summary>A clock whose timers ring a thousand times too early.</summary>
    private sealed class HastyTime : TimeProvider
    {
        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
            System.CreateTimer(callback, state, dueTime == Timeout.InfiniteTimeSpan ? dueTime : dueTime / 1000, period);
    }
}
