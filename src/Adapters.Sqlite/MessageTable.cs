using System.Text;
using Katanemimena.Core;

namespace Katanemimena.Adapters.Sqlite;

/// <summary>The table of the queues and the statements on it. Used within one database transaction. Times are ticks of UTC.</summary>
/// <remarks>A message is leased while it was received and is not visible; its receipt is its id and the number of its lease.</remarks>
internal sealed class MessageTable(SqliteDatabase database)
{
    internal const int ApplicationId = 0x4B4D5131;

    internal const string Schema = """
        CREATE TABLE messages(id INTEGER PRIMARY KEY AUTOINCREMENT, queue BLOB NOT NULL, body BLOB NOT NULL, visible INTEGER NOT NULL,
          dequeues INTEGER NOT NULL DEFAULT 0, leases INTEGER NOT NULL DEFAULT 0);
        CREATE INDEX messages_by_visibility ON messages(queue, visible, id)
        """;

    private readonly Statement _send = database.Prepare("INSERT INTO messages(queue, body, visible) VALUES(?1, ?2, ?3)");
    private readonly Statement _next = database.Prepare("SELECT min(visible) FROM messages WHERE queue = ?1");
    private readonly Statement _count = database.Prepare("SELECT count(*) FROM messages WHERE queue = ?1");
    private readonly Statement _receive = database.Prepare(
        """
        UPDATE messages SET visible = ?3, dequeues = dequeues + 1, leases = leases + 1
        WHERE id = (SELECT id FROM messages WHERE queue = ?1 AND visible <= ?2 ORDER BY visible, id LIMIT 1)
        RETURNING id, body, dequeues, leases
        """);

    private readonly Statement _renew = database.Prepare(
        "UPDATE messages SET visible = ?5, leases = leases + 1 WHERE id = ?2 AND queue = ?1 AND leases = ?3 AND dequeues > 0 AND visible > ?4 RETURNING leases");

    private readonly Statement _complete = database.Prepare(
        "DELETE FROM messages WHERE id = ?2 AND queue = ?1 AND leases = ?3 AND dequeues > 0 AND visible > ?4");

    internal void Send(string queue, byte[] body, DateTime visible) => _send.Run(Bytes(queue), body, visible.Ticks);

    /// <summary>When the next message is, or was, visible; null if there is none.</summary>
    internal DateTime? NextVisible(string queue) => _next.Number(Bytes(queue)) is { } ticks ? new DateTime(ticks, DateTimeKind.Utc) : null;

    internal long Count(string queue) => _count.Number(Bytes(queue))!.Value;

    internal QueueMessage? Receive(string queue, DateTime now, DateTime until) =>
        _receive.Rows(
            row => new QueueMessage(row.Bytes(1).ToArray(), new Receipt(row.Number(0), row.Number(3)).ToString(), (int)row.Number(2)),
            Bytes(queue), now.Ticks, until.Ticks).SingleOrDefault();

    internal string? Renew(string queue, Receipt receipt, DateTime now, DateTime until) =>
        _renew.Number(Bytes(queue), receipt.Message, receipt.Lease, now.Ticks, until.Ticks) is { } lease
            ? (receipt with { Lease = lease }).ToString()
            : null;

    internal bool Complete(string queue, Receipt receipt, DateTime now) =>
        _complete.Run(Bytes(queue), receipt.Message, receipt.Lease, now.Ticks) > 0;

    private static byte[] Bytes(string queue) => Encoding.UTF8.GetBytes(queue);
}
