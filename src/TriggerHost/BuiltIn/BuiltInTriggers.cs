using Katanemimena.Core;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Katanemimena.TriggerHost;

/// <summary>Drives an app's queue and timer functions where there is no runtime. Stops in two steps: no more is begun, and what runs may end; then what still runs is ended.</summary>
public sealed class BuiltInTriggers(FunctionCatalogue catalogue, ITaskQueue queues, HostSettings settings, TimeProvider time, ILogger<BuiltInTriggers> log) : IHostedService, IDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly CancellationTokenSource _abort = new();
    private readonly List<QueueListener> _listeners = [];
    private Task _loops = Task.CompletedTask;

    /// <summary>For how long no message has come and none was in hand, of any function.</summary>
    public TimeSpan IdleFor => _listeners.Count == 0 ? TimeSpan.Zero : _listeners.Min(listener => listener.IdleFor);

    /// <inheritdoc/>
    public Task StartAsync(CancellationToken cancellationToken)
    {
        _loops = Task.WhenAll(catalogue.Functions.Select(Loop).OfType<Task>());
        return Task.CompletedTask;
    }

    /// <summary>Begins no more and waits for what runs; ends that when cancelled, and waits until it has ended.</summary>
    /// <param name="cancellationToken">The time to drain is over.</param>
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        await _stop.CancelAsync();
        await _loops.WaitAsync(cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (!_loops.IsCompleted)
        {
            log.LogWarning("the time to drain is over: what still runs is ended, and its messages are given back");
            await _abort.CancelAsync();
            await _loops;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _stop.Dispose();
        _abort.Dispose();
    }

    private Task? Loop(FunctionDefinition function) => function switch
    {
        QueueFunction queue => Listener(queue).RunAsync(_stop.Token, _abort.Token),
        TimerFunction timer => new TimerLoop(timer, settings, time, log).RunAsync(_stop.Token, _abort.Token),
        _ => null,
    };

    private QueueListener Listener(QueueFunction function)
    {
        var listener = new QueueListener(function, queues, settings, time, log);
        _listeners.Add(listener);
        return listener;
    }
}
