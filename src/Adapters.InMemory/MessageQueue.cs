using System.Globalization;
using Katanemimena.Core;

namespace Katanemimena.Adapters.InMemory;

/// <summary>One queue: its messages by the time at which they become visible, and those who wait for one. Used under the adapter's lock.</summary>
internal sealed class MessageQueue : IDisposable
{
    private readonly SortedSet<Message> _byVisibility = new(Message.Order);
    private readonly Dictionary<string, Message> _leased = new(StringComparer.Ordinal);
    private readonly LinkedList<Receiver> _receivers = new();
    private readonly Alarm _alarm;
    private long _sent;

    internal MessageQueue(TimeProvider time, Lock gate) =>
        _alarm = new Alarm(time, () =>
        {
            lock (gate)
            {
                _alarm!.Rang();
                HandOut();
            }
        });

    internal long Count => _byVisibility.Count;

    internal void Send(ReadOnlyMemory<byte> body, TimeSpan delay)
    {
        _byVisibility.Add(new Message(++_sent, body.ToArray(), _alarm.Now + delay));
        HandOut();
    }

    internal QueueMessage? TryReceive(TimeSpan lease)
    {
        TimeSpan now = _alarm.Now;
        if (_byVisibility.Min is not { } message || message.Visible > now)
        {
            return null;
        }

        message.DequeueCount++;
        return new QueueMessage(message.Body, Hide(message, now + lease), message.DequeueCount);
    }

    internal void Enter(Receiver receiver)
    {
        receiver.Place = _receivers.AddLast(receiver);
        SetAlarm();
    }

    /// <summary>Takes a receiver out, unless it was given a message.</summary>
    internal bool TryLeave(Receiver receiver)
    {
        if (receiver.Place is null)
        {
            return false;
        }

        _receivers.Remove(receiver.Place);
        receiver.Place = null;
        SetAlarm();
        return true;
    }

    internal string? Renew(string receipt, TimeSpan lease)
    {
        if (Held(receipt) is not { } message)
        {
            return null;
        }

        string renewed = Hide(message, _alarm.Now + lease);
        HandOut();
        return renewed;
    }

    internal bool Complete(string receipt)
    {
        if (Held(receipt) is not { } message)
        {
            return false;
        }

        _leased.Remove(receipt);
        _byVisibility.Remove(message);
        return true;
    }

    public void Dispose() => _alarm.Dispose();

    private Message? Held(string receipt) =>
        _leased.TryGetValue(receipt, out Message? message) && message.Visible > _alarm.Now ? message : null;

    /// <summary>Hides a message until a point of time under a new receipt; the one before is void.</summary>
    private string Hide(Message message, TimeSpan until)
    {
        if (message.Receipt is not null)
        {
            _leased.Remove(message.Receipt);
        }

        _byVisibility.Remove(message);
        message.Visible = until;
        message.Receipt = string.Create(CultureInfo.InvariantCulture, $"{message.Number}.{++message.Leases}");
        _byVisibility.Add(message);
        _leased.Add(message.Receipt, message);
        return message.Receipt;
    }

    private void HandOut()
    {
        while (_receivers.First is { } first && TryReceive(first.Value.Lease) is { } message)
        {
            _receivers.Remove(first);
            first.Value.Place = null;
            first.Value.Answer.TrySetResult(message);
        }

        SetAlarm();
    }

    private void SetAlarm() => _alarm.Set(_receivers.Count > 0 ? _byVisibility.Min?.Visible : null);

    private sealed class Message(long number, byte[] body, TimeSpan visible)
    {
        internal static readonly Comparer<Message> Order =
            Comparer<Message>.Create((left, right) => (left.Visible, left.Number).CompareTo((right.Visible, right.Number)));

        internal long Number { get; } = number;

        internal byte[] Body { get; } = body;

        internal TimeSpan Visible { get; set; } = visible;

        internal int DequeueCount { get; set; }

        internal int Leases { get; set; }

        internal string? Receipt { get; set; }
    }
}

/// <summary>One who waits for a message.</summary>
internal sealed class Receiver(TimeSpan lease)
{
    internal TimeSpan Lease { get; } = lease;

    internal TaskCompletionSource<QueueMessage?> Answer { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    internal LinkedListNode<Receiver>? Place { get; set; }
}
