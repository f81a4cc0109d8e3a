using Katanemimena.Core;
using Katanemimena.Orchestration;

namespace Katanemimena.Service;

/// <summary>Waits for jobs to change. All who wait for one job share one watch of the store.</summary>
public sealed class JobChanges
{
    private readonly JobParts _parts;
    private readonly Lock _gate = new();
    private readonly Dictionary<JobId, Followed> _followed = [];

    internal JobChanges(JobParts parts) => _parts = parts;

    /// <summary>Waits until a job has changed after a version. It may return early, when that cannot be told or the process is to end: the caller looks at the job in any case.</summary>
    /// <param name="job">The job.</param>
    /// <param name="version">A <see cref="JobStatus.Version"/>.</param>
    /// <param name="wait">Longest time to wait; zero or more.</param>
    /// <param name="cancellation">Stops waiting.</param>
    /// <exception cref="OperationCanceledException">The caller has gone.</exception>
    public async ValueTask WaitAsync(JobId job, long version, TimeSpan wait, CancellationToken cancellation)
    {
        using var ends = new CancellationTokenSource(wait, _parts.Time);
        using var any = CancellationTokenSource.CreateLinkedTokenSource(ends.Token, _parts.Stop, cancellation);
        Followed followed = Join(job, version);
        try
        {
            while (followed.Next(version) is { } change)
            {
                await change.WaitAsync(any.Token);
            }
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            // The time is over, or the process ends.
        }
        finally
        {
            Leave(job, followed);
        }
    }

    private Followed Join(JobId job, long version)
    {
        lock (_gate)
        {
            if (!_followed.TryGetValue(job, out Followed? followed) || followed.HasEnded)
            {
                _followed[job] = followed = new Followed(version + 1);
                followed.Begin(_parts.Store, KeyRange.Prefix(JobKeys.Job(job)));
            }

            followed.Waiters++;
            return followed;
        }
    }

    private void Leave(JobId job, Followed followed)
    {
        lock (_gate)
        {
            if (--followed.Waiters == 0)
            {
                if (_followed.GetValueOrDefault(job) == followed)
                {
                    _followed.Remove(job);
                }

                followed.Dispose();
            }
        }
    }

    /// <summary>A job that is watched while somebody waits for it.</summary>
    private sealed class Followed(long from) : IDisposable
    {
        private readonly Lock _gate = new();
        private readonly CancellationTokenSource _ends = new();
        private TaskCompletionSource _change = NewChange();
        private long _last;

        public int Waiters { get; set; }

        /// <summary>Whether the watch has ended by itself, so that it tells nothing more.</summary>
        public bool HasEnded { get; private set; }

        /// <summary>The next change, to be awaited; null if there was one after the version, or that cannot be told because the watch began later.</summary>
        public Task? Next(long version)
        {
            lock (_gate)
            {
                return _last > version || from > version + 1 ? null : _change.Task;
            }
        }

        public void Begin(IKeyValueStore store, KeyRange keys) => _ = FollowAsync(store, keys, _ends.Token);

        public void Dispose()
        {
            _ends.Cancel();
            _ends.Dispose();
        }

        private static TaskCompletionSource NewChange() => new(TaskCreationOptions.RunContinuationsAsynchronously);

        private async Task FollowAsync(IKeyValueStore store, KeyRange keys, CancellationToken ends)
        {
            await Task.Yield();
            try
            {
                await foreach (KeyChange change in store.WatchAsync(keys, from, ends))
                {
                    Tell(change.Revision);
                }
            }
            catch (OperationCanceledException)
            {
                // Nobody waits any more.
            }
            catch (Exception)
            {
                // The store is in trouble, or has forgotten the revision: everybody looks at the job, and is told of the trouble there.
                HasEnded = true;
                Tell(long.MaxValue);
            }
        }

        private void Tell(long revision)
        {
            TaskCompletionSource change;
            lock (_gate)
            {
                _last = Math.Max(_last, revision);
                (change, _change) = (_change, NewChange());
            }

            change.SetResult();
        }
    }
}
