using Katanemimena.Core;
using Katanemimena.Orchestration;

namespace Katanemimena.Service;

/// <summary>Takes messages to the manager that every delivery failed on. The job is not to blame, so it is not failed: it is looked at again, as if messages of it had been lost.</summary>
/// <remarks>The manager's reconciler would do so too; this makes it seen, and sure where no manager was alive. It sends at most one message for one that it takes, and none
/// for one that asks for such a look already: what fails again and again comes to an end here, and the reconciler goes on asking at its own pace.</remarks>
public sealed class StagePoison(JobServices jobs, ReportRefusal report)
{
    /// <summary>The queue.</summary>
    public const string Name = "stage-poison";

    /// <summary>Pause before the job is looked at again: whatever was in the way may have gone by then.</summary>
    private static readonly TimeSpan s_pause = TimeSpan.FromSeconds(30);

    private readonly JobStore _store = new(jobs.Parts.Store);

    /// <summary>Takes one message. What is none, and what is of no job that could be looked at, is let go.</summary>
    /// <exception cref="TransientFault">It is to be delivered again.</exception>
    public async ValueTask HandleAsync(ReadOnlyMemory<byte> body, CancellationToken cancellation)
    {
        if (StageMessage.Read(body.Span) is not { } message || !JobId.TryParse(message.Job, out JobId job))
        {
            report($"a message of queue {Name} is of no job, and is let go");
            return;
        }

        string failed = $"a message to the manager of job {job} was delivered as often as a queue allows, and each time failed";
        if (await DamagedAsync(job, cancellation) is { } key)
        {
            report($"{failed}: the job's record {key} is damaged, and the message is let go; "
                + $"put the record back from a backup, or give the job up by deleting {JobKeys.Open(job)} and all keys that begin with {JobKeys.Job(job)}");
        }
        else if (await _store.StateAsync(job, cancellation) is not { } stored)
        {
            report($"{failed}: there is no such job any more, and the message is let go");
        }
        else if (stored.State is { Ended: true, Totals: not null })
        {
            report($"{failed}: the job has ended, and the message is let go");
        }
        else if (message.Restart)
        {
            report($"{failed}; the log has the reason of each; it was a second look at the job already, so the message is let go, and the manager looks by itself from now on");
        }
        else
        {
            report($"{failed}; the log has the reason of each; the job is looked at again");
            await jobs.Control.WakeAsync(job, s_pause, cancellation);
        }
    }

    /// <summary>The key of the job's that cannot be read; null if there is none.</summary>
    private async ValueTask<string?> DamagedAsync(JobId job, CancellationToken cancellation) =>
        await IsDamagedAsync(() => _store.StateAsync(job, cancellation)) ? JobKeys.State(job)
        : await IsDamagedAsync(() => _store.SpecAsync(job, cancellation)) ? JobKeys.Spec(job)
        : null;

    private static async ValueTask<bool> IsDamagedAsync<T>(Func<ValueTask<T>> read)
    {
        try
        {
            _ = await read();
            return false;
        }
        catch (Exception error) when (error is not (TransientFault or OperationCanceledException))
        {
            return true;
        }
    }
}
