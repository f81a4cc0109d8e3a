using Katanemimena.Core;

namespace Katanemimena.Orchestration;

/// <summary>Follows which jobs leave the index of open jobs.</summary>
internal static class EndedJobs
{
    /// <summary>Tells of each job that leaves it, from now on, until stopped. One that ends while the store is in trouble may be missed.</summary>
    public static async Task FollowAsync(IKeyValueStore store, TimeProvider time, Func<JobId, Task> ended, CancellationToken stop)
    {
        while (true)
        {
            try
            {
                await foreach (KeyChange change in store.WatchAsync(KeyRange.Prefix(JobKeys.OpenJobs), 0, stop))
                {
                    if (change.Value is null && JobKeys.TryParseOpen(change.Key, out JobId job))
                    {
                        await ended(job);
                    }
                }
            }
            catch (Exception e) when (e is TransientFault or PermanentFault or RevisionCompacted)
            {
                await Task.Delay(QueueLoop.PauseMax, time, stop);
            }
        }
    }
}
