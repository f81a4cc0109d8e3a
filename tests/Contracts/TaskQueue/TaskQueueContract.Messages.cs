using Katanemimena.Core;
using Xunit;

namespace Katanemimena.Tests.Contracts;

public abstract partial class TaskQueueContract
{
    [Fact]
    public async Task Message_is_received_as_it_was_sent()
    {
        byte[] all = [.. Enumerable.Range(0, 256).Select(number => (byte)number)];
        await Queue.SendAsync(Tasks, all, TimeSpan.Zero, Never);
        QueueMessage message = await ReceiveAsync();
        Assert.Equal(all, message.Body.ToArray());
        Assert.Equal(1, message.DequeueCount);
    }

    [Fact]
    public async Task Body_is_copied_before_the_call_returns()
    {
        byte[] buffer = "first"u8.ToArray();
        ValueTask sent = Queue.SendAsync(Tasks, buffer, TimeSpan.Zero, Never);
        "other"u8.CopyTo(buffer);
        await sent;
        Assert.Equal("first", Text(await ReceiveAsync()));
    }

    [Fact]
    public async Task Queue_never_used_holds_nothing()
    {
        Assert.Null(await Queue.ReceiveAsync("never-used", Seconds(60), TimeSpan.Zero, Never));
        Assert.Equal(0, await Queue.CountAsync("never-used", Never));
        Assert.False(await Queue.CompleteAsync("never-used", await UsedReceiptAsync(), Never));
        Assert.Null(await Queue.RenewAsync("never-used", await UsedReceiptAsync(), Seconds(60), Never));
    }

    [Fact]
    public async Task Queues_do_not_mix()
    {
        await SendAsync("map");
        await Queue.SendAsync("reduce-tasks", Bytes("reduce"), TimeSpan.Zero, Never);
        Assert.Equal("map", Text(await ReceiveAsync()));
        Assert.Null(await LookAsync());
        Assert.Equal("reduce", Text(await Other.ReceiveAsync("reduce-tasks", Seconds(60), TimeSpan.Zero, Never)));
    }

    [Fact]
    public async Task Every_message_is_received()
    {
        string[] bodies = [.. Enumerable.Range(0, 100).Select(number => $"message {number}")];
        foreach (string body in bodies)
        {
            await SendAsync(body);
        }

        List<string> received = [];
        while (await LookAsync() is { } message)
        {
            received.Add(Text(message));
            Assert.True(await Queue.CompleteAsync(Tasks, message.Receipt, Never));
        }

        Assert.Equal(bodies.Order(StringComparer.Ordinal), received.Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Two_equal_messages_are_two_messages()
    {
        await SendAsync("same");
        await SendAsync("same");
        QueueMessage first = await ReceiveAsync();
        QueueMessage second = await ReceiveAsync();
        Assert.NotEqual(first.Receipt, second.Receipt);
        Assert.Null(await LookAsync());
    }

    [Fact]
    public async Task Body_may_be_empty()
    {
        await SendAsync("");
        Assert.Equal(0, (await ReceiveAsync()).Body.Length);
    }

    [Fact]
    public async Task Body_at_the_limit_is_taken_and_one_byte_more_is_refused()
    {
        byte[] body = new byte[ITaskQueue.BodyBytesMax + 1];
        new Random(3).NextBytes(body);
        await Assert.ThrowsAnyAsync<ArgumentException>(() => Queue.SendAsync(Tasks, body, TimeSpan.Zero, Never).AsTask());
        await Queue.SendAsync(Tasks, body.AsMemory(1), TimeSpan.Zero, Never);
        Assert.Equal(body[1..], (await ReceiveAsync()).Body.ToArray());
        Assert.Null(await LookAsync());
    }

    [Fact]
    public async Task Count_includes_hidden_messages_until_they_are_completed()
    {
        await SendAsync("one");
        await SendAsync("two");
        await SendAsync("delayed", Seconds(600));
        Assert.Equal(3, await Other.CountAsync(Tasks, Never));
        QueueMessage message = await ReceiveAsync();
        Assert.Equal(3, await Queue.CountAsync(Tasks, Never));
        Assert.True(await Queue.CompleteAsync(Tasks, message.Receipt, Never));
        Assert.Equal(2, await Queue.CountAsync(Tasks, Never));
    }

    [Theory]
    [InlineData("")]
    [InlineData("ab")]
    [InlineData("Map-tasks")]
    [InlineData("map_tasks")]
    [InlineData("map--tasks")]
    [InlineData("-map")]
    [InlineData("map-")]
    [InlineData("a123456789012345678901234567890123456789012345678901234567890123")]
    public async Task Name_that_breaks_the_rules_is_refused(string queue)
    {
        await Assert.ThrowsAnyAsync<ArgumentException>(() => Queue.SendAsync(queue, Bytes("x"), TimeSpan.Zero, Never).AsTask());
        await Assert.ThrowsAnyAsync<ArgumentException>(() => Queue.ReceiveAsync(queue, Seconds(1), TimeSpan.Zero, Never).AsTask());
        await Assert.ThrowsAnyAsync<ArgumentException>(() => Queue.RenewAsync(queue, "r", Seconds(1), Never).AsTask());
        await Assert.ThrowsAnyAsync<ArgumentException>(() => Queue.CompleteAsync(queue, "r", Never).AsTask());
        await Assert.ThrowsAnyAsync<ArgumentException>(() => Queue.CountAsync(queue, Never).AsTask());
    }

    [Theory]
    [InlineData("abc")]
    [InlineData("3-4-5")]
    [InlineData("a12345678901234567890123456789012345678901234567890123456789012")]
    public async Task Name_within_the_rules_is_taken(string queue)
    {
        await Queue.SendAsync(queue, Bytes("x"), TimeSpan.Zero, Never);
        Assert.Equal("x", Text(await Queue.ReceiveAsync(queue, Seconds(60), TimeSpan.Zero, Never)));
    }

    [Fact]
    public async Task Times_beyond_the_rules_are_refused()
    {
        await SendAsync("x");
        string receipt = (await ReceiveAsync()).Receipt;
        TimeSpan tooLong = TimeSpan.FromDays(7) + TimeSpan.FromSeconds(1);
        foreach (TimeSpan time in new[] { Seconds(-1), tooLong })
        {
            await Assert.ThrowsAnyAsync<ArgumentException>(() => SendAsync("y", time).AsTask());
            await Assert.ThrowsAnyAsync<ArgumentException>(() => Queue.RenewAsync(Tasks, receipt, time, Never).AsTask());
        }

        foreach (TimeSpan lease in new[] { TimeSpan.Zero, Seconds(0.9), tooLong })
        {
            await Assert.ThrowsAnyAsync<ArgumentException>(() => Queue.ReceiveAsync(Tasks, lease, TimeSpan.Zero, Never).AsTask());
        }

        await Assert.ThrowsAnyAsync<ArgumentException>(() => Queue.ReceiveAsync(Tasks, Seconds(1), Seconds(-1), Never).AsTask());
        Assert.Equal(1, await Queue.CountAsync(Tasks, Never));
    }

    [Fact]
    public async Task Longest_times_are_taken()
    {
        TimeSpan week = TimeSpan.FromDays(7);
        await SendAsync("delayed", week);
        await SendAsync("x");
        QueueMessage? message = await Queue.ReceiveAsync(Tasks, week, TimeSpan.Zero, Never);
        Assert.NotNull(await Queue.RenewAsync(Tasks, message!.Receipt, week, Never));
        Assert.Null(await LookAsync());
    }

    [Fact]
    public async Task Cancelled_calls_do_nothing()
    {
        CancellationToken cancelled = new(true);
        await SendAsync("x");
        QueueMessage message = await ReceiveAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Queue.SendAsync(Tasks, Bytes("y"), TimeSpan.Zero, cancelled).AsTask());
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Queue.ReceiveAsync(Tasks, Seconds(1), TimeSpan.Zero, cancelled).AsTask());
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Queue.RenewAsync(Tasks, message.Receipt, Seconds(1), cancelled).AsTask());
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Queue.CompleteAsync(Tasks, message.Receipt, cancelled).AsTask());
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Queue.CountAsync(Tasks, cancelled).AsTask());
        Assert.True(await Queue.CompleteAsync(Tasks, message.Receipt, Never));
        Assert.Equal(0, await Queue.CountAsync(Tasks, Never));
    }

    private async Task<string> UsedReceiptAsync()
    {
        await Queue.SendAsync("another-queue", Bytes("x"), TimeSpan.Zero, Never);
        return (await Queue.ReceiveAsync("another-queue", Seconds(60), TimeSpan.Zero, Never))!.Receipt;
    }
}
