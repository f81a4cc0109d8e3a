using Katanemimena.Core;

namespace Katanemimena.Orchestration;

/// <summary>Handles the messages of one queue, one after the other: receive, renew while handling, complete.</summary>
/// <remarks>A message is completed after its handler returned, never before. One whose handler threw is given back, to be seen
/// again after a pause that doubles with each delivery.</remarks>
/// <param name="queue">The queues.</param>
/// <param name="name">The queue.</param>
/// <param name="handle">Handles a body; given the token that aborts it.</param>
/// <param name="time">Clock.</param>
/// <param name="report">Told of every exception of a handler or the queue, or null.</param>
public sealed class QueueLoop(
    ITaskQueue queue,
    string name,
    Func<ReadOnlyMemory<byte>, CancellationToken, ValueTask> handle,
    TimeProvider time,
    Action<string, Exception>? report = null)
{
    /// <summary>How long one look at the queue waits for a message.</summary>
    public static readonly TimeSpan Wait = TimeSpan.FromSeconds(20);

    /// <summary>Longest pause before a message is seen again.</summary>
    public static readonly TimeSpan PauseMax = TimeSpan.FromSeconds(30);

    private static readonly TimeSpan s_pauseMin = TimeSpan.FromSeconds(1);

    /// <summary>Runs until stopped; ends without an exception.</summary>
    /// <param name="stop">Stops receiving; a handler that runs goes on.</param>
    /// <param name="abort">Aborts a handler that runs; its message is given back at once.</param>
    public async Task RunAsync(CancellationToken stop, CancellationToken abort)
    {
        await Task.Yield();
        while (!stop.IsCancellationRequested)
        {
            try
            {
                if (await queue.ReceiveAsync(name, MessageLease.Length, Wait, stop) is { } message)
                {
                    await MessageLease.HandleAsync(queue, name, message, () => HandleAsync(message, abort), time);
                }
            }
            catch (OperationCanceledException) when (stop.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e)
            {
                // The queue is in trouble; handlers' exceptions do not come here. A loop that died would be missed by nobody.
                report?.Invoke(name, e);
                await DelayAsync(s_pauseMin, stop);
            }
        }
    }

    private async ValueTask<TimeSpan?> HandleAsync(QueueMessage message, CancellationToken abort)
    {
        try
        {
            await handle(message.Body, abort);
            return null;
        }
        catch (OperationCanceledException) when (abort.IsCancellationRequested)
        {
            return TimeSpan.Zero;
        }
        catch (Exception e)
        {
            report?.Invoke(name, e);
            return Pause(message.DequeueCount);
        }
    }

    /// <summary>Waits, or not if cancelled; without an exception, which would cost more than the rest of a message's handling.</summary>
    private async ValueTask DelayAsync(TimeSpan delay, CancellationToken cancellation) =>
        await Task.Delay(delay, time, cancellation).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);

    private static TimeSpan Pause(int dequeueCount)
    {
        double seconds = s_pauseMin.TotalSeconds * Math.Pow(2, Math.Clamp(dequeueCount - 1, 0, 10));
        return TimeSpan.FromSeconds(Math.Min(seconds, PauseMax.TotalSeconds));
    }
}
