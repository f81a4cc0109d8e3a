using Katanemimena.Core;

namespace Katanemimena.Orchestration;

/// <summary>Takes jobs in for a cluster: gives each to the live manager with the fewest unfinished ones.</summary>
public sealed class JobIntake(IKeyValueStore store, ITaskQueue queue, QueueNames queues)
{
    private readonly JobStore _jobs = new(store);
    private readonly JobSubmitter _submitter = new(store, queue, queues);

    /// <summary>Submits a job.</summary>
    /// <exception cref="PermanentFault">The specification cannot work; the message names the field.</exception>
    /// <exception cref="TransientFault">No manager is alive, or the store or queue cannot be reached; a job may have been stored all the same.</exception>
    public async ValueTask<JobId> SubmitAsync(JobSpec spec, CancellationToken cancellation) =>
        await _submitter.SubmitAsync(await ManagerAsync(cancellation), spec, cancellation);

    /// <summary>The live manager with the fewest unfinished jobs; among equals, the first by name.</summary>
    /// <exception cref="TransientFault">None is alive.</exception>
    public async ValueTask<string> ManagerAsync(CancellationToken cancellation)
    {
        IReadOnlyList<RangeResult> reads = await _jobs.ReadAsync([KeyRange.Prefix(JobKeys.Managers), KeyRange.Prefix(JobKeys.OpenJobs)], cancellation);
        Dictionary<string, int> unfinished = reads[0].Keys.Select(key => JobKeys.ManagerOf(key.Key)).OfType<string>().ToDictionary(manager => manager, _ => 0, StringComparer.Ordinal);
        foreach (KeyValue open in reads[1].Keys)
        {
            if (JobKeys.TryParseOpen(open.Key, out JobId job) && unfinished.TryGetValue(job.Manager, out int count))
            {
                unfinished[job.Manager] = count + 1;
            }
        }

        return unfinished.Count == 0
            ? throw new TransientFault("no manager is alive to take a job; try again when one is")
            : unfinished.MinBy(manager => (manager.Value, manager.Key)).Key;
    }
}
