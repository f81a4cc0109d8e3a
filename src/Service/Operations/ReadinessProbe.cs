namespace Katanemimena.Service;

/// <summary>Tries one part.</summary>
/// <param name="name">The part.</param>
/// <param name="tryOnce">Uses it once; may hang.</param>
/// <param name="time">Timers.</param>
/// <param name="report">Told why it cannot be used.</param>
internal sealed class ReadinessProbe(string name, Func<CancellationToken, Task> tryOnce, TimeProvider time, Action<string, Exception> report)
{
    private Task _running = Task.CompletedTask;

    internal string Name => name;

    /// <summary>Tries it, unless the last try still hangs. Not to be called while another call is at it.</summary>
    /// <returns><see cref="Readiness.Good"/>, or what is wrong.</returns>
    internal async Task<string> CheckAsync()
    {
        if (_running.IsCompleted)
        {
            _running = TryAsync();
        }

        try
        {
            await _running.WaitAsync(Readiness.Limit, time);
            return Readiness.Good;
        }
        catch (Exception e) when (e is TimeoutException or OperationCanceledException)
        {
            return $"does not answer within {Readiness.Limit.TotalSeconds} s";
        }
        catch (Exception e)
        {
            report($"Ready, {name}", e);
            return "cannot be used; the log says why";
        }
    }

    private async Task TryAsync()
    {
        using var limit = new CancellationTokenSource(Readiness.Limit, time);
        await tryOnce(limit.Token);
    }
}
