using Katanemimena.Core;

namespace Katanemimena.Adapters.Sqlite;

/// <summary>Queues in one SQLite file. Several processes may use one file at the same time.</summary>
/// <remarks>
/// What was answered survives the death of the process. A power failure may lose the last moments: a queue is a hint, so no sync is spent
/// on it. Leases and delays go by the wall clock. Who waits learns of a message sent through the same object at once, of others within 50 ms.
/// </remarks>
public sealed class SqliteTaskQueue : ITaskQueue, IDisposable
{
    private readonly SqliteDatabase _database;
    private readonly MessageTable _messages;
    private readonly TimeProvider _time;
    private readonly Pulse _pulse;

    /// <summary>Opens queues, creating the file if it is missing.</summary>
    /// <param name="path">The file, not that of a store; its folder must exist.</param>
    /// <param name="time">Wall clock of leases and delays, and timers.</param>
    /// <exception cref="PermanentFault">The file cannot be opened, is damaged, or holds something else.</exception>
    /// <exception cref="TransientFault">Another process held it for too long.</exception>
    public SqliteTaskQueue(string path, TimeProvider time)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        ArgumentNullException.ThrowIfNull(time);
        _database = new SqliteDatabase(path, MessageTable.ApplicationId, "NORMAL", MessageTable.Schema);
        _messages = new MessageTable(_database);
        _time = time;
        _pulse = new Pulse(time);
    }

    private DateTime Now => _time.GetUtcNow().UtcDateTime;

    /// <inheritdoc/>
    public async ValueTask SendAsync(string queue, ReadOnlyMemory<byte> body, TimeSpan delay, CancellationToken cancellation)
    {
        QueueRules.CheckSend(queue, body.Length, delay);
        cancellation.ThrowIfCancellationRequested();
        byte[] copy = body.ToArray();
        await _database.WriteAsync(() =>
        {
            _messages.Send(queue, copy, Now + delay);
            return true;
        });
        _pulse.Beat();
    }

    /// <inheritdoc/>
    public async ValueTask<QueueMessage?> ReceiveAsync(string queue, TimeSpan lease, TimeSpan wait, CancellationToken cancellation)
    {
        QueueRules.CheckReceive(queue, lease, wait);
        long start = _time.GetTimestamp();
        while (true)
        {
            cancellation.ThrowIfCancellationRequested();
            long beats = _pulse.Beats;
            DateTime? visible = _database.Read(() => _messages.NextVisible(queue));
            if (visible <= Now && await _database.WriteAsync(() => Now is var now ? _messages.Receive(queue, now, now + lease) : null) is { } message)
            {
                return message;
            }

            TimeSpan left = wait - _time.GetElapsedTime(start);
            if (left <= TimeSpan.Zero)
            {
                return null;
            }

            TimeSpan due = visible - Now ?? left;
            await _pulse.WaitAsync(beats, due > TimeSpan.Zero && due < left ? due : left, cancellation);
        }
    }

    /// <inheritdoc/>
    public async ValueTask<string?> RenewAsync(string queue, string receipt, TimeSpan lease, CancellationToken cancellation)
    {
        QueueRules.CheckRenew(queue, receipt, lease);
        cancellation.ThrowIfCancellationRequested();
        if (Receipt.Parse(receipt) is not { } held)
        {
            return null;
        }

        string? renewed = await _database.WriteAsync(() => Now is var now ? _messages.Renew(queue, held, now, now + lease) : null);
        _pulse.Beat();
        return renewed;
    }

    /// <inheritdoc/>
    public async ValueTask<bool> CompleteAsync(string queue, string receipt, CancellationToken cancellation)
    {
        QueueRules.CheckName(queue);
        ArgumentNullException.ThrowIfNull(receipt);
        cancellation.ThrowIfCancellationRequested();
        return Receipt.Parse(receipt) is { } held && await _database.WriteAsync(() => _messages.Complete(queue, held, Now));
    }

    /// <inheritdoc/>
    public ValueTask<long> CountAsync(string queue, CancellationToken cancellation)
    {
        QueueRules.CheckName(queue);
        cancellation.ThrowIfCancellationRequested();
        return ValueTask.FromResult(_database.Read(() => _messages.Count(queue)));
    }

    /// <summary>Closes the file.</summary>
    public void Dispose() => _database.Dispose();
}
