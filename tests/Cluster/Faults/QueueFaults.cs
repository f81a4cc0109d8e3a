using Azure.Storage.Queues;
using Azure.Storage.Queues.Models;
using Katanemimena.Core;
using Katanemimena.Tests.Cluster.Running;

namespace Katanemimena.Tests.Cluster.Faults;

/// <summary>All messages of one queue, or of all of them, are deleted.</summary>
public sealed class MessagesDeleted : FaultSeries
{
    private static readonly string[] s_queues = ["stage", "map-tasks", "reduce-tasks"];

    /// <inheritdoc/>
    protected override async Task BreakAsync(JobId job, Random random)
    {
        int which = random.Next(s_queues.Length + 1);
        var service = new QueueServiceClient(Cluster.Storage);
        await foreach (QueueItem queue in service.GetQueuesAsync())
        {
            if (which == s_queues.Length ? s_queues.Contains(queue.Name) : queue.Name == s_queues[which])
            {
                await service.GetQueueClient(queue.Name).ClearMessagesAsync();
            }
        }
    }
}

/// <summary>Every message that a member sends arrives twice.</summary>
public sealed class MessagesDoubled : FaultSeries
{
    /// <inheritdoc/>
    protected override RunningCluster MakeCluster() => new ProxiedCluster(copies: 2);

    /// <summary>They are all the time.</summary>
    protected override Task BreakAsync(JobId job, Random random) => Task.CompletedTask;

    /// <inheritdoc/>
    protected override void CheckEnd() => Assert.True(((ProxiedCluster)Cluster).Sent > 0, "some messages have been doubled");
}
