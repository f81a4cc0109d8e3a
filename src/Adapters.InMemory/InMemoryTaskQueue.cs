using Katanemimena.Core;

namespace Katanemimena.Adapters.InMemory;

/// <summary>Queues in the memory of one process: the default of <c>mrctl run</c>. Everything is gone when the process ends.</summary>
/// <remarks>Nothing polls: who waits is handed the next message, first come first served. Waiting goes on in the synchronization context in
/// which it is awaited; without one, on the thread pool: never on the stack of the sender. Safe for several threads.</remarks>
public sealed class InMemoryTaskQueue : ITaskQueue, IDisposable
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, MessageQueue> _queues = new(StringComparer.Ordinal);
    private readonly TimeProvider _time;

    /// <summary>Makes queues without messages.</summary>
    /// <param name="time">Clock and timers of leases, delays and waits; its timestamps and timers must agree.</param>
    public InMemoryTaskQueue(TimeProvider time)
    {
        ArgumentNullException.ThrowIfNull(time);
        _time = time;
    }

    /// <inheritdoc/>
    public ValueTask SendAsync(string queue, ReadOnlyMemory<byte> body, TimeSpan delay, CancellationToken cancellation)
    {
        QueueRules.CheckSend(queue, body.Length, delay);
        cancellation.ThrowIfCancellationRequested();
        lock (_gate)
        {
            Of(queue).Send(body, delay);
            return ValueTask.CompletedTask;
        }
    }

    /// <inheritdoc/>
    public ValueTask<QueueMessage?> ReceiveAsync(string queue, TimeSpan lease, TimeSpan wait, CancellationToken cancellation)
    {
        QueueRules.CheckReceive(queue, lease, wait);
        cancellation.ThrowIfCancellationRequested();
        lock (_gate)
        {
            MessageQueue messages = Of(queue);
            if (messages.TryReceive(lease) is { } message)
            {
                return ValueTask.FromResult<QueueMessage?>(message);
            }

            if (wait == TimeSpan.Zero)
            {
                return ValueTask.FromResult<QueueMessage?>(null);
            }

            Receiver receiver = new(lease);
            messages.Enter(receiver);
            return WaitAsync(messages, receiver, wait, cancellation);
        }
    }

    /// <inheritdoc/>
    public ValueTask<string?> RenewAsync(string queue, string receipt, TimeSpan lease, CancellationToken cancellation)
    {
        QueueRules.CheckRenew(queue, receipt, lease);
        cancellation.ThrowIfCancellationRequested();
        lock (_gate)
        {
            return ValueTask.FromResult(Of(queue).Renew(receipt, lease));
        }
    }

    /// <inheritdoc/>
    public ValueTask<bool> CompleteAsync(string queue, string receipt, CancellationToken cancellation)
    {
        QueueRules.CheckName(queue);
        ArgumentNullException.ThrowIfNull(receipt);
        cancellation.ThrowIfCancellationRequested();
        lock (_gate)
        {
            return ValueTask.FromResult(Of(queue).Complete(receipt));
        }
    }

    /// <inheritdoc/>
    public ValueTask<long> CountAsync(string queue, CancellationToken cancellation)
    {
        QueueRules.CheckName(queue);
        cancellation.ThrowIfCancellationRequested();
        lock (_gate)
        {
            return ValueTask.FromResult(Of(queue).Count);
        }
    }

    /// <summary>Stops the timers; hidden messages no longer wake those who wait.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            foreach (MessageQueue messages in _queues.Values)
            {
                messages.Dispose();
            }
        }
    }

    private async ValueTask<QueueMessage?> WaitAsync(MessageQueue messages, Receiver receiver, TimeSpan wait, CancellationToken cancellation)
    {
        using ITimer timer = _time.CreateTimer(_ => GiveUp(messages, receiver, default), null, Bounded(wait), Timeout.InfiniteTimeSpan);
        using CancellationTokenRegistration registration = cancellation.UnsafeRegister(_ => GiveUp(messages, receiver, cancellation), null);
        return await receiver.Answer.Task;
    }

    private void GiveUp(MessageQueue messages, Receiver receiver, CancellationToken cancellation)
    {
        lock (_gate)
        {
            if (!messages.TryLeave(receiver))
            {
                return;
            }
        }

        if (cancellation.IsCancellationRequested)
        {
            receiver.Answer.TrySetCanceled(cancellation);
        }
        else
        {
            receiver.Answer.TrySetResult(null);
        }
    }

    /// <remarks>A timer takes at most 49 days.</remarks>
    private static TimeSpan Bounded(TimeSpan wait) => wait < TimeSpan.FromDays(49) ? wait : TimeSpan.FromDays(49);

    private MessageQueue Of(string queue)
    {
        if (!_queues.TryGetValue(queue, out MessageQueue? messages))
        {
            _queues.Add(queue, messages = new MessageQueue(_time, _gate));
        }

        return messages;
    }
}
