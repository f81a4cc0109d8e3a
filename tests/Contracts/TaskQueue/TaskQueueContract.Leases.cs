using Katanemimena.Core;
using Xunit;

namespace Katanemimena.Tests.Contracts;

public abstract partial class TaskQueueContract
{
    [Fact]
    public async Task Leased_message_is_hidden_from_other_receivers()
    {
        await SendAsync("x");
        Assert.NotNull(await ReceiveAsync());
        Assert.Null(await LookAsync());
        Assert.Null(await Other.ReceiveAsync(Tasks, Seconds(60), TimeSpan.Zero, Never));
    }

    [Fact]
    public async Task Expired_lease_is_redelivered_with_a_new_receipt()
    {
        await SendAsync("x");
        QueueMessage first = await ReceiveAsync(1);
        await PassAsync(Seconds(1));
        QueueMessage second = await ReceiveAsync();
        Assert.Equal(("x", 2), (Text(second), second.DequeueCount));
        Assert.NotEqual(first.Receipt, second.Receipt);
    }

    [Fact]
    public async Task Completed_message_never_comes_again()
    {
        await SendAsync("x");
        QueueMessage message = await ReceiveAsync(1);
        Assert.True(await Other.CompleteAsync(Tasks, message.Receipt, Never));
        await PassAsync(Seconds(1.5));
        Assert.Null(await LookAsync());
        Assert.Equal(0, await Queue.CountAsync(Tasks, Never));
        Assert.False(await Queue.CompleteAsync(Tasks, message.Receipt, Never));
        Assert.Null(await Queue.RenewAsync(Tasks, message.Receipt, Seconds(60), Never));
    }

    [Fact]
    public async Task Completing_after_the_lease_ended_is_false_and_the_message_comes_again()
    {
        await SendAsync("x");
        QueueMessage message = await ReceiveAsync(1);
        await PassAsync(Seconds(1.1));
        Assert.False(await Queue.CompleteAsync(Tasks, message.Receipt, Never));
        Assert.Equal(2, (await ReceiveAsync()).DequeueCount);
    }

    [Fact]
    public async Task Old_receipt_is_void_once_another_holds_the_message()
    {
        await SendAsync("x");
        QueueMessage first = await ReceiveAsync(1);
        await PassAsync(Seconds(1));
        QueueMessage second = await ReceiveAsync();
        Assert.False(await Queue.CompleteAsync(Tasks, first.Receipt, Never));
        Assert.Null(await Queue.RenewAsync(Tasks, first.Receipt, Seconds(60), Never));
        Assert.True(await Queue.CompleteAsync(Tasks, second.Receipt, Never));
    }

    [Fact]
    public async Task Renewal_starts_the_lease_anew_under_a_new_receipt()
    {
        await SendAsync("x");
        QueueMessage message = await ReceiveAsync(5);
        await PassAsync(Seconds(3));
        string? renewed = await Other.RenewAsync(Tasks, message.Receipt, Seconds(5), Never);
        Assert.NotNull(renewed);
        Assert.NotEqual(message.Receipt, renewed);
        await PassAsync(Seconds(3));
        Assert.Null(await LookAsync());
        Assert.False(await Queue.CompleteAsync(Tasks, message.Receipt, Never));
        Assert.True(await Queue.CompleteAsync(Tasks, renewed, Never));
    }

    [Fact]
    public async Task Renewal_may_shorten_the_lease()
    {
        await SendAsync("x");
        QueueMessage message = await ReceiveAsync(600);
        Assert.NotNull(await Queue.RenewAsync(Tasks, message.Receipt, Seconds(1), Never));
        await PassAsync(Seconds(1));
        Assert.Equal(2, (await ReceiveAsync()).DequeueCount);
    }

    [Fact]
    public async Task Renewal_after_the_lease_ended_gives_no_receipt()
    {
        await SendAsync("x");
        QueueMessage message = await ReceiveAsync(1);
        await PassAsync(Seconds(1.1));
        Assert.Null(await Queue.RenewAsync(Tasks, message.Receipt, Seconds(60), Never));
        Assert.Equal(2, (await ReceiveAsync()).DequeueCount);
    }

    [Fact]
    public async Task Renewal_to_zero_gives_the_message_back()
    {
        await SendAsync("x");
        QueueMessage first = await ReceiveAsync(600);
        Assert.NotNull(await Queue.RenewAsync(Tasks, first.Receipt, TimeSpan.Zero, Never));
        QueueMessage second = await ReceiveAsync();
        Assert.Equal(("x", 2), (Text(second), second.DequeueCount));
        Assert.False(await Queue.CompleteAsync(Tasks, first.Receipt, Never));
    }

    [Fact]
    public async Task Message_given_back_wakes_who_waits()
    {
        await SendAsync("x");
        QueueMessage first = await ReceiveAsync(600);
        ValueTask<QueueMessage?> waiting = Other.ReceiveAsync(Tasks, Seconds(60), Seconds(600), Never);
        await Queue.RenewAsync(Tasks, first.Receipt, TimeSpan.Zero, Never);
        Assert.Equal("x", Text(await waiting.InTimeAsync()));
    }

    [Fact]
    public async Task Receipt_that_never_was_is_not_valid()
    {
        await SendAsync("x");
        foreach (string receipt in new[] { "", "never", "1.1", "99.1", "-1.-1" })
        {
            Assert.False(await Queue.CompleteAsync(Tasks, receipt, Never));
            Assert.Null(await Queue.RenewAsync(Tasks, receipt, Seconds(60), Never));
        }

        Assert.Equal(1, await Queue.CountAsync(Tasks, Never));
    }

    [Fact]
    public async Task Dequeue_count_rises_with_each_delivery_and_not_with_renewals()
    {
        await SendAsync("x");
        for (int delivery = 1; delivery <= 4; delivery++)
        {
            QueueMessage message = await ReceiveAsync(600);
            Assert.Equal(delivery, message.DequeueCount);
            string? renewed = await Queue.RenewAsync(Tasks, message.Receipt, Seconds(600), Never);
            Assert.NotNull(await Queue.RenewAsync(Tasks, renewed!, TimeSpan.Zero, Never));
        }
    }
}
