namespace Katanemimena.Client;

/// <summary>The time that one attempt at a request has.</summary>
internal sealed class TimeLimit : IDisposable
{
    private readonly TimeSpan _time;
    private readonly CancellationTokenSource _own;
    private readonly CancellationTokenSource _linked;

    /// <summary>Starts it.</summary>
    /// <param name="time">How long.</param>
    /// <param name="clock">Clock.</param>
    /// <param name="cancellation">Ends it too.</param>
    public TimeLimit(TimeSpan time, TimeProvider clock, CancellationToken cancellation)
    {
        _time = time;
        _own = new CancellationTokenSource(time, clock);
        _linked = CancellationTokenSource.CreateLinkedTokenSource(_own.Token, cancellation);
    }

    /// <summary>Cancelled when the time is over.</summary>
    public CancellationToken Token => _linked.Token;

    /// <summary>Starts the time anew, for bytes keep coming.</summary>
    public void Renew() => _own.CancelAfter(_time);

    /// <inheritdoc/>
    public void Dispose()
    {
        _linked.Dispose();
        _own.Dispose();
    }
}
