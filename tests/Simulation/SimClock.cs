namespace Katanemimena.Tests.Simulation;

/// <summary>Time that stands still until it is moved, to the next timer that is due.</summary>
internal sealed class SimClock : TimeProvider
{
    private static readonly DateTimeOffset s_start = new(2020, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private readonly PriorityQueue<(SimTimer Timer, int Setting), (long Due, long Sequence)> _due = new();
    private long _now;
    private long _sequence;

    public TimeSpan Elapsed => TimeSpan.FromTicks(_now);

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override DateTimeOffset GetUtcNow() => s_start + Elapsed;

    public override long GetTimestamp() => _now;

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new SimTimer(this, callback, state);
        timer.Change(dueTime, period);
        return timer;
    }

    /// <summary>Moves to the next timer and rings it. False if there is none.</summary>
    public bool TryAdvance()
    {
        while (_due.TryDequeue(out (SimTimer Timer, int Setting) next, out (long Due, long) at))
        {
            if (next.Timer.IsSet(next.Setting))
            {
                _now = Math.Max(_now, at.Due);
                next.Timer.Ring();
                return true;
            }
        }

        return false;
    }

    private sealed class SimTimer(SimClock clock, TimerCallback callback, object? state) : ITimer
    {
        private int _setting;
        private TimeSpan _period;

        public bool IsSet(int setting) => setting == _setting;

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            _setting++;
            _period = period;
            if (dueTime != Timeout.InfiniteTimeSpan)
            {
                clock._due.Enqueue((this, _setting), (clock._now + dueTime.Ticks, ++clock._sequence));
            }

            return true;
        }

        public void Ring()
        {
            Change(_period == TimeSpan.Zero ? Timeout.InfiniteTimeSpan : _period, _period);
            callback(state);
        }

        public void Dispose() => _setting++;

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
