using System.Text;
using Katanemimena.Adapters.InMemory;
using Katanemimena.Core;
using Katanemimena.Tests.Contracts;
using Katanemimena.TriggerHost;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace Katanemimena.Tests.Unit.TriggerHost;

public sealed class QueueListenerTests : IAsyncDisposable
{
    private const string Queue = "map-tasks";

    private static readonly CancellationToken s_never = CancellationToken.None;

    private readonly ManualTimeProvider _clock = new();
    private readonly InMemoryTaskQueue _queues;
    private readonly CancellationTokenSource _stop = new();
    private readonly CancellationTokenSource _abort = new();
    private readonly List<string> _taken = [];
    private Task _running = Task.CompletedTask;

    public QueueListenerTests() => _queues = new InMemoryTaskQueue(_clock);

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _abort.CancelAsync();
        await _running.InTimeAsync();
        _queues.Dispose();
        _stop.Dispose();
        _abort.Dispose();
    }

    [Fact]
    public async Task Message_is_removed_after_its_function_returned()
    {
        await SendAsync("a");
        Start((_, _) => ValueTask.CompletedTask);
        await UntilAsync(async () => await CountAsync(Queue) == 0, "the message is removed");
        Assert.Equal(["a"], _taken);
    }

    [Fact]
    public async Task Message_that_fails_comes_again_and_then_goes_to_the_poison_queue_unchanged()
    {
        await SendAsync("a");
        Start((_, _) => throw new TransientFault("no"), new HostSettings { MaxDequeueCount = 3, VisibilityTimeout = TimeSpan.FromSeconds(2) });
        await UntilAsync(async () => await CountAsync(Queue + QueueListener.PoisonSuffix) == 1, "the message is poison", TimeSpan.FromSeconds(2));
        Assert.Equal(["a", "a", "a"], _taken);
        await UntilAsync(async () => await CountAsync(Queue) == 0, "the message is removed");
        QueueMessage poison = (await _queues.ReceiveAsync(Queue + QueueListener.PoisonSuffix, TimeSpan.FromSeconds(30), TimeSpan.Zero, s_never))!;
        Assert.Equal(("a", 1), (Encoding.UTF8.GetString(poison.Body.Span), poison.DequeueCount));
    }

    [Fact]
    public async Task Failed_message_is_not_seen_again_before_its_pause_is_over()
    {
        await SendAsync("a");
        Start((_, _) => throw new TransientFault("no"), new HostSettings { VisibilityTimeout = TimeSpan.FromSeconds(30) });
        await UntilAsync(() => ValueTask.FromResult(_taken.Count == 1), "the first delivery");
        await SendAsync("b");
        await UntilAsync(() => ValueTask.FromResult(_taken.Count == 2), "the second message");
        Assert.Equal(["a", "b"], _taken);
    }

    [Fact]
    public async Task Message_lost_too_often_with_its_receivers_is_poison_without_being_handled()
    {
        await SendAsync("a");
        for (int delivery = 1; delivery <= 3; delivery++)
        {
            Assert.Equal(delivery, (await _queues.ReceiveAsync(Queue, TimeSpan.FromSeconds(1), TimeSpan.Zero, s_never))!.DequeueCount);
            _clock.Advance(TimeSpan.FromSeconds(1));
        }

        Start((_, _) => ValueTask.CompletedTask, new HostSettings { MaxDequeueCount = 3 });
        await UntilAsync(async () => await CountAsync(Queue + QueueListener.PoisonSuffix) == 1, "the message is poison");
        Assert.Empty(_taken);
    }

    [Fact]
    public async Task Poison_has_no_poison_queue()
    {
        const string poison = Queue + QueueListener.PoisonSuffix;
        await _queues.SendAsync(poison, "a"u8.ToArray(), TimeSpan.Zero, s_never);
        Start((_, _) => throw new TransientFault("no"), new HostSettings { MaxDequeueCount = 1 }, poison);
        await UntilAsync(() => ValueTask.FromResult(_taken.Count >= 2), "the second delivery", TimeSpan.FromMinutes(1));
        Assert.Equal((1, 0), (await CountAsync(poison), await CountAsync(poison + QueueListener.PoisonSuffix)));
    }

    [Theory]
    [InlineData(3, 2, int.MaxValue, 3, 5)]
    [InlineData(4, 2, 2, 2, 2)]
    [InlineData(16, 0, 1, 1, 1)]
    [InlineData(1, 8, 4, 4, 4)]
    public async Task No_more_are_in_hand_than_batch_and_threshold_together_nor_than_the_function_bears(int batch, int threshold, int bound, int least, int most)
    {
        var gate = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        int inHand = 0;
        int seen = 0;
        for (int number = 0; number < 20; number++)
        {
            await SendAsync($"{number}");
        }

        Start(
            async (_, _) =>
            {
                int now = Interlocked.Increment(ref inHand);
                InterlockedMax(ref seen, now);
                await gate.Task;
                Interlocked.Decrement(ref inHand);
            },
            new HostSettings { BatchSize = batch, NewBatchThreshold = threshold },
            bound: bound);
        await UntilAsync(() => ValueTask.FromResult(Volatile.Read(ref inHand) == least), "as many run as may");
        gate.SetResult();
        await UntilAsync(async () => await CountAsync(Queue) == 0, "all are done");
        Assert.Equal(20, _taken.Distinct().Count());
        Assert.InRange(seen, least, most);
    }

    [Fact]
    public async Task Stopping_begins_no_more_and_waits_for_what_runs()
    {
        var gate = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await SendAsync("a");
        Start(async (_, _) => await gate.Task, new HostSettings { BatchSize = 1, NewBatchThreshold = 0 });
        await UntilAsync(() => ValueTask.FromResult(_taken.Count == 1), "the function runs");
        await SendAsync("b");
        await _stop.CancelAsync();
        Assert.False(_running.IsCompleted);
        gate.SetResult();
        await _running.InTimeAsync();
        Assert.Equal(["a"], _taken);
        Assert.Equal(1, await CountAsync(Queue));
    }

    [Fact]
    public async Task Ending_what_runs_gives_its_message_back_at_once()
    {
        await SendAsync("a");
        Start(async (_, cancellation) => await Task.Delay(Timeout.InfiniteTimeSpan, _clock, cancellation));
        await UntilAsync(() => ValueTask.FromResult(_taken.Count == 1), "the function runs");
        await _stop.CancelAsync();
        await _abort.CancelAsync();
        await _running.InTimeAsync();
        Assert.Equal(2, (await _queues.ReceiveAsync(Queue, TimeSpan.FromSeconds(1), TimeSpan.Zero, s_never))!.DequeueCount);
    }

    [Fact]
    public async Task Function_past_its_deadline_fails()
    {
        await SendAsync("a");
        Start(
            async (_, cancellation) => await Task.Delay(Timeout.InfiniteTimeSpan, _clock, cancellation),
            new HostSettings { FunctionTimeout = TimeSpan.FromSeconds(10), MaxDequeueCount = 1 });
        await UntilAsync(async () => await CountAsync(Queue + QueueListener.PoisonSuffix) == 1, "the message is poison", TimeSpan.FromSeconds(1));
    }

    [Fact]
    public async Task Message_stays_hidden_as_long_as_its_function_runs()
    {
        var gate = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await SendAsync("a");
        Start(async (_, _) => await gate.Task);
        await UntilAsync(() => ValueTask.FromResult(_taken.Count == 1), "the function runs");
        for (int second = 0; second < 180; second += 5)
        {
            _clock.Advance(TimeSpan.FromSeconds(5));
            await UntilAsync(async () => await _queues.ReceiveAsync(Queue, TimeSpan.FromSeconds(1), TimeSpan.Zero, s_never) is null, "it is hidden");
        }

        gate.SetResult();
        await UntilAsync(async () => await CountAsync(Queue) == 0, "the message is removed");
        Assert.Single(_taken);
    }

    private static void InterlockedMax(ref int most, int value)
    {
        int seen = Volatile.Read(ref most);
        while (value > seen && Interlocked.CompareExchange(ref most, value, seen) is var before && before != seen)
        {
            seen = before;
        }
    }

    private void Start(Func<ReadOnlyMemory<byte>, CancellationToken, ValueTask> handle, HostSettings? settings = null, string queue = Queue, int bound = int.MaxValue)
    {
        QueueFunction function = Functions.Queue("Mapper", queue, (body, cancellation) =>
        {
            lock (_taken)
            {
                _taken.Add(Encoding.UTF8.GetString(body.Span));
            }

            return handle(body, cancellation);
        });
        _running = new QueueListener(function with { InHandMax = bound }, _queues, settings ?? new HostSettings(), _clock, NullLogger.Instance).RunAsync(_stop.Token, _abort.Token);
    }

    private ValueTask SendAsync(string text) => _queues.SendAsync(Queue, Encoding.UTF8.GetBytes(text), TimeSpan.Zero, s_never);

    private ValueTask<long> CountAsync(string queue) => _queues.CountAsync(queue, s_never);

    private Task UntilAsync(Func<ValueTask<bool>> condition, string what, TimeSpan step = default) => Waiting.UntilAsync(
        async () =>
        {
            _clock.Advance(step);
            return await condition();
        },
        what);
}
