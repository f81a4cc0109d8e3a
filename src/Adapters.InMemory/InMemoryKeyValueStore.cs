using System.Runtime.CompilerServices;
using Katanemimena.Core;

namespace Katanemimena.Adapters.InMemory;

/// <summary>A key-value store in the memory of one process: the default of <c>mrctl run</c>. Everything is gone when the process ends.</summary>
/// <remarks>Every call but a waiting watch completes before it returns. A watch goes on in the synchronization context in which it is
/// awaited; without one, on the thread pool: never on the stack of the writer. Safe for several threads.</remarks>
public sealed class InMemoryKeyValueStore : IKeyValueStore, IDisposable
{
    /// <summary>Changes kept for watches that begin in the past, unless said otherwise: 10,000.</summary>
    public const int HistoryChangesMax = 10_000;

    private readonly Lock _gate = new();
    private readonly KeyTable _table = new();
    private readonly ChangeLog _log;
    private readonly Dictionary<long, Lease> _leases = [];
    private readonly Alarm _alarm;
    private long _revision = 1;
    private long _lastLease;

    /// <summary>Makes an empty store, at revision 1.</summary>
    /// <param name="time">Clock and timers of the leases; its timestamps and timers must agree.</param>
    /// <param name="historyChangesMax">Changes kept for watches that begin in the past; 1 or more. Values of them are kept to 16 MiB in all.</param>
    public InMemoryKeyValueStore(TimeProvider time, int historyChangesMax = HistoryChangesMax)
    {
        ArgumentNullException.ThrowIfNull(time);
        ArgumentOutOfRangeException.ThrowIfLessThan(historyChangesMax, 1);
        _log = new ChangeLog(historyChangesMax);
        _alarm = new Alarm(time, EndLeasesOnTime);
    }

    /// <inheritdoc/>
    public ValueTask<RangeResult> RangeAsync(KeyRange range, CancellationToken cancellation)
    {
        KeyValueRules.Check(range);
        cancellation.ThrowIfCancellationRequested();
        lock (_gate)
        {
            EndLeasesDue();
            return ValueTask.FromResult(_table.Read(range, _revision));
        }
    }

    /// <inheritdoc/>
    public ValueTask<TransactionResult> TransactAsync(Transaction transaction, CancellationToken cancellation)
    {
        KeyValueRules.Check(transaction);
        cancellation.ThrowIfCancellationRequested();
        lock (_gate)
        {
            EndLeasesDue();
            bool holds = transaction.Conditions.All(condition => (_table.Find(condition.Key)?.ModifyRevision ?? 0) == condition.ModifyRevision);
            if (holds)
            {
                Write(transaction.Writes);
            }

            IReadOnlyList<KeyRange> reads = holds ? transaction.Reads : transaction.ReadsOtherwise;
            return ValueTask.FromResult(new TransactionResult(holds, _revision, [.. reads.Select(range => _table.Read(range, _revision))]));
        }
    }

    /// <inheritdoc/>
    public ValueTask<LeaseId> GrantLeaseAsync(TimeSpan timeToLive, CancellationToken cancellation)
    {
        KeyValueRules.CheckTimeToLive(timeToLive);
        cancellation.ThrowIfCancellationRequested();
        lock (_gate)
        {
            EndLeasesDue();
            _leases.Add(++_lastLease, new Lease(timeToLive, _alarm.Now + timeToLive));
            SetAlarm();
            return ValueTask.FromResult(new LeaseId(_lastLease));
        }
    }

    /// <inheritdoc/>
    public ValueTask<bool> RenewLeaseAsync(LeaseId lease, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        lock (_gate)
        {
            EndLeasesDue();
            if (!_leases.TryGetValue(lease.Value, out Lease? held))
            {
                return ValueTask.FromResult(false);
            }

            held.Ends = _alarm.Now + held.TimeToLive;
            SetAlarm();
            return ValueTask.FromResult(true);
        }
    }

    /// <inheritdoc/>
    public ValueTask RevokeLeaseAsync(LeaseId lease, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        lock (_gate)
        {
            EndLeasesDue();
            EndLease(lease.Value);
            SetAlarm();
            return ValueTask.CompletedTask;
        }
    }

    /// <inheritdoc/>
    public IAsyncEnumerable<KeyChange> WatchAsync(KeyRange range, long fromRevision, CancellationToken cancellation)
    {
        KeyValueRules.Check(range);
        ArgumentOutOfRangeException.ThrowIfNegative(fromRevision);
        lock (_gate)
        {
            return FollowAsync(range, fromRevision == 0 ? _revision + 1 : fromRevision, cancellation);
        }
    }

    /// <summary>Stops the timer; leases no longer end by themselves.</summary>
    public void Dispose() => _alarm.Dispose();

    private async IAsyncEnumerable<KeyChange> FollowAsync(KeyRange range, long fromRevision, [EnumeratorCancellation] CancellationToken cancellation)
    {
        Watcher watcher;
        lock (_gate)
        {
            watcher = _log.Follow(range, fromRevision);
        }

        try
        {
            while (true)
            {
                foreach (KeyChange change in await NextAsync(watcher, cancellation))
                {
                    cancellation.ThrowIfCancellationRequested();
                    yield return change;
                }
            }
        }
        finally
        {
            lock (_gate)
            {
                _log.Leave(watcher);
            }
        }
    }

    private async ValueTask<List<KeyChange>> NextAsync(Watcher watcher, CancellationToken cancellation)
    {
        while (true)
        {
            cancellation.ThrowIfCancellationRequested();
            List<KeyChange> changes;
            TaskCompletionSource? signal;
            lock (_gate)
            {
                EndLeasesDue();
                changes = watcher.Take(out signal);
            }

            if (signal is null)
            {
                return changes;
            }

            using CancellationTokenRegistration registration = cancellation.UnsafeRegister(_ => signal.TrySetCanceled(cancellation), null);
            await signal.Task;
        }
    }

    private void Write(IReadOnlyList<KeyWrite> writes)
    {
        foreach (KeyWrite write in writes)
        {
            if (write is KeyWrite.Put { Lease.Value: not 0 } put && !_leases.ContainsKey(put.Lease.Value))
            {
                throw new LeaseEnded(put.Lease);
            }
        }

        SortedDictionary<string, KeyChange> changes = new(StringComparer.Ordinal);
        foreach (KeyWrite write in writes)
        {
            if (write is KeyWrite.Put put)
            {
                KeyValue value = Put(put, _revision + 1);
                changes[put.Key] = new KeyChange(put.Key, value, _revision + 1);
            }
            else
            {
                Delete(((KeyWrite.Delete)write).Range, changes);
            }
        }

        Commit(changes);
    }

    private KeyValue Put(KeyWrite.Put put, long revision)
    {
        KeyValue? old = _table.Find(put.Key);
        Detach(old);
        KeyValue value = new(put.Key, put.Value.ToArray(), old?.CreateRevision ?? revision, revision, put.Lease);
        _table.Put(value);
        if (put.Lease != LeaseId.None)
        {
            _leases[put.Lease.Value].Keys.Add(put.Key);
        }

        return value;
    }

    private void Delete(KeyRange range, SortedDictionary<string, KeyChange> changes)
    {
        foreach (KeyValue gone in _table.Remove(range))
        {
            Detach(gone);
            changes[gone.Key] = new KeyChange(gone.Key, null, _revision + 1);
        }
    }

    private void Detach(KeyValue? value)
    {
        if (value is not null && _leases.TryGetValue(value.Lease.Value, out Lease? lease))
        {
            lease.Keys.Remove(value.Key);
        }
    }

    private void Commit(SortedDictionary<string, KeyChange> changes)
    {
        if (changes.Count > 0)
        {
            _revision++;
            _log.Append([.. changes.Values]);
        }
    }

    private void EndLease(long id)
    {
        if (_leases.Remove(id, out Lease? lease))
        {
            SortedDictionary<string, KeyChange> changes = new(StringComparer.Ordinal);
            foreach (string key in lease.Keys)
            {
                Delete(KeyRange.One(key), changes);
            }

            Commit(changes);
        }
    }

    private void EndLeasesOnTime()
    {
        lock (_gate)
        {
            _alarm.Rang();
            EndLeasesDue();
            SetAlarm();
        }
    }

    private void EndLeasesDue()
    {
        if (_leases.Count > 0)
        {
            TimeSpan now = _alarm.Now;
            foreach ((long id, _) in _leases.Where(entry => entry.Value.Ends <= now).OrderBy(entry => (entry.Value.Ends, entry.Key)).ToList())
            {
                EndLease(id);
            }
        }
    }

    private void SetAlarm() => _alarm.Set(_leases.Count == 0 ? null : _leases.Values.Min(lease => lease.Ends));

    private sealed class Lease(TimeSpan timeToLive, TimeSpan ends)
    {
        internal TimeSpan TimeToLive { get; } = timeToLive;

        internal TimeSpan Ends { get; set; } = ends;

        internal SortedSet<string> Keys { get; } = new(StringComparer.Ordinal);
    }
}
