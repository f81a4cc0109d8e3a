using System.Globalization;
using System.Threading.Channels;
using Katanemimena.Core;
using Katanemimena.DataPath;

namespace Katanemimena.Orchestration;

/// <summary>What a worker process of a cluster is made of.</summary>
public sealed record WorkerNodeParts
{
    /// <summary>The truth.</summary>
    public required IKeyValueStore Store { get; init; }

    /// <summary>The hints.</summary>
    public required ITaskQueue Queue { get; init; }

    /// <summary>The volume that all members share.</summary>
    public required IVolume Volume { get; init; }

    /// <summary>Input files.</summary>
    public required IDataFiles Data { get; init; }

    /// <summary>User code.</summary>
    public required IUserCodeHost CodeHost { get; init; }

    /// <summary>A name no other process ever had.</summary>
    public required string ProcessName { get; init; }

    /// <summary>Tasks that run at once, each on a thread of its own; 1 or more.</summary>
    public int Workers { get; init; } = 1;

    /// <summary>Data buffers of all workers of this process together, in bytes, 16 MiB or more; null (default) for what each job asks for.</summary>
    public long? MemoryBytes { get; init; }

    /// <summary>Clock and timers.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>Names of the queues.</summary>
    public QueueNames Queues { get; init; } = new();

    /// <summary>The queues whose messages are brought to it; null (default) for those of both stages. Whoever looks for lost messages goes by it.</summary>
    public IReadOnlyList<string>? TakesFrom { get; init; }

    /// <summary>Told of every fault that is met and got over, with where; null for nobody. Called from any thread.</summary>
    public Action<string, Exception>? Report { get; init; }
}

/// <summary>One worker process of a cluster: takes task messages of both stages, as many at once as it has workers.</summary>
public sealed class WorkerNode : IAsyncDisposable
{
    private readonly WorkerLease _lease;
    private readonly List<EmbeddedWorker> _workers = [];
    private readonly Channel<EmbeddedWorker> _free = Channel.CreateUnbounded<EmbeddedWorker>();
    private readonly CancellationTokenSource _stop = new();
    private readonly PoisonedTask _poisoned;
    private Task _background = Task.CompletedTask;

    private WorkerNode(WorkerNodeParts parts)
    {
        _lease = new WorkerLease(parts.Store, parts.Time, Registration.Of(parts.ProcessName, manager: "", parts.Workers, parts.TakesFrom ?? parts.Queues.OfTasks, parts.Time), parts.Report);
        var mint = new TokenMint(parts.ProcessName);
        var cache = new JobCache(new JobStore(parts.Store), parts.Volume);
        var watch = new StateWatch(parts.Store, parts.Time);
        _poisoned = new PoisonedTask(parts.Store, parts.Queue, parts.Queues, cache, mint, parts.Time);
        for (int worker = 0; worker < parts.Workers; worker++)
        {
            var thread = new WorkerThread(string.Create(CultureInfo.InvariantCulture, $"worker-{worker}"), MapExecutor.Run, ReduceExecutor.Run);
            _workers.Add(new EmbeddedWorker(thread, parts.CodeHost, (executor, code) => WorkerParts(parts, executor, code, mint, cache, watch)));
        }

        _workers.ForEach(worker => _free.Writer.TryWrite(worker));
    }

    /// <summary>Registers the process.</summary>
    /// <exception cref="TransientFault">The store cannot be reached.</exception>
    /// <exception cref="ArgumentException">A name or number is none.</exception>
    public static async ValueTask<WorkerNode> StartAsync(WorkerNodeParts parts, CancellationToken cancellation)
    {
        NodeNames.Require(parts.ProcessName);
        ArgumentOutOfRangeException.ThrowIfLessThan(parts.Workers, 1);
        var node = new WorkerNode(parts);
        try
        {
            await node._lease.StartAsync(cancellation);
        }
        catch
        {
            await node.DisposeAsync();
            throw;
        }

        node._background = Task.WhenAll(
            node._lease.RunAsync(node._stop.Token),
            EndedJobs.FollowAsync(parts.Store, parts.Time, node.CloseAsync, node._stop.Token));
        return node;
    }

    /// <summary>Handles a message of a task queue, once a worker is free. What is no message of it is passed over.</summary>
    /// <param name="body">The message.</param>
    /// <param name="cancellation">Gives the attempt up; its task stays open.</param>
    /// <exception cref="TransientFault">The message is to be delivered again.</exception>
    /// <exception cref="OperationCanceledException">Cancelled; the message is to be delivered again.</exception>
    public async ValueTask HandleAsync(ReadOnlyMemory<byte> body, CancellationToken cancellation)
    {
        if (TaskMessage.Read(body.Span) is not { } message)
        {
            return;
        }

        EmbeddedWorker worker = await _free.Reader.ReadAsync(cancellation);
        try
        {
            await worker.HandleAsync(message, cancellation);
        }
        finally
        {
            _free.Writer.TryWrite(worker);
        }
    }

    /// <summary>Handles a message of a task queue's poison queue: it counts as a failed attempt.</summary>
    /// <exception cref="TransientFault">The message is to be delivered again.</exception>
    public ValueTask HandlePoisonAsync(ReadOnlyMemory<byte> body, CancellationToken cancellation) =>
        TaskMessage.Read(body.Span) is { } message ? _poisoned.HandleAsync(message, cancellation) : ValueTask.CompletedTask;

    /// <summary>Ends the registration and closes all user code. Messages in hand are the caller's to have ended before.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _background.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        foreach (EmbeddedWorker worker in _workers)
        {
            await worker.DisposeAsync();
        }

        try
        {
            await _lease.RevokeAsync(CancellationToken.None);
        }
        catch (TransientFault)
        {
            // It ends by itself.
        }

        _lease.Dispose();
        _stop.Dispose();
    }

    private Task CloseAsync(JobId job) => Task.WhenAll(_workers.Select(worker => worker.CloseAsync(job)));

    private WorkerParts WorkerParts(WorkerNodeParts parts, ITaskExecutor executor, IJobCode code, TokenMint mint, JobCache cache, StateWatch watch) => new()
    {
        Store = parts.Store,
        Queue = parts.Queue,
        Volume = parts.Volume,
        Data = parts.Data,
        Executor = executor,
        Code = code,
        Lease = _lease,
        Watch = watch,
        Mint = mint,
        Time = parts.Time,
        Cache = cache,
        Queues = parts.Queues,
        Workers = parts.Workers,
        MemoryBytes = parts.MemoryBytes,
    };
}
