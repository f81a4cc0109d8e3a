using Katanemimena.Core;

namespace Katanemimena.Orchestration;

/// <summary>What a manager of a cluster is made of.</summary>
public sealed record ManagerParts
{
    /// <summary>The truth.</summary>
    public required IKeyValueStore Store { get; init; }

    /// <summary>The hints.</summary>
    public required ITaskQueue Queue { get; init; }

    /// <summary>The volume that all members share.</summary>
    public required IVolume Volume { get; init; }

    /// <summary>Stable name of the manager, the same after a restart, and the first half of its jobs' ids.</summary>
    public required string Manager { get; init; }

    /// <summary>A name no other process ever had.</summary>
    public required string ProcessName { get; init; }

    /// <summary>Whether no other process uses the store: then attempts of processes that died are ended and taken back at once. Default false. Workers start after the manager then.</summary>
    public bool Alone { get; init; }

    /// <summary>Clock and timers.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>Names of the queues.</summary>
    public QueueNames Queues { get; init; } = new();

    /// <summary>Told of every fault that is met and got over, with where; null for nobody. Called from any thread.</summary>
    public Action<string, Exception>? Report { get; init; }
}

/// <summary>One manager of a cluster: registered under a lease as long as it lives, takes its jobs through their stages, and puts right what others left.</summary>
/// <remarks>Two processes under one name, as while a pod is replaced, do each other no harm: every change is a compare-and-set.</remarks>
public sealed class ManagerNode : IAsyncDisposable
{
    private readonly JobCoordinator _coordinator;
    private readonly Reconciler _reconciler;
    private readonly WorkerLease _lease;
    private readonly SemaphoreSlim _reconciling = new(1);
    private readonly CancellationTokenSource _stop = new();
    private Task _renewing = Task.CompletedTask;

    private ManagerNode(ManagerParts parts)
    {
        var coordinator = new CoordinatorParts
        {
            Store = parts.Store,
            Queue = parts.Queue,
            Volume = parts.Volume,
            Mint = new TokenMint(parts.ProcessName),
            Time = parts.Time,
            Queues = parts.Queues,
            SendWindow = SendWindow,
            Report = parts.Report,
        };
        _coordinator = new JobCoordinator(coordinator);
        _reconciler = new Reconciler(coordinator, parts.Manager, new JobCache(new JobStore(parts.Store), parts.Volume));
        _lease = new WorkerLease(parts.Store, parts.Time, Registration.Of(parts.ProcessName, parts.Manager, workers: 0, queues: [], parts.Time), parts.Report, WorkerLease.TimeToLiveOfManager);
    }

    /// <summary>Registers the manager and takes up its unfinished jobs.</summary>
    /// <exception cref="TransientFault">The store or a queue cannot be reached.</exception>
    /// <exception cref="ArgumentException">A name is none.</exception>
    public static async ValueTask<ManagerNode> StartAsync(ManagerParts parts, CancellationToken cancellation)
    {
        NodeNames.Require(parts.Manager, parts.ProcessName);
        if (parts.Alone)
        {
            var resumption = new Resumption(parts.Store, parts.Manager, parts.ProcessName);
            await resumption.EndDeadProcessesAsync(_ => true, cancellation);
            await resumption.ForgiveAsync(cancellation);
        }

        var node = new ManagerNode(parts);
        try
        {
            await node._lease.StartAsync(cancellation);
            node._renewing = node._lease.RunAsync(node._stop.Token);
            var submitter = new JobSubmitter(parts.Store, parts.Queue, parts.Queues);
            foreach (JobId job in await new JobStore(parts.Store).OpenAsync(parts.Manager, cancellation))
            {
                await submitter.WakeAsync(job, restart: true, cancellation);
            }
        }
        catch
        {
            await node.DisposeAsync();
            throw;
        }

        return node;
    }

    /// <summary>Handles a message of the stage queue. What is no message of it is passed over.</summary>
    /// <exception cref="TransientFault">The message is to be delivered again.</exception>
    public ValueTask HandleStageAsync(ReadOnlyMemory<byte> body, CancellationToken cancellation) =>
        StageMessage.Read(body.Span) is { } message ? _coordinator.HandleAsync(message, cancellation) : ValueTask.CompletedTask;

    /// <summary>Looks once at the jobs that are this manager's to look after; to be called every <see cref="Every"/>. Does nothing while another call is at it.</summary>
    public async ValueTask ReconcileAsync(CancellationToken cancellation)
    {
        if (!await _reconciling.WaitAsync(0, cancellation))
        {
            return;
        }

        try
        {
            await _reconciler.TickAsync(cancellation);
        }
        finally
        {
            _reconciling.Release();
        }
    }

    /// <summary>Enough that no worker of the job's waits for a message, few enough that a job of thousands of tasks keeps another one waiting for seconds at most.</summary>
    private static int SendWindow(JobOptions options) => Math.Max(64, 4 * options.Workers);

    /// <summary>Time between two looks: 5 s.</summary>
    public static TimeSpan Every => Reconciler.Every;

    /// <summary>Ends the registration: others adopt the open jobs. Messages in hand are the caller's to have ended before.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _renewing.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        try
        {
            await _lease.RevokeAsync(CancellationToken.None);
        }
        catch (TransientFault)
        {
            // It ends by itself.
        }

        _lease.Dispose();
        _reconciling.Dispose();
        _stop.Dispose();
    }
}
