namespace Katanemimena.Cli.Run;

/// <summary>Looks now and then at how much memory this process and its children hold, and keeps the most.</summary>
internal sealed class MemoryWatch : IDisposable
{
    private static readonly TimeSpan Every = TimeSpan.FromMilliseconds(500);

    private readonly Lock _gate = new();
    private readonly Timer _timer;
    private long _peakBytes;

    /// <summary>Starts looking.</summary>
    public MemoryWatch() => _timer = new Timer(_ => Look(), null, Every, Every);

    /// <summary>The most that was seen, in bytes.</summary>
    public long PeakBytes
    {
        get
        {
            lock (_gate)
            {
                return _peakBytes;
            }
        }
    }

    /// <summary>Looks now.</summary>
    public void Look()
    {
        lock (_gate)
        {
            _peakBytes = Math.Max(_peakBytes, ProcessTree.PeakBytes());
        }
    }

    /// <summary>Stops looking.</summary>
    public void Dispose() => _timer.Dispose();
}
