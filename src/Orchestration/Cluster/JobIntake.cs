using Katanemimena.Core;

namespace Katanemimena.Orchestration;

/// <summary>Takes jobs in for a cluster: gives each to the live manager with the fewest unfinished ones.</summary>
/// <param name="store">The truth.</param>
/// <param name="queue">The hints.</param>
/// <param name="queues">Names of the queues.</param>
/// <param name="report">Told of what goes wrong and is got over; null for nobody.</param>
public sealed class JobIntake(IKeyValueStore store, ITaskQueue queue, QueueNames queues, Action<string, Exception>? report = null)
{
    private readonly JobStore _jobs = new(store);
    private readonly JobRegister _register = new(store);
    private readonly JobSubmitter _submitter = new(store, queue, queues);

    /// <summary>Submits a job that is in no list.</summary>
    /// <exception cref="PermanentFault">The specification cannot work; the message names the field.</exception>
    /// <exception cref="TransientFault">No manager is alive, or the store or queue cannot be reached; a job may have been stored all the same.</exception>
    public async ValueTask<JobId> SubmitAsync(JobSpec spec, CancellationToken cancellation) =>
        await _submitter.SubmitAsync(await ManagerAsync(cancellation), spec, cancellation);

    /// <summary>Submits a job and registers it. Once it is stored, it is submitted: if its manager cannot be woken, the reconciler does that soon.</summary>
    /// <exception cref="PermanentFault">The specification cannot work; the message names the field.</exception>
    /// <exception cref="TransientFault">No manager is alive, or the store cannot be reached; nothing was stored.</exception>
    /// <exception cref="RegistrationUnanswered">The store did not answer the write: the job may have been stored.</exception>
    public async ValueTask<RegistrationResult> SubmitAsync(JobSpec spec, JobRegistration registration, CancellationToken cancellation)
    {
        SpecCheck.Check(spec);
        RegistrationResult result = await _register.StoreAsync(spec, registration, cancellation);
        if (result is RegistrationResult.Stored stored)
        {
            await WakeAsync(stored.Job);
        }

        return result;
    }

    /// <summary>The live manager with the fewest unfinished jobs; among equals, the first by name.</summary>
    /// <exception cref="TransientFault">None is alive.</exception>
    public async ValueTask<string> ManagerAsync(CancellationToken cancellation)
    {
        IReadOnlyList<RangeResult> reads = await _jobs.ReadAsync([KeyRange.Prefix(JobKeys.Managers), KeyRange.Prefix(JobKeys.OpenJobs)], cancellation);
        return LiveManagers.LeastBusy(reads[0].Keys, reads[1].Keys);
    }

    private async ValueTask WakeAsync(JobId job)
    {
        try
        {
            await _submitter.WakeAsync(job, restart: false, CancellationToken.None);
        }
        catch (TransientFault fault)
        {
            report?.Invoke(nameof(JobIntake), fault);
        }
    }
}
