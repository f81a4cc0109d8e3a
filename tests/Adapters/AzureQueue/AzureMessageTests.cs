using System.Text;
using Azure.Storage.Queues;
using Azure.Storage.Queues.Models;
using Katanemimena.Adapters.AzureQueue;
using Katanemimena.Core;
using Katanemimena.Tests.Contracts;
using Xunit;
using QueueMessage = Katanemimena.Core.QueueMessage;

namespace Katanemimena.Tests.Adapters;

/// <summary>What others see of the queues in an account, and what comes of what they do there.</summary>
public sealed class AzureMessageTests : IClassFixture<AzuriteFixture>
{
    private const string Tasks = "map-tasks";
    private static readonly TimeSpan s_lease = TimeSpan.FromSeconds(600);
    private static readonly CancellationToken s_never = CancellationToken.None;

    private readonly string _account;
    private readonly AzureTaskQueue _queue;

    public AzureMessageTests(AzuriteFixture azurite)
    {
        _account = azurite.Server.NewAccount();
        _queue = AzuriteFixture.Open(_account);
    }

    [Fact]
    public async Task Messages_are_in_base64_as_the_functions_runtime_writes_and_reads_them()
    {
        QueueClient runtime = Vendor(Tasks, QueueMessageEncoding.Base64);
        await SendAsync("from us");
        Assert.Equal("from us", (await runtime.ReceiveMessageAsync()).Value.Body.ToString());
        await runtime.SendMessageAsync(BinaryData.FromString("from the runtime"));
        Assert.Equal("from the runtime", Text(await ReceiveAsync()));
    }

    [Theory]
    [InlineData("""{"job":"m1-7"}""")]
    [InlineData("no base64")]
    [InlineData("abc")]
    [InlineData("abc=defg")]
    [InlineData("größer <&> 数")]
    public async Task Text_that_is_not_base64_is_received_as_its_bytes(string text)
    {
        QueueClient someone = Vendor(Tasks, QueueMessageEncoding.None);
        await someone.CreateAsync();
        await someone.SendMessageAsync(text);
        QueueMessage? message = await ReceiveAsync();
        Assert.Equal(text, Text(message));
        Assert.True(await _queue.CompleteAsync(Tasks, message!.Receipt, s_never));
    }

    [Fact]
    public async Task Largest_body_is_the_largest_message_that_the_service_takes()
    {
        byte[] body = new byte[ITaskQueue.BodyBytesMax];
        Array.Fill(body, (byte)0xff);
        await _queue.SendAsync(Tasks, body, TimeSpan.Zero, s_never);
        PeekedMessage peeked = await Vendor(Tasks, QueueMessageEncoding.None).PeekMessageAsync();
        Assert.Equal(64 * 1024, peeked.MessageText.Length);
        QueueMessage? message = await ReceiveAsync();
        string? renewed = await _queue.RenewAsync(Tasks, message!.Receipt, TimeSpan.Zero, s_never);
        Assert.NotNull(renewed);
        Assert.Equal(body, (await ReceiveAsync())!.Body.ToArray());
    }

    [Fact]
    public async Task Messages_do_not_expire()
    {
        await SendAsync("x");
        PeekedMessage peeked = await Vendor(Tasks, QueueMessageEncoding.None).PeekMessageAsync();
        Assert.Equal(9999, peeked.ExpiresOn!.Value.Year);
    }

    [Fact]
    public async Task Clients_with_different_prefixes_share_an_account_and_no_queue()
    {
        AzureTaskQueue blue = AzuriteFixture.Open(_account, "blue-");
        AzureTaskQueue green = AzuriteFixture.Open(_account, "green-");
        await blue.SendAsync(Tasks, Encoding.UTF8.GetBytes("x"), TimeSpan.Zero, s_never);
        Assert.Equal(0, await green.CountAsync(Tasks, s_never));
        Assert.Equal(0, await _queue.CountAsync(Tasks, s_never));
        Assert.Equal("x", Text(await _queue.ReceiveAsync("blue-map-tasks", s_lease, TimeSpan.Zero, s_never)));
    }

    [Fact]
    public async Task Name_too_long_with_its_prefix_is_refused()
    {
        AzureTaskQueue prefixed = AzuriteFixture.Open(_account, "blue-");
        Assert.Equal(0, await prefixed.CountAsync(new string('q', 58), s_never));
        ArgumentException error = await Assert.ThrowsAsync<ArgumentException>(() => prefixed.CountAsync(new string('q', 59), s_never).AsTask());
        Assert.Contains("blue-", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Queue_deleted_in_mid_use_comes_to_be_again()
    {
        await SendAsync("lost");
        QueueMessage? leased = await ReceiveAsync();
        await Vendor(Tasks, QueueMessageEncoding.None).DeleteAsync();
        Assert.False(await _queue.CompleteAsync(Tasks, leased!.Receipt, s_never));
        Assert.Null(await _queue.RenewAsync(Tasks, leased.Receipt, s_lease, s_never));
        await SendAsync("sent again");
        Assert.Equal("sent again", Text(await ReceiveAsync()));
    }

    [Fact]
    public async Task Receipt_that_was_tampered_with_is_not_valid()
    {
        await SendAsync("x");
        string receipt = (await ReceiveAsync())!.Receipt;
        string[] parts = receipt.Split('.', 3);
        foreach (string other in new[] { $"{parts[0]}.{parts[1]}.AgAAAAMAAAAAAAAA", $"{parts[0]}.{parts[1]}./../x?y=z", $"{parts[0]}.{Guid.Empty}.{parts[2]}", $"{parts[0]}.{parts[1]}.", receipt[1..], $"x{receipt}" })
        {
            Assert.False(await _queue.CompleteAsync(Tasks, other, s_never));
            Assert.Null(await _queue.RenewAsync(Tasks, other, s_lease, s_never));
        }

        Assert.True(await _queue.CompleteAsync(Tasks, receipt, s_never));
    }

    [Fact]
    public void Address_shows_no_secret() =>
        Assert.Matches("^http://127.0.0.1:[0-9]+/account[0-9]+$", _queue.Endpoint);

    private static string Text(QueueMessage? message) => message is null ? "(none)" : Encoding.UTF8.GetString(message.Body.Span);

    private ValueTask SendAsync(string body) => _queue.SendAsync(Tasks, Encoding.UTF8.GetBytes(body), TimeSpan.Zero, s_never);

    private ValueTask<QueueMessage?> ReceiveAsync() => _queue.ReceiveAsync(Tasks, s_lease, Waiting.Limit, s_never);

    private QueueClient Vendor(string queue, QueueMessageEncoding encoding) => new(_account, queue, new QueueClientOptions { MessageEncoding = encoding });
}
