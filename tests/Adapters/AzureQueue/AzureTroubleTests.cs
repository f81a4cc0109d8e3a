using Katanemimena.Adapters.AzureQueue;
using Katanemimena.Core;
using Katanemimena.Tests.Contracts;
using Katanemimena.Tests.Contracts.Services;
using Xunit;

namespace Katanemimena.Tests.Adapters;

/// <summary>A real service that is killed, stands still, or does not let us in.</summary>
public sealed class AzureTroubleTests(AzuriteFixture azurite) : IClassFixture<AzuriteFixture>
{
    private const string Tasks = "map-tasks";
    private static readonly TimeSpan s_lease = TimeSpan.FromSeconds(600);
    private static readonly CancellationToken s_never = CancellationToken.None;

    private AzuriteServer Server => azurite.Server;

    [Fact]
    public async Task Killed_service_is_a_transient_fault_and_works_again_when_it_is_back()
    {
        AzureTaskQueue queue = AzuriteFixture.Open(Server.NewAccount());
        await SendAsync(queue);
        QueueMessage message = (await queue.ReceiveAsync(Tasks, s_lease, Waiting.Limit, s_never))!;
        Task<QueueMessage?> waiting = queue.ReceiveAsync(Tasks, s_lease, s_lease, s_never).AsTask();
        await Server.KillAsync();
        await Assert.ThrowsAsync<TransientFault>(() => waiting.InTimeAsync());
        await Assert.ThrowsAsync<TransientFault>(() => SendAsync(queue).AsTask());
        await Assert.ThrowsAsync<TransientFault>(() => queue.ReceiveAsync(Tasks, s_lease, s_lease, s_never).AsTask());
        await Assert.ThrowsAsync<TransientFault>(() => queue.RenewAsync(Tasks, message.Receipt, s_lease, s_never).AsTask());
        await Assert.ThrowsAsync<TransientFault>(() => queue.CompleteAsync(Tasks, message.Receipt, s_never).AsTask());
        TransientFault fault = await Assert.ThrowsAsync<TransientFault>(() => queue.CountAsync(Tasks, s_never).AsTask());
        Assert.Contains("127.0.0.1", fault.Message, StringComparison.Ordinal);
        await Server.StartAsync();
        await SendAsync(queue);
        QueueMessage again = (await queue.ReceiveAsync(Tasks, s_lease, Waiting.Limit, s_never))!;
        Assert.True(await queue.CompleteAsync(Tasks, again.Receipt, s_never));
    }

    [Fact]
    public async Task Service_that_stands_still_is_a_transient_fault_in_time()
    {
        AzureTaskQueue queue = new(new AzureQueueOptions { ConnectionString = Server.NewAccount(), RequestTimeout = TimeSpan.FromSeconds(1) }, TimeProvider.System);
        Server.Pause();
        try
        {
            await Assert.ThrowsAsync<TransientFault>(() => SendAsync(queue).AsTask().InTimeAsync());
            await Assert.ThrowsAsync<TransientFault>(() => queue.ReceiveAsync(Tasks, s_lease, s_lease, s_never).AsTask().InTimeAsync());
        }
        finally
        {
            Server.Resume();
        }
    }

    [Fact]
    public async Task Waiting_on_a_service_that_stands_still_can_be_cancelled()
    {
        AzureTaskQueue queue = AzuriteFixture.Open(Server.NewAccount());
        using CancellationTokenSource source = new();
        Server.Pause();
        try
        {
            Task<QueueMessage?> waiting = queue.ReceiveAsync(Tasks, s_lease, s_lease, source.Token).AsTask();
            await source.CancelAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting.WaitAsync(TimeSpan.FromSeconds(20)));
        }
        finally
        {
            Server.Resume();
        }
    }

    /// <summary>The clock of whoever is cancelled stands still, so that a slow machine does not use up the time that a look has to end.</summary>
    [Fact]
    public async Task Message_that_a_cancelled_look_still_brings_is_given_back()
    {
        string account = Server.NewAccount();
        AzureTaskQueue other = AzuriteFixture.Open(account);
        AzureTaskQueue queue = new(new AzureQueueOptions { ConnectionString = account }, new ManualTimeProvider());
        await SendAsync(other);
        using CancellationTokenSource source = new();
        Server.Pause();
        Task<QueueMessage?> waiting = queue.ReceiveAsync(Tasks, s_lease, s_lease, source.Token).AsTask();
        await source.CancelAsync();
        Server.Resume();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting.InTimeAsync());
        QueueMessage? message = await other.ReceiveAsync(Tasks, s_lease, Waiting.Limit, s_never);
        Assert.Equal(2, message!.DequeueCount);
    }

    [Fact]
    public async Task Wrong_key_is_a_permanent_fault_that_shows_no_key()
    {
        string right = Server.NewAccount();
        await SendAsync(AzuriteFixture.Open(right));
        string key = Convert.ToBase64String("a key of another account"u8);
        AzureTaskQueue queue = AzuriteFixture.Open(Server.ConnectionString(new Uri(AzuriteFixture.Open(right).Endpoint).Segments[^1], key));
        PermanentFault fault = await Assert.ThrowsAsync<PermanentFault>(() => SendAsync(queue).AsTask());
        Assert.True(fault.OfMachine);
        Assert.Contains("key", fault.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(key, fault.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain("SharedKey", fault.ToString(), StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public async Task Unknown_account_is_a_permanent_fault_that_shows_no_key()
    {
        string key = Convert.ToBase64String("a key of no account"u8);
        AzureTaskQueue queue = AzuriteFixture.Open(Server.ConnectionString("nobody", key));
        PermanentFault fault = await Assert.ThrowsAsync<PermanentFault>(() => queue.CountAsync(Tasks, s_never).AsTask());
        Assert.Contains("no such storage account", fault.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(key, fault.ToString(), StringComparison.Ordinal);
    }

    private static ValueTask SendAsync(AzureTaskQueue queue) => queue.SendAsync(Tasks, "x"u8.ToArray(), TimeSpan.Zero, s_never);
}
