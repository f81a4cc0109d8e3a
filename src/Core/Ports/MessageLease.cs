namespace Katanemimena.Core;

/// <summary>Keeps a received message hidden while it is handled, then removes it or gives it back.</summary>
public static class MessageLease
{
    /// <summary>How long a message stays hidden when its receiver has died.</summary>
    public static readonly TimeSpan Length = TimeSpan.FromSeconds(30);

    /// <summary>Time between renewals while a handler runs.</summary>
    public static readonly TimeSpan RenewEvery = TimeSpan.FromSeconds(10);

    /// <summary>Handles a message that was received for <see cref="Length"/>.</summary>
    /// <param name="queues">The queues.</param>
    /// <param name="queue">The one it is of.</param>
    /// <param name="message">The message.</param>
    /// <param name="handle">Handles it. Gives null when it is done with, else how long it stays hidden before it is delivered again; zero for not at all. Must not throw.</param>
    /// <param name="time">Clock of the renewals.</param>
    /// <exception cref="TransientFault">The queue is in trouble: the message will be delivered again, whatever came of it.</exception>
    public static async ValueTask HandleAsync(ITaskQueue queues, string queue, QueueMessage message, Func<ValueTask<TimeSpan?>> handle, TimeProvider time)
    {
        using var handled = new CancellationTokenSource();
        Task<string> renewing = RenewAsync(queues, queue, message.Receipt, time, handled.Token);
        TimeSpan? again = await handle();
        handled.Cancel();
        string receipt = await renewing;
        if (again is { } pause)
        {
            await queues.RenewAsync(queue, receipt, pause, CancellationToken.None);
        }
        else
        {
            await queues.CompleteAsync(queue, receipt, CancellationToken.None);
        }
    }

    /// <summary>Keeps the message hidden until its handler is done.</summary>
    /// <returns>The latest receipt.</returns>
    private static async Task<string> RenewAsync(ITaskQueue queues, string queue, string receipt, TimeProvider time, CancellationToken handled)
    {
        while (true)
        {
            // Without an exception at the end, which would cost more than the rest of a message's handling.
            await Task.Delay(RenewEvery, time, handled).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
            if (handled.IsCancellationRequested)
            {
                return receipt;
            }

            try
            {
                if (await queues.RenewAsync(queue, receipt, Length, CancellationToken.None) is not { } renewed)
                {
                    return receipt;
                }

                receipt = renewed;
            }
            catch (TransientFault)
            {
                // Tried again next time; if the lease ends meanwhile, another receiver gets the message, and the store sorts it out.
            }
        }
    }
}
