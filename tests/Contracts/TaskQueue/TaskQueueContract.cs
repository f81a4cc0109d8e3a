using System.Text;
using Katanemimena.Core;

namespace Katanemimena.Tests.Contracts;

/// <summary>What <see cref="ITaskQueue"/> promises. Every adapter inherits all of it; each test has queues without messages.</summary>
public abstract partial class TaskQueueContract
{
    protected const string Tasks = "map-tasks";

    protected static readonly CancellationToken Never = CancellationToken.None;

    /// <summary>The queues under test.</summary>
    protected abstract ITaskQueue Queue { get; }

    /// <summary>Another client of the same queues, as a second process would have; the same object where there can be no other.</summary>
    protected virtual ITaskQueue Other => Queue;

    /// <summary>Lets at least so much of the queue's time pass; exactly so much where the clock is a manual one.</summary>
    protected abstract ValueTask PassAsync(TimeSpan time);

    protected static TimeSpan Seconds(double seconds) => TimeSpan.FromSeconds(seconds);

    protected static ReadOnlyMemory<byte> Bytes(string text) => Encoding.UTF8.GetBytes(text);

    protected static string Text(QueueMessage? message) => message is null ? "(none)" : Encoding.UTF8.GetString(message.Body.Span);

    protected ValueTask SendAsync(string body, TimeSpan delay = default) => Queue.SendAsync(Tasks, Bytes(body), delay, Never);

    /// <summary>Looks once.</summary>
    protected ValueTask<QueueMessage?> LookAsync(double leaseSeconds = 60) => Queue.ReceiveAsync(Tasks, Seconds(leaseSeconds), TimeSpan.Zero, Never);

    /// <summary>Waits for a message that must come.</summary>
    protected async Task<QueueMessage> ReceiveAsync(double leaseSeconds = 60)
    {
        QueueMessage? message = null;
        await Waiting.UntilAsync(async () => (message = await LookAsync(leaseSeconds)) is not null, "a message is visible");
        return message!;
    }
}
