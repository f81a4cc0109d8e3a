using Katanemimena.Core;
using Katanemimena.Orchestration;
using Katanemimena.Wire;

namespace Katanemimena.Service;

/// <summary>Cancels and deletes jobs for those who may. Every method may throw <see cref="TransientFault"/>, and may then be called again.</summary>
public sealed class JobEnding
{
    private readonly JobParts _parts;
    private readonly JobCatalogue _catalogue;
    private readonly JobControl _control;

    internal JobEnding(JobParts parts, JobCatalogue catalogue, JobControl control) => (_parts, _catalogue, _control) = (parts, catalogue, control);

    /// <summary>Cancels a job.</summary>
    /// <param name="caller">Who asks.</param>
    /// <param name="job">The job, as it was found for them.</param>
    /// <param name="cancellation">It may be cancelled all the same.</param>
    /// <returns>The job after that.</returns>
    /// <exception cref="JobRefused">It has ended, or is no more.</exception>
    public async ValueTask<FoundJob> CancelAsync(JobCaller caller, FoundJob job, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(job);
        return await _control.CancelAsync(job.Id, cancellation)
            ? await _catalogue.FindAsync(caller, job.Id.ToString(), cancellation)
            : throw new JobRefused(ProblemCodes.JobEnded, $"job {job.Id} has ended already, so there is nothing to cancel");
    }

    /// <summary>Removes a job that has ended, with its result, its programs and the data that was sent along. What its idempotency key stands for stays.</summary>
    /// <param name="job">The job, as it was found for who asks.</param>
    /// <param name="cancellation">What is cut off is done when it is asked for again.</param>
    /// <exception cref="JobRefused">It has not ended. Of several calls at once, each removes it or finds nothing to remove.</exception>
    public async ValueTask DeleteAsync(FoundJob job, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(job);
        if (!job.Reading.State.Ended)
        {
            throw new JobRefused(ProblemCodes.JobRunning, $"job {job.Id} has not ended; cancel it first");
        }

        // The job itself goes last: what is cut off before can be asked for again.
        await _parts.Data.DeleteAsync(job.Spec.Owner, job.Spec.Inputs, cancellation);
        await TakenPrograms.DropAsync(_parts, job.Spec, cancellation);
        await _control.DeleteAsync(job.Id, cancellation);
    }
}
