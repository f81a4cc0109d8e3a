using System.Collections.Concurrent;
using Katanemimena.Core;
using Katanemimena.Orchestration;

namespace Katanemimena.Tests.Cluster.Faults;

/// <summary>Follows a job's commit records as they are written, over restarts of the store: each task must commit once.</summary>
internal sealed class CommitWatch : IAsyncDisposable
{
    private readonly ConcurrentDictionary<string, int> _commits = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _watching;

    public CommitWatch(IKeyValueStore store, JobId job) => _watching = WatchAsync(store, JobKeys.AllDone(job));

    /// <summary>The tasks that committed, with how often.</summary>
    public IReadOnlyDictionary<string, int> Commits => _commits;

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _watching.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _stop.Dispose();
    }

    private async Task WatchAsync(IKeyValueStore store, string prefix)
    {
        long next = 1; // All there ever was of the job: it may have begun to commit before this watch came up.
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                await foreach (KeyChange change in store.WatchAsync(KeyRange.Prefix(prefix), next, _stop.Token))
                {
                    next = change.Revision;
                    if (change.Value is not null)
                    {
                        _commits.AddOrUpdate($"{change.Key}@{change.Revision}", 1, (_, _) => 1);
                    }
                }
            }
            catch (TransientFault)
            {
                // The store is away; from the same revision on once it is back.
            }
        }
    }

    /// <summary>Commits by task.</summary>
    public ILookup<string, string> ByTask() => _commits.Keys.ToLookup(commit => commit[..commit.LastIndexOf('@')]);
}
