using System.Text.Json.Nodes;
using Azure.Storage.Queues;

namespace Katanemimena.Tests.Infra.Pods;

/// <summary>Plays KEDA for one workload: starts as many pods as the lengths of the queues say, by the numbers of its ScaledObject or ScaledJob.</summary>
internal sealed class Scaler
{
    private readonly PodCluster _cluster;
    private readonly Resource _scaled;
    private readonly QueueServiceClient _queues;
    private readonly List<Pod> _pods = [];

    /// <param name="cluster">The cluster.</param>
    /// <param name="scaled">Kind and name: <c>ScaledObject/mapper</c>.</param>
    internal Scaler(PodCluster cluster, string scaled)
    {
        _cluster = cluster;
        _scaled = cluster.Manifests.Find(scaled)!;
        string connection = cluster.Secret("storage", "AzureWebJobsStorage");
        _queues = new QueueServiceClient(connection.Replace("azurite.katanemimena.svc", cluster.AddressOf("azurite-0"), StringComparison.Ordinal));
    }

    /// <summary>All pods that were started and not removed.</summary>
    internal IReadOnlyList<Pod> Pods => _pods;

    /// <summary>Looks once, and starts what is missing. Scales nothing in.</summary>
    internal async Task LookAsync()
    {
        int wanted = 0;
        foreach (JsonNode trigger in _scaled.Json.List("spec/triggers"))
        {
            long length = (await _queues.GetQueueClient(trigger.Text("metadata/queueName")).GetPropertiesAsync()).Value.ApproximateMessagesCount;
            wanted = Math.Max(wanted, (int)Math.Ceiling(length / double.Parse(trigger.Text("metadata/queueLength")!)));
        }

        wanted = Math.Clamp(wanted, _scaled.Json.Number("spec/minReplicaCount") ?? 0, _scaled.Json.Number("spec/maxReplicaCount")!.Value);
        bool jobs = _scaled.Kind == "ScaledJob";
        for (int running = _pods.Count(pod => pod.Container.Runs); running < wanted; running++)
        {
            string name = _cluster.NewName(_scaled.Name);
            _pods.Add(jobs ? _cluster.LaunchPod(_scaled.Id, name) : await _cluster.StartPodAsync($"Deployment/{_scaled.Json.Text("spec/scaleTargetRef/name")}", name));
        }
    }

    /// <summary>Takes a pod out, as when scaling in: it is asked to stop.</summary>
    /// <returns>Its exit code.</returns>
    internal async Task<int> TakeOutAsync(Pod pod)
    {
        _pods.Remove(pod);
        return await pod.Container.StopAsync();
    }
}
