using Katanemimena.Core;

namespace Katanemimena.Orchestration;

/// <summary>Ends attempts as soon as their job's state changes: the stage is over, or the job is. One for each process: all attempts of
/// a stage share one watch of the store, which lasts until the state changes.</summary>
/// <remarks>Only a matter of promptness: the commit compares the state's revision whatever this sees.</remarks>
internal sealed class StateWatch(IKeyValueStore store, TimeProvider time) : IAsyncDisposable
{
    private static readonly TimeSpan s_backoff = TimeSpan.FromSeconds(1);

    private readonly Lock _gate = new();
    private readonly Dictionary<(JobId Job, long StateRevision), HashSet<CancellationTokenSource>> _attempts = [];
    private readonly CancellationTokenSource _stop = new();

    /// <summary>Cancels an attempt at the first change of the state, until <see cref="Remove"/>.</summary>
    /// <param name="job">The job.</param>
    /// <param name="stateRevision">Revision of the state for which the attempt was started.</param>
    /// <param name="fromRevision">First revision of the store that the attempt's start did not see.</param>
    /// <param name="attempt">Ends the attempt.</param>
    public void Add(JobId job, long stateRevision, long fromRevision, CancellationTokenSource attempt)
    {
        lock (_gate)
        {
            if (_attempts.TryGetValue((job, stateRevision), out HashSet<CancellationTokenSource>? others))
            {
                others.Add(attempt);
                return;
            }

            _attempts.Add((job, stateRevision), [attempt]);
        }

        _ = FollowAsync(job, stateRevision, fromRevision);
    }

    /// <summary>Leaves an attempt alone from now on.</summary>
    public void Remove(JobId job, long stateRevision, CancellationTokenSource attempt)
    {
        lock (_gate)
        {
            if (_attempts.TryGetValue((job, stateRevision), out HashSet<CancellationTokenSource>? attempts))
            {
                attempts.Remove(attempt);
            }
        }
    }

    /// <summary>Ends all watches.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _stop.Dispose();
    }

    private async Task FollowAsync(JobId job, long stateRevision, long fromRevision)
    {
        var state = KeyRange.One(JobKeys.State(job));
        CancellationToken stop = _stop.Token;
        while (!stop.IsCancellationRequested)
        {
            try
            {
                await foreach (KeyChange _ in store.WatchAsync(state, fromRevision, stop))
                {
                    break;
                }

                break;
            }
            catch (OperationCanceledException) when (stop.IsCancellationRequested)
            {
                return;
            }
            catch (Exception)
            {
                // The watch broke off, or asked for what the store no longer keeps: see how the state is now.
                if (await LookAsync(state, stateRevision, stop) is not { } seen)
                {
                    break;
                }

                fromRevision = seen > 0 ? seen + 1 : fromRevision;
            }
        }

        Cancel(job, stateRevision);
    }

    /// <summary>Reads the state some time after the watch broke off.</summary>
    /// <returns>The revision up to which it had not changed, 0 if that is not known, null if it has.</returns>
    private async ValueTask<long?> LookAsync(KeyRange state, long stateRevision, CancellationToken stop)
    {
        try
        {
            await Task.Delay(s_backoff, time, stop);
            RangeResult found = await store.RangeAsync(state, stop);
            return found.Keys.Count > 0 && found.Keys[0].ModifyRevision == stateRevision ? found.Revision : null;
        }
        catch (Exception)
        {
            return 0;
        }
    }

    private void Cancel(JobId job, long stateRevision)
    {
        HashSet<CancellationTokenSource>? attempts;
        lock (_gate)
        {
            _attempts.Remove((job, stateRevision), out attempts);
        }

        foreach (CancellationTokenSource attempt in attempts ?? [])
        {
            try
            {
                attempt.Cancel();
            }
            catch (ObjectDisposedException)
            {
                // The attempt came to its end by itself meanwhile.
            }
        }
    }
}
