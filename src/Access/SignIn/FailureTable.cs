using Katanemimena.Core;

namespace Katanemimena.Access;

/// <summary>Failed attempts by address, or by a user name that is nobody's, in the memory of one instance. Safe for several threads.</summary>
/// <remarks>Bounded: when it is full, what has been quiet for longest is forgotten. Filling it takes that many addresses that each failed.</remarks>
/// <param name="entriesMax">Most entries; 1 or more.</param>
internal sealed class FailureTable(int entriesMax)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, LinkedListNode<Entry>> _entries = new(StringComparer.Ordinal);
    private readonly LinkedList<Entry> _byAge = [];

    /// <summary>How many entries it has.</summary>
    internal int Count
    {
        get
        {
            lock (_gate)
            {
                return _entries.Count;
            }
        }
    }

    /// <summary>How long the next attempt has to wait; zero if it may be made.</summary>
    internal TimeSpan Wait(string key, DateTimeOffset now)
    {
        lock (_gate)
        {
            return _entries.TryGetValue(key, out LinkedListNode<Entry>? node) ? node.Value.Failures.Wait(now) : TimeSpan.Zero;
        }
    }

    /// <summary>Counts a failure in advance, if the attempt may be made: so that many at once are not more than many in a row.</summary>
    /// <returns>Zero if it was counted; else how long to wait.</returns>
    internal TimeSpan Charge(string key, DateTimeOffset now)
    {
        lock (_gate)
        {
            FailureCount failures = _entries.TryGetValue(key, out LinkedListNode<Entry>? node) ? node.Value.Failures : default;
            TimeSpan wait = failures.Wait(now);
            if (wait == TimeSpan.Zero)
            {
                Set(node, key, failures.Add(now));
            }

            return wait;
        }
    }

    /// <summary>Takes back one failure that was none.</summary>
    internal void Refund(string key)
    {
        lock (_gate)
        {
            if (_entries.TryGetValue(key, out LinkedListNode<Entry>? node))
            {
                node.Value = node.Value with { Failures = node.Value.Failures.Refund() };
                if (node.Value.Failures.Count == 0)
                {
                    Remove(node);
                }
            }
        }
    }

    private void Set(LinkedListNode<Entry>? old, string key, FailureCount failures)
    {
        if (old is not null)
        {
            Remove(old);
        }

        _entries[key] = _byAge.AddLast(new Entry(key, failures));
        while (_entries.Count > entriesMax || _byAge.First!.Value.Failures.IsForgotten(failures.Last))
        {
            Remove(_byAge.First!);
        }

        Invariant.Holds(_entries.Count == _byAge.Count);
    }

    private void Remove(LinkedListNode<Entry> node)
    {
        _byAge.Remove(node);
        _entries.Remove(node.Value.Key);
    }

    private readonly record struct Entry(string Key, FailureCount Failures);
}
