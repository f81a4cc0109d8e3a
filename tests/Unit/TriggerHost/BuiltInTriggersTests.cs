using Katanemimena.Adapters.InMemory;
using Katanemimena.Tests.Contracts;
using Katanemimena.TriggerHost;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace Katanemimena.Tests.Unit.TriggerHost;

public sealed class BuiltInTriggersTests : IDisposable
{
    private readonly ManualTimeProvider _clock = new();
    private readonly InMemoryTaskQueue _queues;

    public BuiltInTriggersTests() => _queues = new InMemoryTaskQueue(_clock);

    public void Dispose() => _queues.Dispose();

    [Fact]
    public async Task Timers_run_at_their_times_and_not_after_the_stop()
    {
        int runs = 0;
        using BuiltInTriggers triggers = Triggers(Functions.Timer("Reconcile", "*/5 * * * * *", _ =>
        {
            Interlocked.Increment(ref runs);
            return runs == 1 ? throw new InvalidOperationException("once") : ValueTask.CompletedTask;
        }));
        await triggers.StartAsync(CancellationToken.None);
        for (int run = 1; run <= 3; run++)
        {
            await Waiting.UntilAsync(
                () =>
                {
                    _clock.Advance(TimeSpan.FromSeconds(1));
                    return ValueTask.FromResult(Volatile.Read(ref runs) >= run);
                },
                "the timer runs");
        }

        await triggers.StopAsync(CancellationToken.None).InTimeAsync();
        int before = runs;
        _clock.Advance(TimeSpan.FromSeconds(60));
        Assert.Equal(before, runs);
    }

    [Fact]
    public async Task Draining_ends_what_still_runs_when_its_time_is_over()
    {
        bool entered = false;
        using var drain = new CancellationTokenSource();
        using BuiltInTriggers triggers = Triggers(Functions.Queue("Mapper", "map-tasks", async (_, cancellation) =>
        {
            Volatile.Write(ref entered, true);
            await Task.Delay(Timeout.InfiniteTimeSpan, _clock, cancellation);
        }));
        await _queues.SendAsync("map-tasks", "a"u8.ToArray(), TimeSpan.Zero, CancellationToken.None);
        await triggers.StartAsync(CancellationToken.None);
        await Waiting.UntilAsync(() => ValueTask.FromResult(Volatile.Read(ref entered)), "the function runs");
        Task stopping = triggers.StopAsync(drain.Token);
        Assert.False(stopping.IsCompleted);
        await drain.CancelAsync();
        await stopping.InTimeAsync();
        Assert.NotNull(await _queues.ReceiveAsync("map-tasks", TimeSpan.FromSeconds(1), TimeSpan.Zero, CancellationToken.None));
    }

    private BuiltInTriggers Triggers(FunctionDefinition function) =>
        new(new FunctionCatalogue([function]), _queues, new HostSettings(), _clock, NullLogger<BuiltInTriggers>.Instance);
}
