namespace Katanemimena.Core;

/// <summary>Named queues of small messages, delivered at least once in no order. A hint, never the truth.</summary>
/// <remarks>Semantics are those of Azure Storage queues. Queues come to be when first used. Every call throws
/// <see cref="TransientFault"/> when the backend cannot be reached; a retry is safe.</remarks>
public interface ITaskQueue
{
    /// <summary>Most bytes a message body may have: 48 KiB, which is 64 KiB in base64.</summary>
    const int BodyBytesMax = 48 * 1024;

    /// <summary>Adds a message.</summary>
    /// <param name="queue">3 to 63 characters: lower-case letters, digits and single dashes inside.</param>
    /// <param name="body">At most <see cref="BodyBytesMax"/> bytes; more is an <see cref="ArgumentException"/>.</param>
    /// <param name="delay">How long it stays invisible; zero for none, at most 7 days.</param>
    /// <param name="cancellation">A message sent all the same is delivered.</param>
    ValueTask SendAsync(string queue, ReadOnlyMemory<byte> body, TimeSpan delay, CancellationToken cancellation);

    /// <summary>Leases the next visible message, hiding it from other receivers until the lease ends.</summary>
    /// <param name="queue">The queue.</param>
    /// <param name="lease">1 s to 7 days, by the queue's clock.</param>
    /// <param name="wait">How long to wait for a message; zero to look once.</param>
    /// <param name="cancellation">Stops waiting; a lease already granted lapses by itself.</param>
    /// <returns>The message with a receipt valid for this lease only, or null if none became visible in time.</returns>
    ValueTask<QueueMessage?> ReceiveAsync(string queue, TimeSpan lease, TimeSpan wait, CancellationToken cancellation);

    /// <summary>Starts a lease anew from now on; zero gives the message back to the queue.</summary>
    /// <returns>The new receipt, or null if the lease had ended or the message is gone: another may have it.</returns>
    ValueTask<string?> RenewAsync(string queue, string receipt, TimeSpan lease, CancellationToken cancellation);

    /// <summary>Removes a message for good.</summary>
    /// <returns>False if the receipt is no longer valid: the message will be, or was, delivered again.</returns>
    ValueTask<bool> CompleteAsync(string queue, string receipt, CancellationToken cancellation);

    /// <summary>About how many messages the queue holds, hidden ones included.</summary>
    ValueTask<long> CountAsync(string queue, CancellationToken cancellation);
}

/// <summary>A leased message.</summary>
/// <param name="Body">As it was sent.</param>
/// <param name="Receipt">Proof of the lease, for renewing and completing.</param>
/// <param name="DequeueCount">1 at the first delivery.</param>
public sealed record QueueMessage(ReadOnlyMemory<byte> Body, string Receipt, int DequeueCount);
