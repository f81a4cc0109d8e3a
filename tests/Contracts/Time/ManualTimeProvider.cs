namespace Katanemimena.Tests.Contracts;

/// <summary>A clock that stands still until a test moves it. Timers ring, in the order of their time, on the thread that moves it.</summary>
/// <remarks>Safe for several threads. Timestamps count ticks of 100 ns; the clock begins at midnight of 1 January 2030, UTC.</remarks>
public sealed class ManualTimeProvider : TimeProvider
{
    private readonly Lock _gate = new();
    private readonly SortedSet<ManualTimer> _set = new(Comparer<ManualTimer>.Create((left, right) => (left.Due, left.Order).CompareTo((right.Due, right.Order))));
    private DateTimeOffset _now = new(2030, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private long _order;

    /// <inheritdoc/>
    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    /// <inheritdoc/>
    public override TimeZoneInfo LocalTimeZone => TimeZoneInfo.Utc;

    /// <summary>How many timers are set to ring.</summary>
    public int TimersSet
    {
        get
        {
            lock (_gate)
            {
                return _set.Count;
            }
        }
    }

    /// <inheritdoc/>
    public override DateTimeOffset GetUtcNow()
    {
        lock (_gate)
        {
            return _now;
        }
    }

    /// <inheritdoc/>
    public override long GetTimestamp() => GetUtcNow().Ticks;

    /// <inheritdoc/>
    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        ManualTimer timer = new(this, () => callback(state));
        timer.Change(dueTime, period);
        return timer;
    }

    /// <summary>Moves the clock on; a timer that rings on the way finds the clock at its own time.</summary>
    public void Advance(TimeSpan time)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(time, TimeSpan.Zero);
        DateTimeOffset end = GetUtcNow() + time;
        while (TryTakeNext(end) is { } next)
        {
            next.Ring();
        }
    }

    private ManualTimer? TryTakeNext(DateTimeOffset end)
    {
        lock (_gate)
        {
            if (_set.Min is not { } next || next.Due > end)
            {
                _now = end > _now ? end : _now;
                return null;
            }

            _now = next.Due > _now ? next.Due : _now;
            _set.Remove(next);
            if (next.Period > TimeSpan.Zero)
            {
                Set(next, next.Period);
            }

            return next;
        }
    }

    private void Set(ManualTimer timer, TimeSpan dueTime)
    {
        timer.Due = _now + dueTime;
        timer.Order = ++_order;
        _set.Add(timer);
    }

    private sealed class ManualTimer(ManualTimeProvider clock, Action ring) : ITimer
    {
        private bool _disposed;

        internal DateTimeOffset Due { get; set; }

        internal long Order { get; set; }

        internal TimeSpan Period { get; private set; }

        internal void Ring() => ring();

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            lock (clock._gate)
            {
                if (_disposed)
                {
                    return false;
                }

                clock._set.Remove(this);
                Period = period;
                if (dueTime != Timeout.InfiniteTimeSpan)
                {
                    clock.Set(this, dueTime);
                }

                return true;
            }
        }

        public void Dispose()
        {
            lock (clock._gate)
            {
                _disposed = true;
                clock._set.Remove(this);
            }
        }

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
