using System.Text;
using Katanemimena.Core;

namespace Katanemimena.Adapters.Sqlite;

/// <summary>The tables of the key-value store and the statements on them. Used within one database transaction.</summary>
/// <remarks>Keys are stored as bytes, which SQLite orders by memcmp. Every revision from 2 on has rows in <c>changes</c>; the latest has
/// the store's revision.</remarks>
internal sealed class KeyTables(SqliteDatabase database)
{
    internal const int ApplicationId = 0x4B4D5331;

    internal const string Schema = """
        CREATE TABLE keys(key BLOB PRIMARY KEY NOT NULL, value BLOB NOT NULL, created INTEGER NOT NULL, modified INTEGER NOT NULL, lease INTEGER NOT NULL);
        CREATE INDEX keys_by_lease ON keys(lease) WHERE lease <> 0;
        CREATE TABLE changes(revision INTEGER NOT NULL, key BLOB NOT NULL, value BLOB NOT NULL, created INTEGER NOT NULL, lease INTEGER NOT NULL,
          PRIMARY KEY(revision, key)) WITHOUT ROWID;
        CREATE TABLE leases(id INTEGER PRIMARY KEY AUTOINCREMENT, ttl INTEGER NOT NULL, ends INTEGER NOT NULL);
        CREATE INDEX leases_by_end ON leases(ends)
        """;

    private readonly Statement _revision = database.Prepare("SELECT max(revision) FROM changes");
    private readonly Statement _oldest = database.Prepare("SELECT min(revision) FROM changes");
    private readonly Statement _modified = database.Prepare("SELECT modified FROM keys WHERE key = ?1");
    private readonly Statement _one = database.Prepare("SELECT key, value, created, modified, lease FROM keys WHERE key = ?1");
    private readonly Statement _range = database.Prepare("SELECT key, value, created, modified, lease FROM keys WHERE key >= ?1 AND key < ?2 ORDER BY key LIMIT ?3");
    private readonly Statement _count = database.Prepare("SELECT count(*) FROM keys WHERE key >= ?1 AND key < ?2");
    private readonly Statement _put = database.Prepare(
        """
        INSERT INTO keys(key, value, created, modified, lease) VALUES(?1, ?2, ?3, ?3, ?4)
        ON CONFLICT(key) DO UPDATE SET value = excluded.value, modified = excluded.modified, lease = excluded.lease RETURNING created
        """);

    private readonly Statement _putChange = database.Prepare("INSERT INTO changes(revision, key, value, created, lease) VALUES(?1, ?2, ?3, ?4, ?5)");
    private readonly Statement _deleteChanges = database.Prepare(
        "INSERT INTO changes(revision, key, value, created, lease) SELECT ?1, key, x'', 0, 0 FROM keys WHERE key >= ?2 AND key < ?3");

    private readonly Statement _delete = database.Prepare("DELETE FROM keys WHERE key >= ?1 AND key < ?2");
    private readonly Statement _forget = database.Prepare("DELETE FROM changes WHERE revision < ?1");
    private readonly Statement _follow = database.Prepare(
        "SELECT key, value, created, revision, lease FROM changes WHERE revision >= ?1 AND key >= ?2 AND key < ?3 ORDER BY revision, key LIMIT ?4");

    private readonly Statement _leaseGrant = database.Prepare("INSERT INTO leases(ttl, ends) VALUES(?1, ?2) RETURNING id");
    private readonly Statement _leaseRenew = database.Prepare("UPDATE leases SET ends = ttl + ?2 WHERE id = ?1");
    private readonly Statement _leaseExists = database.Prepare("SELECT 1 FROM leases WHERE id = ?1");
    private readonly Statement _leasesDue = database.Prepare("SELECT id FROM leases WHERE ends <= ?1 ORDER BY ends, id");
    private readonly Statement _leaseNext = database.Prepare("SELECT min(ends) FROM leases");
    private readonly Statement _leaseRemove = database.Prepare("DELETE FROM leases WHERE id = ?1");
    private readonly Statement _leaseChanges = database.Prepare(
        "INSERT INTO changes(revision, key, value, created, lease) SELECT ?1, key, x'', 0, 0 FROM keys WHERE lease = ?2 AND lease <> 0");

    private readonly Statement _leaseKeys = database.Prepare("DELETE FROM keys WHERE lease = ?1 AND lease <> 0");

    internal long Revision => _revision.Number() ?? 1;

    /// <summary>The first revision whose changes are kept; 0 if none was forgotten.</summary>
    internal long Oldest => _oldest.Number() is > 2 and { } oldest ? oldest : 0;

    internal long Modified(string key) => _modified.Number(Bytes(key)) ?? 0;

    internal RangeResult Read(KeyRange range, long revision)
    {
        if (range.End is null)
        {
            List<KeyValue> one = _one.Rows(ReadKey, Bytes(range.Start));
            return new RangeResult(revision, range.CountOnly ? [] : one, one.Count);
        }

        (byte[] start, byte[] end) = Bounds(range);
        List<KeyValue> keys = range.CountOnly ? [] : _range.Rows(ReadKey, start, end, range.Limit == 0 ? -1L : range.Limit);
        bool cut = range.CountOnly || (range.Limit > 0 && keys.Count == range.Limit);
        return new RangeResult(revision, keys, cut ? _count.Number(start, end)!.Value : keys.Count);
    }

    internal void Put(string key, byte[] value, LeaseId lease, long revision)
    {
        byte[] name = Bytes(key);
        long created = _put.Number(name, value, revision, lease.Value)!.Value;
        _putChange.Run(revision, name, value, created, lease.Value);
    }

    /// <summary>Deletes a range; false if there was no key in it.</summary>
    internal bool Delete(KeyRange range, long revision)
    {
        (byte[] start, byte[] end) = Bounds(range);
        return _deleteChanges.Run(revision, start, end) > 0 && _delete.Run(start, end) > 0;
    }

    internal void Forget(long beforeRevision) => _forget.Run(beforeRevision);

    internal List<KeyChange> Follow(KeyRange range, long fromRevision, int changesMax)
    {
        (byte[] start, byte[] end) = Bounds(range);
        return _follow.Rows(
            row => ReadKey(row) is var value && value.CreateRevision == 0
                ? new KeyChange(value.Key, null, value.ModifyRevision)
                : new KeyChange(value.Key, value, value.ModifyRevision),
            fromRevision, start, end, changesMax);
    }

    internal LeaseId Grant(TimeSpan timeToLive, DateTime now) => new(_leaseGrant.Number(timeToLive.Ticks, (now + timeToLive).Ticks)!.Value);

    internal bool Renew(LeaseId lease, DateTime now) => _leaseRenew.Run(lease.Value, now.Ticks) > 0;

    internal bool Exists(LeaseId lease) => _leaseExists.Number(lease.Value) is not null;

    internal List<LeaseId> LeasesDue(DateTime now) => _leasesDue.Rows(row => new LeaseId(row.Number(0)), now.Ticks);

    /// <summary>When the next lease ends; null if there is none.</summary>
    internal DateTime? NextLeaseEnd() => _leaseNext.Number() is { } ticks ? new DateTime(ticks, DateTimeKind.Utc) : null;

    /// <summary>Ends a lease; its keys go in one revision.</summary>
    internal void End(LeaseId lease)
    {
        if (_leaseRemove.Run(lease.Value) > 0 && _leaseChanges.Run(Revision + 1, lease.Value) > 0)
        {
            _leaseKeys.Run(lease.Value);
        }
    }

    private static byte[] Bytes(string key) => Encoding.UTF8.GetBytes(key);

    /// <summary>Bounds of a range; of one key, up to the first key that could follow it.</summary>
    private static (byte[] Start, byte[] End) Bounds(KeyRange range) => (Bytes(range.Start), Bytes(range.End ?? range.Start + "\0"));

    private static KeyValue ReadKey(Statement row) =>
        new(Encoding.UTF8.GetString(row.Bytes(0)), row.Bytes(1).ToArray(), row.Number(2), row.Number(3), new LeaseId(row.Number(4)));
}
