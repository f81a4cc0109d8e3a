using Microsoft.Extensions.Logging;

namespace Katanemimena.TriggerHost;

/// <summary>Runs a function at the times of its schedule, one run after the other; what falls into a run is left out.</summary>
/// <remarks>Every instance has its timers: unlike the runtime, which lets one instance of an app run a timer, so its functions must bear company.</remarks>
public sealed class TimerLoop(TimerFunction function, HostSettings settings, TimeProvider time, ILogger log)
{
    /// <summary>Runs until stopped; ends without an exception.</summary>
    /// <param name="stop">Starts no more runs.</param>
    /// <param name="abort">Ends a run.</param>
    public async Task RunAsync(CancellationToken stop, CancellationToken abort)
    {
        await Task.Yield();
        while (true)
        {
            TimeSpan pause = function.On.Schedule.UntilNext(time.GetUtcNow());
            await Task.Delay(pause, time, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (stop.IsCancellationRequested)
            {
                return;
            }

            try
            {
                using var deadline = new CancellationTokenSource(settings.Deadline ?? Timeout.InfiniteTimeSpan, time);
                using var ends = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, abort);
                await function.Handle(ends.Token);
            }
            catch (Exception error)
            {
                log.LogError(error, "{Function} failed", function.Name);
            }
        }
    }
}
