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

    private readonly Statement _send = database.Prepare("INSERT INTO messages(queue, body, visible) VALUES($0, $1, $2)", 3);
    private readonly Statement _next = database.Prepare("SELECT min(visible) FROM messages WHERE queue = $0", 1);
    private readonly Statement _count = database.Prepare("SELECT count(*) FROM messages WHERE queue = $0", 1);
    private readonly Statement _receive = database.Prepare(
        """
        UPDATE messages SET visible = $2, dequeues = dequeues + 1, leases = leases + 1
        WHERE id = (SELECT id FROM messages WHERE queue = $0 AND visible <= $1 ORDER BY visible, id LIMIT 1)
        RETURNING id, body, dequeues, leases
        """,
        3);

    private readonly Statement _renew = database.Prepare(
        "UPDATE messages SET visible = $4, leases = leases + 1 WHERE id = $1 AND queue = $0 AND leases = $2 AND dequeues > 0 AND visible > $3 RETURNING leases",
        5);

    private readonly Statement _complete = database.Prepare(
        "DELETE FROM messages WHERE id = $1 AND queue = $0 AND leases = $2 AND dequeues > 0 AND visible > $3", 4);

    internal void Send(string queue, byte[] body, DateTime visible) => _send.Run(Bytes(queue), body, visible.Ticks);

    /// <summary>When the next message is, or was, visible; null if there is none.</summary>
    internal DateTime? NextVisible(string queue) => _next.Number(Bytes(queue)) is { } ticks ? new DateTime(ticks, DateTimeKind.Utc) : null;

    internal long Count(string queue) => _count.Number(Bytes(queue))!.Value;

    internal QueueMessage? Receive(string queue, DateTime now, DateTime until) =>
        _receive.Rows(
            row => new QueueMessage(row.GetFieldValue<byte[]>(1), new Receipt(row.GetInt64(0), row.GetInt64(3)).ToString(), row.GetInt32(2)),
            Bytes(queue), now.Ticks, until.Ticks).SingleOrDefault();

    internal string? Renew(string queue, Receipt receipt, DateTime now, DateTime until) =>
        _renew.Number(Bytes(queue), receipt.Message, receipt.Lease, now.Ticks, until.Ticks) is { } lease
            ? (receipt with { Lease = lease }).ToString()
            : null;

    internal bool Complete(string queue, Receipt receipt, DateTime now) =>
        _complete.Run(Bytes(queue), receipt.Message, receipt.Lease, now.Ticks) > 0;

    private static byte[] Bytes(string queue) => Encoding.UTF8.GetBytes(queue);
}
