using Katanemimena.Core;

namespace Katanemimena.Orchestration;

/// <summary>What a coordinator is made of.</summary>
internal sealed record CoordinatorParts
{
    public required IKeyValueStore Store { get; init; }

    public required ITaskQueue Queue { get; init; }

    public required IVolume Volume { get; init; }

    public required TokenMint Mint { get; init; }

    public required TimeProvider Time { get; init; }

    public QueueNames Queues { get; init; } = new();

    /// <summary><see cref="JobState.SendWindow"/> of a job; by default all of its tasks are sent at once.</summary>
    public Func<JobOptions, int> SendWindow { get; init; } = _ => 0;

    /// <summary>Told of what goes wrong and is tried again; null for nobody.</summary>
    public Action<string, Exception>? Report { get; init; }
}

/// <summary>What the manager does: looks at a job, brings the state machine the event that it sees, and carries the commands out, as far as the job goes.</summary>
/// <remarks>Driven by what the store says, not by what a message says: a message that comes twice or late finds nothing to do.
/// Every file it writes has a name of its own, which counts once the state names it.</remarks>
internal sealed class JobCoordinator(CoordinatorParts parts)
{
    private readonly JobStore _jobs = new(parts.Store);
    private readonly TaskSender _sender = new(parts.Store, parts.Queue, parts.Queues, parts.Time);
    private readonly ChunkStage _chunks = new(parts);
    private readonly ShuffleStage _shuffle = new(parts);
    private readonly ResultStage _result = new(parts);
    private readonly JobCleaner _cleaner = new(parts);

    /// <summary>Handles one message; when it returns, the message is done with.</summary>
    /// <exception cref="TransientFault">The message is to be delivered again.</exception>
    public async ValueTask HandleAsync(StageMessage message, CancellationToken stop)
    {
        if (!JobId.TryParse(message.Job, out JobId job))
        {
            return;
        }

        bool restart = message.Restart;
        while (await _jobs.StageAsync(job, stop) is { } view && Observe(view, restart) is { } @event)
        {
            restart = false;
            try
            {
                await BringAsync(job, view.Stored, @event, stop);
            }
            catch (PermanentFault fault) when (!view.Stored.State.Ended)
            {
                await _jobs.EndAsync(job, new JobFailed(fault.Message, null, parts.Time.GetUtcNow()) { OfMachine = fault.OfMachine }, stop);
            }
        }
    }

    /// <summary>What has happened to the job that it has not been told yet; null if it waits for its tasks, or is over.</summary>
    private JobEvent? Observe(StageView view, bool restart)
    {
        DateTimeOffset now = parts.Time.GetUtcNow();
        JobState state = view.Stored.State;
        return state.Phase switch
        {
            JobPhase.Mapping when view.MapsDone == state.MapTasks => new MapFinished(now),
            JobPhase.Reducing when view.ReducesDone == state.ReduceTasks => new ReduceFinished(now),
            JobPhase.Mapping or JobPhase.Reducing => restart ? new StageInterrupted(now) : null,
            _ when state.Ended => state.Totals is null ? new StageInterrupted(now) : null,
            _ => new StageInterrupted(now),
        };
    }

    /// <summary>Decides, stores the new state, and carries the commands out.</summary>
    /// <returns>False if the job has changed meanwhile: nothing was stored.</returns>
    private async ValueTask<bool> BringAsync(JobId job, StoredState stored, JobEvent @event, CancellationToken stop)
    {
        Decision decision = JobTransitions.Decide(stored.State, @event);
        if (decision.Rejected is not null)
        {
            return false;
        }

        if (!ReferenceEquals(decision.State, stored.State))
        {
            if (await _jobs.ReplaceAsync(job, stored, decision.State, [], [], stop) is not { } replaced)
            {
                return false;
            }

            stored = replaced;
        }

        foreach (JobCommand command in decision.Commands)
        {
            await CarryOutAsync(job, stored, command, stop);
        }

        return true;
    }

    private async ValueTask CarryOutAsync(JobId job, StoredState stored, JobCommand command, CancellationToken stop)
    {
        switch (command)
        {
            case PlanChunks:
                await BringOutcomeAsync(job, stored, await _chunks.PlanAsync(job, stop), stop);
                break;
            case StartTasks start:
                await _sender.SendOpenAsync(job, stored, start.Stage, start.Fresh, stop);
                break;
            case PackPartitions:
                await BringOutcomeAsync(job, stored, await _shuffle.PackAsync(job, stored.State, stop), stop);
                break;
            case WriteManifest:
                await BringOutcomeAsync(job, stored, await _result.WriteAsync(job, stored.State, stop), stop);
                break;
            case CleanUp:
                await _cleaner.CleanAsync(job, stored, stop);
                break;
            default:
                Invariant.Holds(false, $"the coordinator knows the command {command}");
                break;
        }
    }

    /// <summary>Brings the event that a command led to; a file written for it is deleted if it did not come to count.</summary>
    private async ValueTask BringOutcomeAsync(JobId job, StoredState stored, StageOutcome outcome, CancellationToken stop)
    {
        if (!await BringAsync(job, stored, outcome.Event, stop) && outcome.File is not null)
        {
            parts.Volume.Delete(outcome.File);
        }
    }
}

/// <summary>What carrying a command out led to.</summary>
/// <param name="Event">The event to bring to the job.</param>
/// <param name="File">File written for it, to be deleted if the event comes too late.</param>
internal sealed record StageOutcome(JobEvent Event, string? File = null);
