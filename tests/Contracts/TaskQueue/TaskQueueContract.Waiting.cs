using System.Collections.Concurrent;
using Katanemimena.Core;
using Xunit;

namespace Katanemimena.Tests.Contracts;

public abstract partial class TaskQueueContract
{
    [Fact]
    public async Task Delayed_message_is_hidden_until_its_time()
    {
        await SendAsync("late", Seconds(2));
        await SendAsync("soon");
        Assert.Equal("soon", Text(await ReceiveAsync()));
        Assert.Null(await LookAsync());
        await PassAsync(Seconds(2));
        QueueMessage late = await ReceiveAsync();
        Assert.Equal(("late", 1), (Text(late), late.DequeueCount));
    }

    [Fact]
    public async Task Waiting_ends_with_the_first_message()
    {
        ValueTask<QueueMessage?> waiting = Queue.ReceiveAsync(Tasks, Seconds(60), Seconds(600), Never);
        await Other.SendAsync(Tasks, Bytes("x"), TimeSpan.Zero, Never);
        Assert.Equal("x", Text(await waiting.InTimeAsync()));
    }

    [Fact]
    public async Task Waiting_ends_when_a_delay_does()
    {
        await SendAsync("late", Seconds(1));
        ValueTask<QueueMessage?> waiting = Queue.ReceiveAsync(Tasks, Seconds(60), Seconds(600), Never);
        await PassAsync(Seconds(1));
        Assert.Equal("late", Text(await waiting.InTimeAsync()));
    }

    [Fact]
    public async Task Waiting_ends_when_the_lease_of_another_does()
    {
        await SendAsync("x");
        Assert.NotNull(await ReceiveAsync(1));
        ValueTask<QueueMessage?> waiting = Other.ReceiveAsync(Tasks, Seconds(60), Seconds(600), Never);
        await PassAsync(Seconds(1));
        Assert.Equal(2, (await waiting.InTimeAsync())!.DequeueCount);
    }

    [Fact]
    public async Task Waiting_in_vain_gives_nothing_and_takes_nothing()
    {
        Task<QueueMessage?> waiting = Queue.ReceiveAsync(Tasks, Seconds(60), Seconds(1), Never).AsTask();
        await PassAsync(Seconds(1));
        Assert.Null(await waiting.InTimeAsync());
        await SendAsync("x");
        Assert.Equal(1, (await ReceiveAsync()).DequeueCount);
    }

    [Fact]
    public async Task Looking_once_does_not_wait() => Assert.Null(await LookAsync().InTimeAsync());

    [Fact]
    public async Task Cancelled_waiting_takes_no_message()
    {
        using CancellationTokenSource source = new();
        Task<QueueMessage?> waiting = Queue.ReceiveAsync(Tasks, Seconds(60), Seconds(600), source.Token).AsTask();
        await source.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting.InTimeAsync());
        await SendAsync("x");
        Assert.Equal(1, (await ReceiveAsync()).DequeueCount);
    }

    [Fact]
    public async Task Each_of_many_waiting_receivers_gets_a_message_of_its_own()
    {
        const int receivers = 20;
        Task<QueueMessage?>[] waiting = [.. Enumerable.Range(0, receivers).Select(receiver =>
            (receiver % 2 == 0 ? Queue : Other).ReceiveAsync(Tasks, Seconds(600), Seconds(600), Never).AsTask())];
        for (int message = 0; message < receivers; message++)
        {
            await SendAsync($"{message}");
        }

        QueueMessage?[] received = await Task.WhenAll(waiting).InTimeAsync();
        Assert.Equal(receivers, received.Select(Text).Distinct().Count());
        Assert.All(received, message => Assert.Equal(1, message!.DequeueCount));
    }

    [Fact]
    public async Task No_two_receivers_hold_one_message_at_the_same_time()
    {
        const int messages = 60;
        for (int message = 0; message < messages; message++)
        {
            await SendAsync($"{message}");
        }

        ConcurrentDictionary<string, bool> held = new();
        ConcurrentDictionary<string, int> deliveries = new();
        await Task.WhenAll(Enumerable.Range(0, 6).Select(receiver => Task.Run(async () =>
        {
            ITaskQueue queue = receiver % 2 == 0 ? Queue : Other;
            while (await queue.ReceiveAsync(Tasks, Seconds(600), TimeSpan.Zero, Never) is { } message)
            {
                Assert.True(held.TryAdd(Text(message), true), $"two receivers hold message {Text(message)}");
                string? renewed = await queue.RenewAsync(Tasks, message.Receipt, Seconds(600), Never);
                Assert.NotNull(renewed);
                bool again = deliveries.AddOrUpdate(Text(message), 1, (_, count) => count + 1) < 2;
                Assert.True(held.TryRemove(Text(message), out _));
                Assert.True(again
                    ? await queue.RenewAsync(Tasks, renewed, TimeSpan.Zero, Never) is not null
                    : await queue.CompleteAsync(Tasks, renewed, Never));
            }
        }))).InTimeAsync();
        Assert.Equal(messages, deliveries.Count);
        Assert.All(deliveries, delivery => Assert.Equal(2, delivery.Value));
        Assert.Equal(0, await Queue.CountAsync(Tasks, Never));
    }

    [Fact]
    public async Task Nothing_is_lost_between_senders_and_waiting_receivers()
    {
        const int messages = 100;
        ConcurrentBag<string> received = [];
        Task[] receivers = [.. Enumerable.Range(0, 3).Select(receiver => Task.Run(async () =>
        {
            ITaskQueue queue = receiver % 2 == 0 ? Queue : Other;
            while (await queue.ReceiveAsync(Tasks, Seconds(600), Seconds(600), Never) is { } message && Text(message) != "stop")
            {
                received.Add(Text(message));
                Assert.True(await queue.CompleteAsync(Tasks, message.Receipt, Never));
            }
        }))];
        await Task.WhenAll(Enumerable.Range(0, 4).Select(sender => Task.Run(async () =>
        {
            for (int message = sender; message < messages; message += 4)
            {
                await (sender % 2 == 0 ? Queue : Other).SendAsync(Tasks, Bytes($"{message}"), TimeSpan.Zero, Never);
            }
        }))).InTimeAsync();
        await Waiting.UntilAsync(() => ValueTask.FromResult(received.Count >= messages), "all messages were received");
        foreach (Task receiver in receivers)
        {
            await SendAsync("stop");
        }

        await Task.WhenAll(receivers).InTimeAsync();
        Assert.Equal(messages, received.Distinct().Count());
        Assert.Equal(messages, received.Count);
    }
}
