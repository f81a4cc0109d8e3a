namespace Katanemimena.Adapters.InMemory;

/// <summary>The time since the start of one adapter, and one timer that can be set to a point of it.</summary>
internal sealed class Alarm : IDisposable
{
    private readonly TimeProvider _time;
    private readonly long _origin;
    private readonly ITimer _timer;
    private TimeSpan? _set;

    internal Alarm(TimeProvider time, Action ring)
    {
        _time = time;
        _origin = time.GetTimestamp();
        _timer = time.CreateTimer(_ => ring(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Time since the start, by the provider's steady clock.</summary>
    internal TimeSpan Now => _time.GetElapsedTime(_origin);

    /// <summary>Rings at a point of time, or never. Called under the adapter's lock.</summary>
    internal void Set(TimeSpan? when)
    {
        if (when != _set)
        {
            _set = when;
            _timer.Change(when is { } point ? Until(point) : Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        }
    }

    /// <summary>To be called when it rang, so that it can be set to the same point again.</summary>
    internal void Rang() => _set = null;

    public void Dispose() => _timer.Dispose();

    /// <remarks>Timers count whole milliseconds and cut off the rest: round up, or they ring too early.</remarks>
    private TimeSpan Until(TimeSpan point)
    {
        TimeSpan left = point - Now;
        return left <= TimeSpan.Zero ? TimeSpan.Zero : TimeSpan.FromMilliseconds(Math.Ceiling(left.TotalMilliseconds));
    }
}
