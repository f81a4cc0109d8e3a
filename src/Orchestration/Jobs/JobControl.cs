using Katanemimena.Core;

namespace Katanemimena.Orchestration;

/// <summary>What is needed to end and remove jobs.</summary>
public sealed record JobControlParts
{
    /// <summary>The truth.</summary>
    public required IKeyValueStore Store { get; init; }

    /// <summary>The hints.</summary>
    public required ITaskQueue Queue { get; init; }

    /// <summary>Where the jobs' files are.</summary>
    public required IVolume Volume { get; init; }

    /// <summary>A name no other process ever had.</summary>
    public required string ProcessName { get; init; }

    /// <summary>Clock.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>Names of the queues.</summary>
    public QueueNames Queues { get; init; } = new();
}

/// <summary>Ends jobs and removes them, for their owners. Every method may throw <see cref="TransientFault"/>, and may then be called again.</summary>
public sealed class JobControl
{
    private readonly JobControlParts _parts;
    private readonly JobStore _jobs;
    private readonly JobSubmitter _submitter;
    private readonly JobCoordinator _coordinator;

    /// <summary>Calls nothing yet.</summary>
    public JobControl(JobControlParts parts)
        : this(parts, Coordinator(parts))
    {
    }

    internal JobControl(JobControlParts parts, JobCoordinator coordinator)
    {
        (_parts, _coordinator) = (parts, coordinator);
        _jobs = new JobStore(parts.Store);
        _submitter = new JobSubmitter(parts.Store, parts.Queue, parts.Queues);
    }

    /// <summary>Cancels a job; running attempts are stopped.</summary>
    /// <returns>False if it had ended, or there is none.</returns>
    public async ValueTask<bool> CancelAsync(JobId job, CancellationToken cancellation)
    {
        bool cancelled = await _jobs.EndAsync(job, new CancelRequested(_parts.Time.GetUtcNow()), cancellation);
        if (cancelled)
        {
            try
            {
                await _submitter.WakeAsync(job, restart: false, cancellation);
            }
            catch (TransientFault)
            {
                // It is cancelled all the same, and its attempts stop; the reconciler wakes the manager to clean up.
            }
        }

        return cancelled;
    }

    /// <summary>Asks the manager to look at a job after a while.</summary>
    /// <param name="job">The job.</param>
    /// <param name="after">How long to wait; zero to 7 days.</param>
    /// <param name="cancellation">Stops asking.</param>
    public ValueTask WakeAsync(JobId job, TimeSpan after, CancellationToken cancellation) =>
        _parts.Queue.SendAsync(_parts.Queues.Stage, new StageMessage(job.ToString(), Restart: true).Write(), after, cancellation);

    /// <summary>Removes a job that has ended, with its files and its places in lists. Removing what is not there does nothing.</summary>
    /// <exception cref="InvalidOperationException">It has not ended.</exception>
    public async ValueTask DeleteAsync(JobId job, CancellationToken cancellation)
    {
        if (await _jobs.StateAsync(job, cancellation) is { State.Ended: false })
        {
            throw new InvalidOperationException($"job {job} has not ended; cancel it first");
        }

        await _coordinator.HandleAsync(new StageMessage(job.ToString()), cancellation);
        JobSpec? spec = await _jobs.SpecAsync(job, cancellation);
        _parts.Volume.Delete(JobFiles.Folder(job));
        while (!await TryDeleteAsync(job, spec, cancellation))
        {
        }
    }

    /// <summary>Removes the job's keys, and gives back to its owner what it counted for; false if that has changed meanwhile.</summary>
    private async ValueTask<bool> TryDeleteAsync(JobId job, JobSpec? spec, CancellationToken cancellation)
    {
        KeptView? kept = spec is not null && VolumePath.IsName(spec.Owner) ? await KeptView.ReadAsync(_parts.Store, job, spec, cancellation) : null;
        KeyWrite[] listed = spec is null ? [] : JobRegister.Removal(job, spec);
        var transaction = new Transaction
        {
            Conditions = kept?.Unchanged ?? [],
            Writes = [new KeyWrite.Delete(KeyRange.Prefix(JobKeys.Job(job))), AttemptStore.Delete(JobKeys.Open(job)), .. listed, .. kept?.GiveBack() ?? []],
        };
        return (await _parts.Store.TransactAsync(transaction, cancellation)).Succeeded;
    }

    private static JobCoordinator Coordinator(JobControlParts parts) => new(new CoordinatorParts
    {
        Store = parts.Store,
        Queue = parts.Queue,
        Volume = parts.Volume,
        Mint = new TokenMint(parts.ProcessName),
        Time = parts.Time,
        Queues = parts.Queues,
    });
}
