using Katanemimena.Core;

namespace Katanemimena.Orchestration;

/// <summary>What a worker is made of.</summary>
internal sealed record WorkerParts
{
    public required IKeyValueStore Store { get; init; }

    public required ITaskQueue Queue { get; init; }

    public required IVolume Volume { get; init; }

    public required IDataFiles Data { get; init; }

    public required ITaskExecutor Executor { get; init; }

    public required IJobCode Code { get; init; }

    public required WorkerLease Lease { get; init; }

    public required TokenMint Mint { get; init; }

    public required TimeProvider Time { get; init; }

    /// <summary>Specifications and plans; shared by the workers of a process.</summary>
    public required JobCache Cache { get; init; }

    /// <summary>Ends attempts whose stage is over; shared by the workers of a process.</summary>
    public required StateWatch Watch { get; init; }

    public QueueNames Queues { get; init; } = new();

    /// <summary>Data buffers of all workers of the process together, in bytes; null for what each job asks for.</summary>
    public long? MemoryBytes { get; init; }

    /// <summary>Workers of the process, which share a job's memory evenly.</summary>
    public int Workers { get; init; } = 1;
}
