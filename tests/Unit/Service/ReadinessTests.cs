using Katanemimena.Adapters.InMemory;
using Katanemimena.Service;
using Katanemimena.Tests.Contracts;
using Katanemimena.Wire;
using Xunit;

namespace Katanemimena.Tests.Unit.Service;

public sealed class ReadinessTests : IDisposable
{
    private readonly ManualTimeProvider _clock = new();
    private readonly InMemoryKeyValueStore _store;
    private readonly InMemoryTaskQueue _queue;
    private readonly InMemoryVolume _volume = new();
    private readonly List<string> _reported = [];

    public ReadinessTests() => (_store, _queue) = (new InMemoryKeyValueStore(_clock), new InMemoryTaskQueue(_clock));

    public void Dispose()
    {
        _store.Dispose();
        _queue.Dispose();
    }

    [Fact]
    public async Task All_parts_are_tried_and_nothing_is_left_behind()
    {
        HealthDocument health = await Of(new Readiness(_store, _queue, _volume, "p", _clock, Report));

        Assert.Equal((Readiness.Good, "store=ok queue=ok volume=ok"), (health.Status, Text(health)));
        Assert.Empty(_volume.List(""));
        Assert.Empty(_reported);
    }

    [Fact]
    public async Task Part_that_fails_is_named_and_the_reason_reported()
    {
        HealthDocument health = await Of(new Readiness(_store, new FaultyQueue("secret"), _volume, "p", _clock, Report));

        Assert.Equal(Readiness.Bad, health.Status);
        Assert.Equal("store=ok queue=cannot be used; the log says why volume=ok", Text(health));
        Assert.Equal("Ready, queue: secret", Assert.Single(_reported));
    }

    [Fact]
    public async Task Volume_that_cannot_be_written_is_named()
    {
        HealthDocument health = await Of(new Readiness(_store, _queue, _volume, "no/../name", _clock, Report));
        Assert.Equal("store=ok queue=ok volume=cannot be used; the log says why", Text(health));
    }

    [Fact]
    public async Task Part_that_hangs_has_two_seconds_and_is_not_asked_again_meanwhile()
    {
        SlowQueue slow = new(_queue);
        Readiness readiness = new(_store, slow, _volume, "p", _clock, Report);
        HealthDocument first = await LateAsync(readiness, timersOfQueue: 2);
        _clock.Advance(Readiness.CacheTime);
        HealthDocument second = await LateAsync(readiness, timersOfQueue: 1);

        Assert.Equal("store=ok queue=does not answer within 2 s volume=ok", Text(first));
        Assert.Equal(Text(first), Text(second));
        Assert.Equal(1, slow.Asked);

        slow.LetGo();
        await Waiting.UntilAsync(
            async () =>
            {
                _clock.Advance(Readiness.CacheTime);
                return (await Of(readiness)).Status == Readiness.Good;
            },
            "the queue answers again");
    }

    [Fact]
    public async Task Answer_holds_for_a_second_however_many_ask()
    {
        SlowQueue counted = new(_queue);
        counted.LetGo();
        Readiness readiness = new(_store, counted, _volume, "p", _clock, Report);
        await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => Of(readiness)));
        Assert.Equal(1, counted.Asked);

        _clock.Advance(Readiness.CacheTime);
        await Of(readiness);
        Assert.Equal(2, counted.Asked);
    }

    [Fact]
    public async Task Caller_who_goes_does_not_end_the_look_for_others()
    {
        SlowQueue slow = new(_queue);
        Readiness readiness = new(_store, slow, _volume, "p", _clock, Report);
        using CancellationTokenSource gone = new();
        Task<HealthDocument> first = readiness.CheckAsync(gone.Token);
        Task<HealthDocument> second = readiness.CheckAsync(default);
        await gone.CancelAsync();
        slow.LetGo();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => first);
        Assert.Equal(Readiness.Good, (await second.InTimeAsync()).Status);
    }

    private static Task<HealthDocument> Of(Readiness readiness) => readiness.CheckAsync(default).InTimeAsync();

    private async Task<HealthDocument> LateAsync(Readiness readiness, int timersOfQueue)
    {
        Task<HealthDocument> look = readiness.CheckAsync(default);
        // The volume is tried on another thread, and its timers go when it is done: only the part that hangs is to be late.
        await Waiting.UntilAsync(() => ValueTask.FromResult(_clock.TimersSet == timersOfQueue), "the other parts are done");
        _clock.Advance(Readiness.Limit);
        return await look.InTimeAsync();
    }

    private static string Text(HealthDocument health) => string.Join(' ', health.Checks!.Select(check => $"{check.Key}={check.Value}"));

    private void Report(string where, Exception fault)
    {
        lock (_reported)
        {
            _reported.Add($"{where}: {fault.Message}");
        }
    }
}
