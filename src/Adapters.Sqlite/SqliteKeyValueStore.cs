using System.Runtime.CompilerServices;
using Katanemimena.Core;

namespace Katanemimena.Adapters.Sqlite;

/// <summary>A key-value store in one SQLite file. Several processes may use one file at the same time.</summary>
/// <remarks>
/// A transaction that was answered survives the death of the process, and a power failure if so asked; without, a power failure may take
/// the store back by some moments, to a state that it had. Leases go by the wall clock and are stored:
/// they run on while no process does. They are ended by whoever looks next, in any process. A watch sees changes made through the same
/// object at once, those of others within 50 ms. The file must lie on a local disk: SQLite's write-ahead log does not work over a network.
/// </remarks>
public sealed class SqliteKeyValueStore : IKeyValueStore, IDisposable
{
    /// <summary>Revisions kept for watches that begin in the past, unless said otherwise: 4,096.</summary>
    public const int HistoryRevisionsMax = 4_096;

    private const int WatchChangesMax = 500;

    private readonly SqliteDatabase _database;
    private readonly KeyTables _tables;
    private readonly TimeProvider _time;
    private readonly Pulse _pulse;
    private readonly int _historyRevisionsMax;
    private long _trimmed;

    /// <summary>Opens a store, creating the file if it is missing.</summary>
    /// <param name="path">The file; its folder must exist.</param>
    /// <param name="time">Wall clock of the leases, and timers.</param>
    /// <param name="survivesPowerFailure">Whether each commit is synced to the device: milliseconds each where it costs a tenth of one without.</param>
    /// <param name="historyRevisionsMax">Revisions kept at least for watches that begin in the past; 1 or more.</param>
    /// <exception cref="PermanentFault">The file cannot be opened, is damaged, or holds something else.</exception>
    /// <exception cref="TransientFault">Another process held it for too long.</exception>
    public SqliteKeyValueStore(string path, TimeProvider time, bool survivesPowerFailure = true, int historyRevisionsMax = HistoryRevisionsMax)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        ArgumentNullException.ThrowIfNull(time);
        ArgumentOutOfRangeException.ThrowIfLessThan(historyRevisionsMax, 1);
        _database = new SqliteDatabase(path, KeyTables.ApplicationId, survivesPowerFailure ? "FULL" : "NORMAL", KeyTables.Schema);
        _tables = new KeyTables(_database);
        _time = time;
        _pulse = new Pulse(time);
        _historyRevisionsMax = historyRevisionsMax;
    }

    private DateTime Now => _time.GetUtcNow().UtcDateTime;

    /// <inheritdoc/>
    public async ValueTask<RangeResult> RangeAsync(KeyRange range, CancellationToken cancellation)
    {
        KeyValueRules.Check(range);
        cancellation.ThrowIfCancellationRequested();
        return _database.Read(() => LeasesAreDue ? null : _tables.Read(range, _tables.Revision))
            ?? await WriteAsync(() => _tables.Read(range, _tables.Revision));
    }

    /// <inheritdoc/>
    public ValueTask<TransactionResult> TransactAsync(Transaction transaction, CancellationToken cancellation)
    {
        KeyValueRules.Check(transaction);
        cancellation.ThrowIfCancellationRequested();
        byte[][] values = [.. transaction.Writes.Select(write => write is KeyWrite.Put put ? put.Value.ToArray() : [])];
        return WriteAsync(() => Transact(transaction, values));
    }

    /// <inheritdoc/>
    public ValueTask<LeaseId> GrantLeaseAsync(TimeSpan timeToLive, CancellationToken cancellation)
    {
        KeyValueRules.CheckTimeToLive(timeToLive);
        cancellation.ThrowIfCancellationRequested();
        return WriteAsync(() => _tables.Grant(timeToLive, Now));
    }

    /// <inheritdoc/>
    public ValueTask<bool> RenewLeaseAsync(LeaseId lease, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        return WriteAsync(() => _tables.Renew(lease, Now));
    }

    /// <inheritdoc/>
    public async ValueTask RevokeLeaseAsync(LeaseId lease, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        await WriteAsync(() =>
        {
            _tables.End(lease);
            return true;
        });
    }

    /// <inheritdoc/>
    public IAsyncEnumerable<KeyChange> WatchAsync(KeyRange range, long fromRevision, CancellationToken cancellation)
    {
        KeyValueRules.Check(range);
        ArgumentOutOfRangeException.ThrowIfNegative(fromRevision);
        return FollowAsync(range, fromRevision, cancellation);
    }

    /// <summary>Closes the file.</summary>
    public void Dispose() => _database.Dispose();

    private async IAsyncEnumerable<KeyChange> FollowAsync(KeyRange range, long fromRevision, [EnumeratorCancellation] CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        long next = fromRevision > 0 ? fromRevision : _database.Read(() => _tables.Revision) + 1;
        while (true)
        {
            long beats = _pulse.Beats;
            (List<KeyChange> changes, long revision, TimeSpan atMost) = await LookAsync(range, next);
            foreach (KeyChange change in changes)
            {
                cancellation.ThrowIfCancellationRequested();
                yield return change;
            }

            next = Math.Max(next, revision + 1);
            if (changes.Count == 0)
            {
                await _pulse.WaitAsync(beats, atMost, cancellation);
            }
        }
    }

    /// <summary>Reads the next changes of whole revisions, and says up to which revision they go and when a lease ends next.</summary>
    private async ValueTask<(List<KeyChange> Changes, long Revision, TimeSpan AtMost)> LookAsync(KeyRange range, long fromRevision)
    {
        if (_database.Read(() => LeasesAreDue))
        {
            await WriteAsync(() => true);
        }

        return _database.Read(() =>
        {
            if (fromRevision < _tables.Oldest)
            {
                throw new RevisionCompacted(fromRevision);
            }

            List<KeyChange> changes = _tables.Follow(range, fromRevision, WatchChangesMax);
            long revision = changes.Count < WatchChangesMax ? _tables.Revision : changes[^1].Revision - 1;
            if (changes.Count == WatchChangesMax)
            {
                changes = changes[0].Revision > revision
                    ? _tables.Follow(range, fromRevision, int.MaxValue)
                    : changes.FindAll(change => change.Revision <= revision);
                revision = changes[^1].Revision;
            }

            return (changes, revision, _tables.NextLeaseEnd() - Now ?? TimeSpan.MaxValue);
        });
    }

    private bool LeasesAreDue => _tables.NextLeaseEnd() <= Now;

    private async ValueTask<T> WriteAsync<T>(Func<T> work)
    {
        try
        {
            return await _database.WriteAsync(() =>
            {
                Trim();
                _tables.LeasesDue(Now).ForEach(_tables.End);
                return work();
            });
        }
        finally
        {
            _pulse.Beat();
        }
    }

    /// <remarks>Forgets in steps, so that most transactions need not.</remarks>
    private void Trim()
    {
        long forgettable = _tables.Revision - _historyRevisionsMax;
        if (forgettable >= _trimmed + Math.Max(1, _historyRevisionsMax / 8))
        {
            _tables.Forget(forgettable + 1);
            _trimmed = forgettable;
        }
    }

    private TransactionResult Transact(Transaction transaction, byte[][] values)
    {
        long revision = _tables.Revision;
        bool holds = transaction.Conditions.All(condition => _tables.Modified(condition.Key) == condition.ModifyRevision);
        if (holds && Write(transaction.Writes, values, revision + 1))
        {
            revision++;
        }

        IReadOnlyList<KeyRange> reads = holds ? transaction.Reads : transaction.ReadsOtherwise;
        return new TransactionResult(holds, revision, [.. reads.Select(range => _tables.Read(range, revision))]);
    }

    private bool Write(IReadOnlyList<KeyWrite> writes, byte[][] values, long revision)
    {
        foreach (KeyWrite write in writes)
        {
            if (write is KeyWrite.Put { Lease.Value: not 0 } put && !_tables.Exists(put.Lease))
            {
                throw new LeaseEnded(put.Lease);
            }
        }

        bool written = false;
        for (int index = 0; index < writes.Count; index++)
        {
            if (writes[index] is KeyWrite.Put put)
            {
                _tables.Put(put.Key, values[index], put.Lease, revision);
                written = true;
            }
            else
            {
                written |= _tables.Delete(((KeyWrite.Delete)writes[index]).Range, revision);
            }
        }

        return written;
    }
}
