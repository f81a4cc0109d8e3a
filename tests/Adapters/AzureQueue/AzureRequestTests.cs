using Katanemimena.Adapters.AzureQueue;
using Katanemimena.Core;
using Katanemimena.Tests.Contracts;
using Xunit;

namespace Katanemimena.Tests.Adapters;

/// <summary>What is asked of the service, how often, and what its answers mean.</summary>
public sealed class AzureRequestTests
{
    private const string Tasks = "map-tasks";
    private const string NoMessages = """<?xml version="1.0" encoding="utf-8"?><QueueMessagesList></QueueMessagesList>""";
    private static readonly CancellationToken s_never = CancellationToken.None;
    private static readonly string s_receipt = $"{DateTimeOffset.MaxValue.ToUnixTimeMilliseconds()}.{Guid.Empty}.pop";

    [Theory]
    [InlineData(408, "")]
    [InlineData(409, "QueueBeingDeleted")]
    [InlineData(429, "TooManyRequests")]
    [InlineData(500, "InternalError")]
    [InlineData(500, "OperationTimedOut")]
    [InlineData(502, "")]
    [InlineData(503, "ServerBusy")]
    public async Task Trouble_of_the_service_is_a_transient_fault_and_nothing_is_asked_twice(int status, string code)
    {
        await using StandInService service = new(status, code);
        await EachCallAsync(service, call => Assert.ThrowsAsync<TransientFault>(call));
        Assert.Equal(5, service.Requests.Count);
    }

    [Theory]
    [InlineData(400, "InvalidHeaderValue")]
    [InlineData(401, "NoAuthenticationInformation")]
    [InlineData(403, "AuthenticationFailed")]
    [InlineData(403, "AuthorizationPermissionMismatch")]
    [InlineData(403, "AuthorizationFailure")]
    [InlineData(403, "AccountIsDisabled")]
    [InlineData(404, "ResourceNotFound")]
    [InlineData(405, "")]
    public async Task Refusal_is_a_permanent_fault_of_the_machine(int status, string code)
    {
        await using StandInService service = new(status, code);
        await EachCallAsync(service, async call =>
        {
            PermanentFault fault = await Assert.ThrowsAsync<PermanentFault>(call);
            Assert.True(fault.OfMachine);
            Assert.Contains($"({status}{(code.Length > 0 ? " " : "")}{code})", fault.Message, StringComparison.Ordinal);
        });
        Assert.Equal(5, service.Requests.Count);
    }

    /// <summary>The vendor's client meets such answers with an error of its XML reader, whatever their status.</summary>
    [Theory]
    [InlineData(200, "<html><body>It works!</body>")]
    [InlineData(503, "")]
    [InlineData(503, "<html><br>Busy</html>")]
    public async Task Answer_that_is_no_answer_of_a_queue_service_is_a_transient_fault(int status, string body)
    {
        await using StandInService service = new(status, body: body);
        AzureTaskQueue queue = AzuriteFixture.Open(service.ConnectionString);
        await Assert.ThrowsAsync<TransientFault>(() => queue.ReceiveAsync(Tasks, TimeSpan.FromSeconds(60), TimeSpan.Zero, s_never).AsTask());
    }

    [Fact]
    public async Task Times_are_rounded_up_to_whole_seconds()
    {
        await using StandInService service = new(503);
        AzureTaskQueue queue = AzuriteFixture.Open(service.ConnectionString);
        await Assert.ThrowsAsync<TransientFault>(() => queue.SendAsync(Tasks, default, TimeSpan.FromMilliseconds(1), s_never).AsTask());
        await Assert.ThrowsAsync<TransientFault>(() => queue.ReceiveAsync(Tasks, TimeSpan.FromSeconds(1.2), TimeSpan.Zero, s_never).AsTask());
        await Assert.ThrowsAsync<TransientFault>(() => queue.RenewAsync(Tasks, s_receipt, TimeSpan.FromSeconds(2.9), s_never).AsTask());
        Assert.Equal(["1", "2", "3"], service.Requests.Select(request => request.Split("visibilitytimeout=")[1].Split('&')[0]));
    }

    [Fact]
    public async Task Receipt_whose_time_is_over_is_not_even_asked_about()
    {
        ManualTimeProvider clock = new();
        await using StandInService service = new(503);
        AzureTaskQueue queue = new(new AzureQueueOptions { ConnectionString = service.ConnectionString }, clock);
        string receipt = $"{clock.GetUtcNow().AddSeconds(5).ToUnixTimeMilliseconds()}.{Guid.Empty}.pop";
        await Assert.ThrowsAsync<TransientFault>(() => queue.CompleteAsync(Tasks, receipt, s_never).AsTask());
        clock.Advance(TimeSpan.FromSeconds(5));
        Assert.False(await queue.CompleteAsync(Tasks, receipt, s_never));
        Assert.Null(await queue.RenewAsync(Tasks, receipt, TimeSpan.Zero, s_never));
        Assert.Single(service.Requests);
    }

    [Fact]
    public async Task Waiting_looks_less_and_less_often_and_once_more_at_its_end()
    {
        ManualTimeProvider clock = new();
        await using StandInService service = new(200, body: NoMessages);
        AzureTaskQueue queue = new(new AzureQueueOptions { ConnectionString = service.ConnectionString }, clock);
        Task<QueueMessage?> waiting = queue.ReceiveAsync(Tasks, TimeSpan.FromSeconds(60), TimeSpan.FromSeconds(8), s_never).AsTask();
        foreach (int pauseMilliseconds in new[] { 100, 200, 400, 800, 1600, 2000, 2000, 900 })
        {
            await Waiting.UntilAsync(() => ValueTask.FromResult(clock.TimersSet == 1), "it pauses");
            int looks = service.Requests.Count;
            clock.Advance(TimeSpan.FromMilliseconds(pauseMilliseconds - 1));
            Assert.Equal((1, looks), (clock.TimersSet, service.Requests.Count));
            clock.Advance(TimeSpan.FromMilliseconds(1));
        }

        Assert.Null(await waiting.InTimeAsync());
        Assert.Equal(9, service.Requests.Count);
    }

    private static async Task EachCallAsync(StandInService service, Func<Func<Task>, Task> expect)
    {
        AzureTaskQueue queue = AzuriteFixture.Open(service.ConnectionString);
        await expect(() => queue.SendAsync(Tasks, new byte[1], TimeSpan.Zero, s_never).AsTask());
        await expect(() => queue.ReceiveAsync(Tasks, TimeSpan.FromSeconds(60), TimeSpan.FromSeconds(60), s_never).AsTask());
        await expect(() => queue.RenewAsync(Tasks, s_receipt, TimeSpan.FromSeconds(60), s_never).AsTask());
        await expect(() => queue.CompleteAsync(Tasks, s_receipt, s_never).AsTask());
        await expect(() => queue.CountAsync(Tasks, s_never).AsTask());
    }
}
