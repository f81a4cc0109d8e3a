using Katanemimena.Api;
using Katanemimena.Core;
using Katanemimena.Orchestration;
using Katanemimena.Tests.Unit.Orchestration;
using Katanemimena.TriggerHost;
using Katanemimena.Wire;
using Xunit;

namespace Katanemimena.Tests.Unit.Api.Jobs;

/// <summary>Messages to the manager that fail again and again become no more, and come to an end.</summary>
public sealed class StagePoisonTests
{
    [Fact]
    public async Task Job_is_looked_at_again_once_after_a_while()
    {
        await using JobServer server = await JobServer.StartAsync(new JobServerOptions { Workers = false });
        JobDetail job = await SubmitAsync(server);
        await HandleAsync(server, new StageMessage(job.Id));
        Assert.Equal(1, await server.Queue.CountAsync("stage", default));
        Assert.Null(await server.Queue.ReceiveAsync("stage", TimeSpan.FromSeconds(30), TimeSpan.Zero, default));
        Assert.Contains("is looked at again", LineOf(server, job.Id), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Message_of_a_second_look_ends_here()
    {
        await using JobServer server = await JobServer.StartAsync(new JobServerOptions { Workers = false });
        JobDetail job = await SubmitAsync(server);
        await HandleAsync(server, new StageMessage(job.Id, Restart: true));
        Assert.Equal(0, await server.Queue.CountAsync("stage", default));
        Assert.Contains("a second look at the job already", LineOf(server, job.Id), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("state", false, "{\"phase\":")]
    [InlineData("state", true, "{\"phase\":\"nonsense\"}")]
    [InlineData("state", false, "null")]
    [InlineData("spec", false, "\0\0\0\0")]
    public async Task Damaged_job_gets_no_more_messages_and_the_log_names_the_key_and_what_to_do(string record, bool restart, string damage)
    {
        await using JobServer server = await JobServer.StartAsync(new JobServerOptions { Workers = false });
        JobDetail job = await SubmitAsync(server);
        string key = record == "state" ? JobKeys.State(Id(job)) : JobKeys.Spec(Id(job));
        await server.Store.TransactAsync(new Transaction { Writes = [new KeyWrite.Put(key, System.Text.Encoding.UTF8.GetBytes(damage))] }, default);
        await HandleAsync(server, new StageMessage(job.Id, restart));
        Assert.Equal(0, await server.Queue.CountAsync("stage", default));
        string line = LineOf(server, job.Id);
        Assert.Contains($"{key} is damaged", line, StringComparison.Ordinal);
        Assert.Contains(JobKeys.Open(Id(job)), line, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_is_of_no_job_that_could_be_looked_at_is_let_go()
    {
        await using JobServer server = await JobServer.StartAsync(new JobServerOptions { Workers = false });
        await HandleAsync(server, new StageMessage("m0-5"));
        Assert.Contains("no such job", LineOf(server, "m0-5"), StringComparison.Ordinal);
        await Function(server).Handle("nonsense"u8.ToArray(), default);
        Assert.Contains("is of no job, and is let go", server.Api.Log.Text, StringComparison.Ordinal);
        Assert.Equal(0, await server.Queue.CountAsync("stage", default));
    }

    [Fact]
    public async Task Store_that_is_away_leaves_the_message_to_be_delivered_again()
    {
        LoneWorker.FailingStore? store = null;
        await using JobServer server = await JobServer.StartAsync(new JobServerOptions { Workers = false, Store = inner => store = new LoneWorker.FailingStore(inner) });
        JobDetail job = await SubmitAsync(server);
        store!.FailRangesOf = JobKeys.State(Id(job));
        await Assert.ThrowsAsync<TransientFault>(() => HandleAsync(server, new StageMessage(job.Id)).AsTask());
        Assert.Equal(0, await server.Queue.CountAsync("stage", default));
    }

    private static JobId Id(JobDetail job) => JobId.TryParse(job.Id, out JobId id) ? id : throw new InvalidOperationException(job.Id);

    /// <summary>Submits a job whose own message is taken from the queue.</summary>
    private static async Task<JobDetail> SubmitAsync(JobServer server)
    {
        JobDetail job = await server.SubmitAsync(await server.Api.TokenAsync("ann"), JobForm.WordCount());
        QueueMessage? own = await server.Queue.ReceiveAsync("stage", TimeSpan.FromMinutes(1), TimeSpan.Zero, default);
        Assert.True(await server.Queue.CompleteAsync("stage", own!.Receipt, default));
        return job;
    }

    private static string LineOf(JobServer server, string job) =>
        Assert.Single(server.Api.Log.Text.Split('\n'), line => line.Contains($"to the manager of job {job} ", StringComparison.Ordinal));

    private static QueueFunction Function(JobServer server) =>
        JobFunctions.All(server.Endpoints, () => server.Api.Rig.First, "any", server.Api.Log).Single(function => function.Name == "StagePoison");

    private static ValueTask HandleAsync(JobServer server, StageMessage message) => Function(server).Handle(message.Write(), default);
}
