using Katanemimena.Core;

namespace Katanemimena.Orchestration;

/// <summary>What an embedded engine is made of.</summary>
public sealed record EngineParts
{
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
    public string Manager { get; init; } = "local";

    /// <summary>A name no other process ever had, for worker names and attempt tokens.</summary>
    public required string ProcessName { get; init; }

    /// <summary>Workers to run, each on a thread of its own; 1 or more.</summary>
    public int Workers { get; init; } = Environment.ProcessorCount;
}

/// <summary>Manager, workers and reconciler in one process: what <c>mrctl run</c> runs, on the same parts as a cluster.</summary>
/// <remarks>Not safe for two processes on one store unless the store is shared by design; the composition root holds a lock on a state folder.</remarks>
public sealed class EmbeddedEngine : IAsyncDisposable
{
    /// <summary>Starts the loops. With a store that holds unfinished jobs of this manager, those go on at once: leases of the dead process are ended, committed tasks stay.</summary>
    public static ValueTask<EmbeddedEngine> StartAsync(EngineParts parts, CancellationToken cancellation) => throw new NotImplementedException();

    /// <summary>Submits a job.</summary>
    /// <exception cref="PermanentFault">The specification cannot work; the message names the field.</exception>
    public ValueTask<JobId> SubmitAsync(JobSpec spec, CancellationToken cancellation) => throw new NotImplementedException();

    /// <summary>The jobs this store knows, by id.</summary>
    public ValueTask<IReadOnlyList<JobStatus>> ListAsync(CancellationToken cancellation) => throw new NotImplementedException();

    /// <summary>One job as it stands, or null if there is none.</summary>
    public ValueTask<JobStatus?> GetAsync(JobId job, CancellationToken cancellation) => throw new NotImplementedException();

    /// <summary>Every change of a job's status from now on, the present one first, the ended one last.</summary>
    public IAsyncEnumerable<JobStatus> WatchAsync(JobId job, CancellationToken cancellation) => throw new NotImplementedException();

    /// <summary>Cancels a job; running attempts are stopped. Returns false if it had ended.</summary>
    public ValueTask<bool> CancelAsync(JobId job, CancellationToken cancellation) => throw new NotImplementedException();

    /// <summary>The manifest of a completed job.</summary>
    /// <exception cref="InvalidOperationException">It is not completed.</exception>
    public ValueTask<JobManifest> ManifestAsync(JobId job, CancellationToken cancellation) => throw new NotImplementedException();

    /// <summary>The failure cards of a job's attempts, by stage, task and attempt.</summary>
    public ValueTask<IReadOnlyList<FailureCard>> CardsAsync(JobId job, CancellationToken cancellation) => throw new NotImplementedException();

    /// <summary>Removes a job that has ended, with its files.</summary>
    public ValueTask DeleteAsync(JobId job, CancellationToken cancellation) => throw new NotImplementedException();

    /// <summary>Stops the loops; running attempts are stopped and their tasks stay open in the store.</summary>
    public ValueTask DisposeAsync() => throw new NotImplementedException();
}
