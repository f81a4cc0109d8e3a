using System.Collections.Concurrent;
using Katanemimena.Core;
using Katanemimena.Orchestration;

namespace Katanemimena.Tests.Cluster.Faults;

/// <summary>Follows a job's commit records as they are written, over restarts of the store: each task must commit once.</summary>
internal sealed class CommitWatch : IAsyncDisposable
{
    private readonly ConcurrentDictionary<(string Task, long Revision), bool> _commits = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _watching;

    private volatile bool _seenEnd;

    public CommitWatch(IKeyValueStore store, JobId job) => _watching = WatchAsync(store, job);

    /// <summary>Whether it has seen the job end: then it has seen every commit there was.</summary>
    public bool HasSeenEnd => _seenEnd;

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _watching.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _stop.Dispose();
    }

    private async Task WatchAsync(IKeyValueStore store, JobId job)
    {
        long next = 1; // All there ever was of the job: it may have begun to commit before this watch came up.
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                await foreach (KeyChange change in store.WatchAsync(KeyRange.Prefix(JobKeys.Job(job)), next, _stop.Token))
                {
                    next = change.Revision;
                    if (change.Key == JobKeys.State(job))
                    {
                        _seenEnd |= change.Value is { } state && JobDocuments.ReadState(state.Value.Span).Ended;
                    }
                    else if (change.Value is not null && change.Key.StartsWith(JobKeys.AllDone(job), StringComparison.Ordinal))
                    {
                        _commits.TryAdd((change.Key, change.Revision), true);
                    }
                }
            }
            catch (TransientFault)
            {
                // The store is away; from the same revision on once it is back.
            }
        }
    }

    /// <summary>Revisions of the commits, by task. A change seen again after the store was away is the same one.</summary>
    public ILookup<string, long> ByTask() => _commits.Keys.ToLookup(commit => commit.Task, commit => commit.Revision);
}
