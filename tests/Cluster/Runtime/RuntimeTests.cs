using System.Text;
using Azure.Storage.Queues;
using Katanemimena.Core;
using Katanemimena.Tests.Cluster.Running;
using Katanemimena.Tests.Contracts;

namespace Katanemimena.Tests.Cluster.Runtime;

/// <summary>Both apps under the runtime's side of the custom-handler protocol. Half of the members are handed every message twice at once.</summary>
public sealed class RuntimeTests : IAsyncLifetime
{
    /// <summary>Three deliveries are allowed; a few more deaths, since several messages and their copies are about.</summary>
    private const int DeathsMax = 10;

    // Gates are files on the volume, which code in a sandbox does not see.
    private readonly RuntimeCluster _cluster = new() { Sandbox = "off" };

    public ValueTask InitializeAsync() => _cluster.InitializeAsync();

    public ValueTask DisposeAsync() => _cluster.DisposeAsync();

    [Fact]
    public async Task All_samples_at_once_give_the_bytes_expected()
    {
        List<SampleJob> jobs = await SampleJob.SubmitAllAsync(_cluster);
        foreach (SampleJob job in jobs)
        {
            byte[] result = await _cluster.ResultAsync(job.Id, job.Format);
            Assert.True(job.Expected.AsSpan().SequenceEqual(result), $"{job.Name} gave other bytes");
        }

        Assert.Contains(_cluster.Workers, worker => worker.Invoker.InFlightMax >= 10);
        RequireNoViolation();
    }

    [Fact]
    public async Task Job_ends_well_though_every_handler_is_killed_in_mid_task()
    {
        GatedJob gated = await GatedJob.SubmitAsync(_cluster);
        await Task.WhenAll(_cluster.All.Select(member => member.RestartHandlerAsync()));
        gated.Open();
        await gated.ExpectAsync();
        RequireNoViolation();
    }

    [Fact]
    public async Task Job_ends_well_though_a_pod_is_gone_with_its_messages_hidden_for_ten_minutes()
    {
        GatedJob gated = await GatedJob.SubmitAsync(_cluster);
        RuntimeDouble gone = _cluster.Workers[0];
        _cluster.Workers.RemoveAt(0);
        await gone.DisposeAsync();
        gated.Open();
        await gated.ExpectAsync();
        RequireNoViolation();
    }

    [Theory]
    [InlineData("stage", """{"job":"manager-0-999","Id":"not the queue's","DequeueCount":-7,"PopReceipt":{"a":[1]},"sys":"x","Data":null}""")]
    [InlineData("stage", "no JSON")]
    [InlineData("map-tasks", """{"Metadata":{"x":1},"Data":{"message":"y"}}""")]
    [InlineData("map-tasks", "\"a string that is JSON\"")]
    [InlineData("reduce-tasks", "[1,2]")]
    public async Task Message_that_is_none_of_ours_is_done_with_whatever_it_overwrites(string queue, string text)
    {
        var client = new QueueClient(_cluster.Storage, queue);
        await client.CreateIfNotExistsAsync();
        await client.SendMessageAsync(Convert.ToBase64String(Encoding.UTF8.GetBytes(text)));
        await Waiting.UntilAsync(async () => (await client.GetPropertiesAsync()).Value.ApproximateMessagesCount == 0, $"the message leaves {queue}");
        RequireNoViolation();
    }

    [Fact]
    public async Task Message_that_is_not_base64_goes_to_the_poison_queue_without_a_call()
    {
        var client = new QueueClient(_cluster.Storage, "map-tasks");
        await client.CreateIfNotExistsAsync();
        await client.SendMessageAsync("*** no base64 ***");
        await Waiting.UntilAsync(async () => (await client.GetPropertiesAsync()).Value.ApproximateMessagesCount == 0, "the message leaves map-tasks");
        RequireNoViolation();
    }

    [Fact]
    public async Task Task_whose_handler_dies_at_every_delivery_fails_its_job_through_the_poison_queue()
    {
        GatedJob gated = await GatedJob.SubmitAsync(_cluster, attempts: 1);
        JobState? state = null;
        for (int death = 0; death < DeathsMax && state is not { Ended: true }; death++)
        {
            await gated.BegunAsync(orEnded: async () => (state = await _cluster.StateAsync(gated.Job)) is { Ended: true });
            gated.ForgetBegun();
            await Task.WhenAll(_cluster.Workers.Select(worker => worker.RestartHandlerAsync()));
        }

        state = await _cluster.EndAsync(gated.Job);
        Assert.Equal(JobPhase.Failed, state.Phase);
        Assert.Contains("delivered as often as a queue allows", state.Error, StringComparison.Ordinal);
        gated.Open();
        RequireNoViolation();
    }

    private void RequireNoViolation() => Assert.Empty(_cluster.All.SelectMany(member => member.Invoker.Violations));
}
