using Katanemimena.Core;
using Katanemimena.Orchestration;

namespace Katanemimena.Tests.Simulation;

/// <summary>One member of the cluster: started again, under another name of its process, some time after it died.</summary>
internal sealed class SimMember(SimWorld world, string name, bool isManager) : IDisposable
{
    private int _incarnation;
    private CancellationTokenSource _stop = new();

    public string Name => name;

    public bool IsManager => isManager;

    public SimProcess? Process { get; private set; }

    public void Start()
    {
        Process = new SimProcess(world.Scheduler, $"{name}.{++_incarnation}");
        SimProcess process = Process;
        _stop = new CancellationTokenSource();
        process.Start(() => isManager ? ManageAsync(process) : WorkAsync(process), world.Escaped);
    }

    public void Dispose() => _stop.Dispose();

    public void Kill()
    {
        if (Process is { Alive: true } process)
        {
            process.Kill();
            world.StartInWorld(async () =>
            {
                await Task.Delay(TimeSpan.FromMilliseconds(world.Random.Next(30_000)), world.Clock);
                Start();
            });
        }
    }

    /// <summary>Asks the process to stop; some time after it dies, whether it did or not.</summary>
    public void Stop()
    {
        SimProcess process = Process!;
        process.Start(
            () =>
            {
                _stop.Cancel();
                return Task.CompletedTask;
            },
            world.Escaped);
        world.StartInWorld(async () =>
        {
            await Task.Delay(TimeSpan.FromMilliseconds(world.Random.Next(3000)), world.Clock);
            if (process == Process)
            {
                Kill();
            }
        });
    }

    public void PauseFor(TimeSpan time)
    {
        SimProcess process = Process!;
        process.Pause();
        world.StartInWorld(async () =>
        {
            await Task.Delay(time, world.Clock);
            process.Continue();
        });
    }

    private async Task ManageAsync(SimProcess process)
    {
        var parts = new CoordinatorParts
        {
            Store = new FaultyStore(world.Store, process, world),
            Queue = new FaultyQueue(world.Queue, process, world),
            Volume = world.Volume,
            Mint = new TokenMint(process.Name),
            Time = world.Clock,
            SendWindow = _ => world.SendWindow,
            Report = world.Reported,
        };
        WorkerLease lease = await LeaseAsync(parts.Store, [new KeyWrite.Put(JobKeys.ManagerAlive(name), ReadOnlyMemory<byte>.Empty)]);
        var coordinator = new JobCoordinator(parts);
        var reconciler = new Reconciler(parts, name, new JobCache(new JobStore(parts.Store), parts.Volume));
        await Task.WhenAll(
            lease.RunAsync(_stop.Token),
            reconciler.RunAsync(_stop.Token),
            Loop(parts.Queue, parts.Queues.Stage, (body, stop) => coordinator.HandleAsync(StageMessage.Read(body.Span)!, stop)));
    }

    private async Task WorkAsync(SimProcess process)
    {
        var store = new FaultyStore(world.Store, process, world);
        var queue = new FaultyQueue(world.Queue, process, world);
        WorkerLease lease = await LeaseAsync(store, []);
        var executor = new SimExecutor(process, world);
        var parts = new WorkerParts
        {
            Store = store,
            Queue = queue,
            Volume = world.Volume,
            Data = world.Input,
            Executor = executor,
            Code = executor,
            Lease = lease,
            Watch = new StateWatch(store, world.Clock),
            Mint = new TokenMint(process.Name),
            Time = world.Clock,
            Cache = new JobCache(new JobStore(store), world.Volume),
        };
        await Task.WhenAll(
            lease.RunAsync(_stop.Token),
            Loop(queue, parts.Queues.MapTasks, new TaskWorker(parts).HandleAsync),
            Loop(queue, parts.Queues.ReduceTasks, new TaskWorker(parts).HandleAsync));
    }

    private async Task<WorkerLease> LeaseAsync(IKeyValueStore store, KeyWrite.Put[] registrations)
    {
        var lease = new WorkerLease(store, world.Clock, registrations);
        while (true)
        {
            try
            {
                await lease.StartAsync(CancellationToken.None);
                return lease;
            }
            catch (Exception e) when (e is TransientFault or LeaseEnded)
            {
                await Task.Delay(TimeSpan.FromSeconds(1), world.Clock);
            }
        }
    }

    private Task Loop(ITaskQueue queue, string queueName, Func<TaskMessage, CancellationToken, ValueTask> handle) =>
        Loop(queue, queueName, (body, stop) => handle(TaskMessage.Read(body.Span)!, stop));

    private Task Loop(ITaskQueue queue, string queueName, Func<ReadOnlyMemory<byte>, CancellationToken, ValueTask> handle) =>
        new QueueLoop(queue, queueName, handle, world.Clock, world.Reported).RunAsync(_stop.Token, isManager ? CancellationToken.None : _stop.Token);
}
