using Katanemimena.Core;

namespace Katanemimena.Orchestration;

/// <summary>What a process does that comes up over a store in which an earlier process of the same manager left jobs.</summary>
internal sealed class Resumption(IKeyValueStore store, string manager, string process)
{
    private const int Together = 100;

    private readonly JobStore _jobs = new(store);
    private readonly JobRanges _ranges = new(store);

    /// <summary>Ends the leases of earlier processes of this manager at once, so that their attempts no longer count as running.</summary>
    public ValueTask EndDeadProcessesAsync(CancellationToken cancellation) => EndDeadProcessesAsync(instance => instance.Manager == manager, cancellation);

    /// <summary>Ends the leases of other processes at once.</summary>
    /// <param name="dead">Which of them are dead.</param>
    /// <param name="cancellation">Stops ending them.</param>
    public async ValueTask EndDeadProcessesAsync(Func<InstanceRecord, bool> dead, CancellationToken cancellation)
    {
        RangeResult instances = await store.RangeAsync(KeyRange.Prefix(JobKeys.Instances), cancellation);
        foreach (KeyValue instance in instances.Keys)
        {
            if (instance.Key != JobKeys.Instance(process)
                && dead(RecordJson.Read(instance.Value.Span, RecordJson.Default.InstanceRecord)))
            {
                await store.RevokeLeaseAsync(instance.Lease, cancellation);
            }
        }
    }

    /// <summary>Takes back the attempts that were cut off, so that they do not count as lost: whoever starts the process again wants the job to go on.</summary>
    /// <returns>The jobs to go on with.</returns>
    public async ValueTask<IReadOnlyList<JobId>> ForgiveAsync(CancellationToken cancellation)
    {
        IReadOnlyList<JobId> open = await _jobs.OpenAsync(manager, cancellation);
        foreach (JobId job in open)
        {
            foreach (TaskStage stage in Enum.GetValues<TaskStage>())
            {
                foreach (string[] some in (await CutOffAsync(job, stage, cancellation)).Chunk(Together))
                {
                    await store.TransactAsync(new Transaction { Writes = [.. some.Select(AttemptStore.Delete)] }, cancellation);
                }
            }
        }

        return open;
    }

    /// <summary>Keys of attempts that neither run nor ended.</summary>
    private async ValueTask<IEnumerable<string>> CutOffAsync(JobId job, TaskStage stage, CancellationToken cancellation)
    {
        string attempts = JobKeys.Attempts(job, stage);
        List<KeyValue> started = await _ranges.AllAsync(attempts, cancellation);
        HashSet<(int, string)> known = [];
        foreach (string prefix in (string[])[JobKeys.Live(job, stage), JobKeys.Failed(job, stage)])
        {
            known.UnionWith((await _ranges.AllAsync(prefix, cancellation)).Select(key => JobKeys.ParseTask(key.Key, prefix)));
        }

        string done = JobKeys.Done(job, stage);
        known.UnionWith((await _ranges.AllAsync(done, cancellation))
            .Select(key => (JobKeys.ParseTask(key.Key, done).Index, RecordJson.ReadCommit(key).Attempt)));
        return started.Where(key => !known.Contains(JobKeys.ParseTask(key.Key, attempts))).Select(key => key.Key);
    }
}
