namespace Katanemimena.Adapters.Sqlite;

/// <summary>Wakes those in this process who wait for a change of the database; changes by other processes they find by looking again after a while.</summary>
internal sealed class Pulse(TimeProvider time)
{
    /// <summary>How long a change by another process may stay unseen: 50 ms.</summary>
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(50);

    private readonly Lock _gate = new();
    private readonly List<TaskCompletionSource> _waiting = [];
    private long _beats;

    /// <summary>To be read before looking, and then given to <see cref="WaitAsync"/>.</summary>
    internal long Beats => Interlocked.Read(ref _beats);

    /// <summary>Something changed.</summary>
    internal void Beat()
    {
        lock (_gate)
        {
            Interlocked.Increment(ref _beats);
            foreach (TaskCompletionSource waiting in _waiting)
            {
                waiting.TrySetResult();
            }

            _waiting.Clear();
        }
    }

    /// <summary>Waits until something changed since a beat, or it is time to look again.</summary>
    /// <param name="seen">The beats before the last look.</param>
    /// <param name="atMost">When something is known to be due; at most the interval is waited.</param>
    /// <param name="cancellation">Ends the waiting with <see cref="OperationCanceledException"/>.</param>
    internal async ValueTask WaitAsync(long seen, TimeSpan atMost, CancellationToken cancellation)
    {
        TaskCompletionSource woken = new(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_gate)
        {
            if (_beats != seen)
            {
                return;
            }

            _waiting.Add(woken);
        }

        try
        {
            using ITimer timer = time.CreateTimer(_ => woken.TrySetResult(), null, Bounded(atMost), Timeout.InfiniteTimeSpan);
            using CancellationTokenRegistration registration = cancellation.UnsafeRegister(_ => woken.TrySetCanceled(cancellation), null);
            await woken.Task;
        }
        finally
        {
            lock (_gate)
            {
                _waiting.Remove(woken);
            }
        }
    }

    /// <remarks>Timers count whole milliseconds and cut off the rest: round up, or they ring too early.</remarks>
    private static TimeSpan Bounded(TimeSpan atMost) =>
        atMost >= Interval ? Interval : TimeSpan.FromMilliseconds(Math.Max(0, Math.Ceiling(atMost.TotalMilliseconds)));
}
