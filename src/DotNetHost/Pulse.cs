namespace Katanemimena.DotNetHost;

/// <summary>Tells the engine once a second that this process is alive while the user's code runs: it may work long without a word.</summary>
/// <remarks>Whether the user's code makes progress is watched here, by its thread's watcher; the engine only has to know that somebody watches.</remarks>
internal sealed class Pulse
{
    private static readonly TimeSpan Every = TimeSpan.FromSeconds(1);

    private readonly Channel _channel;
    private readonly object _gate = new();
    private bool _running;

    public Pulse(Channel channel)
    {
        _channel = channel;
        new Thread(Beat) { IsBackground = true, Name = "pulse" }.Start();
    }

    /// <summary>The user's code begins to run.</summary>
    public void Begin() => Set(running: true);

    /// <summary>It has ended; nothing is sent any more once this returns.</summary>
    public void End() => Set(running: false);

    private void Set(bool running)
    {
        lock (_gate)
        {
            _running = running;
            Monitor.PulseAll(_gate);
        }
    }

    private void Beat()
    {
        lock (_gate)
        {
            while (true)
            {
                if (!_running)
                {
                    Monitor.Wait(_gate);
                }
                else if (!Monitor.Wait(_gate, Every))
                {
                    _channel.SayAlive();
                }
            }
        }
    }
}
