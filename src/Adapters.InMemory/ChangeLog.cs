using Katanemimena.Core;

namespace Katanemimena.Adapters.InMemory;

/// <summary>The latest changes of the store, and those who follow them. Used under the store's lock.</summary>
internal sealed class ChangeLog(int changesMax)
{
    /// <summary>Most bytes of values the log keeps alive.</summary>
    private const long ValueBytesMax = 16 << 20;

    private readonly Queue<KeyChange> _changes = new();
    private readonly List<Watcher> _watchers = [];
    private long _valueBytes;
    private long _forgotten;

    /// <summary>Adds the changes of one revision.</summary>
    internal void Append(IReadOnlyList<KeyChange> changes)
    {
        foreach (KeyChange change in changes)
        {
            _changes.Enqueue(change);
            _valueBytes += ValueBytes(change);
        }

        while (_changes.Count > 0 && (_changes.Count > changesMax || _valueBytes > ValueBytesMax))
        {
            KeyChange oldest = _changes.Dequeue();
            _valueBytes -= ValueBytes(oldest);
            _forgotten = oldest.Revision;
        }

        foreach (Watcher watcher in _watchers)
        {
            watcher.Offer(changes);
        }
    }

    /// <summary>Begins to follow a range from a revision on.</summary>
    /// <exception cref="RevisionCompacted">That revision is forgotten.</exception>
    internal Watcher Follow(KeyRange range, long fromRevision)
    {
        if (fromRevision <= _forgotten)
        {
            throw new RevisionCompacted(fromRevision);
        }

        Watcher watcher = new(range, fromRevision);
        watcher.Offer(_changes);
        _watchers.Add(watcher);
        return watcher;
    }

    internal void Leave(Watcher watcher) => _watchers.Remove(watcher);

    private static int ValueBytes(KeyChange change) => change.Value?.Value.Length ?? 0;
}

/// <summary>One follower: the changes it has not taken yet, and its wish to be woken.</summary>
internal sealed class Watcher(KeyRange range, long fromRevision)
{
    private List<KeyChange> _pending = [];
    private TaskCompletionSource? _signal;

    /// <summary>Keeps those changes that the follower wants. Under the store's lock.</summary>
    internal void Offer(IEnumerable<KeyChange> changes)
    {
        _pending.AddRange(changes.Where(change => change.Revision >= fromRevision && range.Contains(change.Key)));
        if (_pending.Count > 0)
        {
            _signal?.TrySetResult();
            _signal = null;
        }
    }

    /// <summary>Takes what is pending, or leaves a signal to wait for. Under the store's lock.</summary>
    internal List<KeyChange> Take(out TaskCompletionSource? signal)
    {
        List<KeyChange> taken = _pending;
        signal = null;
        if (taken.Count > 0)
        {
            _pending = [];
        }
        else
        {
            signal = _signal = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        }

        return taken;
    }
}
