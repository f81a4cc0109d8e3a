using Katanemimena.Core;
using Katanemimena.Tests.Cluster.Running;

namespace Katanemimena.Tests.Cluster;

/// <summary>What a cluster is scaled by: queues that are there from the start, and workers that end when there is nothing to do.</summary>
public sealed class UntilEmptyTests(RunningCluster cluster) : IClassFixture<RunningCluster>
{
    [Fact]
    public async Task Worker_until_empty_does_its_tasks_and_ends_with_0()
    {
        foreach (AppProcess worker in cluster.Workers)
        {
            Assert.Equal(0, await worker.StopAsync());
        }

        string data = cluster.Write("data.txt", "a\nb\na\n");
        string code = cluster.Write("count.py", "def map(key, line):\n    yield line, 1\ndef reduce(key, values):\n    yield sum(values)\n");
        JobId job = await cluster.SubmitAsync([data], code, code);
        await using var worker2 = new AppProcess(ClusterServices.WorkerApp, cluster.Settings("worker-2")) { Arguments = ["--until-empty"] };
        await worker2.StartAsync();
        Assert.Equal("a\t2\nb\t1\n", System.Text.Encoding.UTF8.GetString(await cluster.ResultAsync(job)));
        Assert.Equal(0, await worker2.EndedAsync());
    }

    [Fact]
    public async Task Queues_are_made_by_one_call_that_ends_with_0()
    {
        Dictionary<string, string> settings = new(cluster.Settings("x")) { ["AzureWebJobsStorage"] = cluster.Azurite.NewAccount() };
        await using var app = new AppProcess(ClusterServices.ManagerApp, settings) { Arguments = ["--create-queues"] };
        Assert.Equal(0, await app.RunAsync());
        var service = new Azure.Storage.Queues.QueueServiceClient(settings["AzureWebJobsStorage"]);
        List<string> queues = [];
        await foreach (Azure.Storage.Queues.Models.QueueItem queue in service.GetQueuesAsync())
        {
            queues.Add(queue.Name);
        }

        Assert.Equal(["map-tasks", "map-tasks-poison", "reduce-tasks", "reduce-tasks-poison", "stage", "stage-poison", "submit", "submit-poison"], queues.Order());
    }

    [Fact]
    public async Task Argument_that_is_not_understood_is_refused()
    {
        await using var app = new AppProcess(ClusterServices.ManagerApp, cluster.Settings("x")) { Arguments = ["--until-dawn"] };
        Assert.Equal(2, await app.RunAsync());
        Assert.Contains("'--until-dawn' is not understood", app.Output, StringComparison.Ordinal);
    }
}
