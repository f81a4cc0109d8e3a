using Katanemimena.Core;
using Microsoft.Extensions.Logging;

namespace Katanemimena.TriggerHost;

/// <summary>Calls a function with the messages of its queue, as the runtime's listener does.</summary>
/// <remarks>Up to <see cref="HostSettings.BatchSize"/> messages are received at once, and again when no more than
/// <see cref="HostSettings.NewBatchThreshold"/> are in hand; fewer if the function's own bound is lower. A message is removed after its function returned; one that failed
/// <see cref="HostSettings.MaxDequeueCount"/> times, or was lost with its receiver once more than that, goes to <c>{queue}-poison</c>, which has no poison queue of its own.</remarks>
public sealed class QueueListener(QueueFunction function, ITaskQueue queues, HostSettings settings, TimeProvider time, ILogger log)
{
    /// <summary>What a poison queue's name ends with.</summary>
    public const string PoisonSuffix = "-poison";

    /// <summary>Queues, each followed by its poison queue.</summary>
    public static IEnumerable<string> WithPoison(params IEnumerable<string> queues) => queues.SelectMany(queue => (string[])[queue, queue + PoisonSuffix]);

    private static readonly TimeSpan s_trouble = TimeSpan.FromSeconds(1);

    /// <summary>Pause before a failed message of a poison queue is seen again: nothing else would keep it from going round and round.</summary>
    private static readonly TimeSpan s_poisonPause = TimeSpan.FromMinutes(10);

    private readonly string _queue = function.On.Name;
    private readonly int _threshold = Math.Min(settings.NewBatchThreshold, function.InHandMax - 1);
    private readonly HashSet<Task> _inHand = [];

    private long _active = time.GetTimestamp();
    private int _taken;

    /// <summary>For how long no message has come and none was in hand.</summary>
    public TimeSpan IdleFor => Volatile.Read(ref _taken) > 0 ? TimeSpan.Zero : time.GetElapsedTime(Volatile.Read(ref _active));

    private bool IsPoison => _queue.EndsWith(PoisonSuffix, StringComparison.Ordinal);

    /// <summary>Runs until stopped, and then until nothing is in hand; ends without an exception.</summary>
    /// <param name="stop">Receives no more.</param>
    /// <param name="abort">Ends the functions that run; their messages are given back at once.</param>
    public async Task RunAsync(CancellationToken stop, CancellationToken abort)
    {
        await Task.Yield();
        while (!stop.IsCancellationRequested)
        {
            try
            {
                await ReceiveAsync(stop, abort);
                await RoomAsync(_threshold, stop);
            }
            catch (OperationCanceledException) when (stop.IsCancellationRequested)
            {
                break;
            }
            catch (Exception error)
            {
                log.LogWarning(error, "queue {Queue} is in trouble; it is tried again", _queue);
                await Task.Delay(s_trouble, time, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }

        await RoomAsync(0, CancellationToken.None);
    }

    private async ValueTask ReceiveAsync(CancellationToken stop, CancellationToken abort)
    {
        TimeSpan wait = settings.MaxPollingInterval;
        int batch = Math.Min(settings.BatchSize, function.InHandMax - _threshold);
        for (int received = 0; received < batch; received++)
        {
            if (await queues.ReceiveAsync(_queue, MessageLease.Length, wait, stop) is not { } message)
            {
                return;
            }

            _inHand.Add(TakeAsync(message, abort));
            wait = TimeSpan.Zero;
        }
    }

    /// <summary>Waits until no more than so many are in hand.</summary>
    private async ValueTask RoomAsync(int most, CancellationToken stop)
    {
        _inHand.RemoveWhere(static task => task.IsCompleted);
        while (_inHand.Count > most)
        {
            await Task.WhenAny(_inHand).WaitAsync(stop);
            _inHand.RemoveWhere(static task => task.IsCompleted);
        }
    }

    private async Task TakeAsync(QueueMessage message, CancellationToken abort)
    {
        Interlocked.Increment(ref _taken);
        await Task.Yield();
        try
        {
            await MessageLease.HandleAsync(queues, _queue, message, () => HandleAsync(message, abort), time);
        }
        catch (Exception error)
        {
            log.LogWarning(error, "queue {Queue}: a message could not be removed or given back; it will be delivered again", _queue);
        }
        finally
        {
            Volatile.Write(ref _active, time.GetTimestamp());
            Interlocked.Decrement(ref _taken);
        }
    }

    private async ValueTask<TimeSpan?> HandleAsync(QueueMessage message, CancellationToken abort)
    {
        if (message.DequeueCount > settings.MaxDequeueCount && !IsPoison)
        {
            return await PoisonAsync(message);
        }

        try
        {
            using var deadline = new CancellationTokenSource(settings.Deadline ?? Timeout.InfiniteTimeSpan, time);
            using var ends = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, abort);
            await function.Handle(message.Body, ends.Token);
            return null;
        }
        catch (OperationCanceledException) when (abort.IsCancellationRequested)
        {
            return TimeSpan.Zero;
        }
        catch (Exception error)
        {
            log.LogError(error, "{Function} failed at delivery {Delivery} of {Most}", function.Name, message.DequeueCount, settings.MaxDequeueCount);
            return IsPoison ? s_poisonPause : message.DequeueCount >= settings.MaxDequeueCount ? await PoisonAsync(message) : settings.VisibilityTimeout;
        }
    }

    /// <summary>Copies the message to the poison queue; null once that is done.</summary>
    private async ValueTask<TimeSpan?> PoisonAsync(QueueMessage message)
    {
        try
        {
            await queues.SendAsync(_queue + PoisonSuffix, message.Body, TimeSpan.Zero, CancellationToken.None);
            log.LogWarning("queue {Queue}: a message went to {Poison} after {Delivery} deliveries", _queue, _queue + PoisonSuffix, message.DequeueCount);
            return null;
        }
        catch (TransientFault fault)
        {
            log.LogWarning(fault, "queue {Queue}: a message could not be moved to its poison queue; it will be delivered again", _queue);
            return s_trouble;
        }
    }
}
