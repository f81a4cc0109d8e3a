using Katanemimena.Core;

namespace Katanemimena.Orchestration;

/// <summary>Ends an attempt as soon as the job's state changes: its stage is over, or the job is.</summary>
/// <remarks>Only a matter of promptness: the commit compares the state's revision whatever this sees.</remarks>
internal sealed class StateWatch(IKeyValueStore store, TimeProvider time)
{
    private static readonly TimeSpan s_backoff = TimeSpan.FromSeconds(1);

    /// <summary>Cancels <paramref name="attempt"/> at the first change of the state.</summary>
    /// <param name="job">The job.</param>
    /// <param name="stateRevision">Revision of the state for which the attempt was started.</param>
    /// <param name="fromRevision">First revision of the store not yet seen.</param>
    /// <param name="attempt">Ends the attempt; when it is cancelled by anyone, the watch ends.</param>
    public async Task RunAsync(JobId job, long stateRevision, long fromRevision, CancellationTokenSource attempt)
    {
        CancellationToken ended = attempt.Token;
        var state = KeyRange.One(JobKeys.State(job));
        while (!ended.IsCancellationRequested)
        {
            try
            {
                await foreach (KeyChange _ in store.WatchAsync(state, fromRevision, ended))
                {
                    attempt.Cancel();
                    return;
                }
            }
            catch (OperationCanceledException)
            {
                return;
            }
            catch (Exception e) when (e is TransientFault or RevisionCompacted)
            {
                fromRevision = await LookAsync(state, stateRevision, fromRevision, attempt);
            }
        }
    }

    /// <summary>Reads the state after the watch broke off.</summary>
    /// <returns>The revision to go on from.</returns>
    private async ValueTask<long> LookAsync(KeyRange state, long stateRevision, long fromRevision, CancellationTokenSource attempt)
    {
        try
        {
            await Task.Delay(s_backoff, time, attempt.Token);
            RangeResult found = await store.RangeAsync(state, attempt.Token);
            if (found.Keys.Count == 0 || found.Keys[0].ModifyRevision != stateRevision)
            {
                attempt.Cancel();
            }

            return found.Revision + 1;
        }
        catch (Exception e) when (e is TransientFault or OperationCanceledException)
        {
            return fromRevision;
        }
    }
}
