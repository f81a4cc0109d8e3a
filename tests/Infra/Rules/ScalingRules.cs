using System.Globalization;
using System.Text.Json.Nodes;

namespace Katanemimena.Tests.Infra.Rules;

/// <summary>What scales finds its target, its queue and its credentials, and costs no task more than a repetition.</summary>
internal static class ScalingRules
{
    internal static IEnumerable<string> Violations(Cluster cluster) =>
        [.. cluster.Of("ScaledObject", "ScaledJob").SelectMany(scaler => Of(cluster, scaler).Select(violation => $"{scaler.Id}: {violation}")), .. Workloads(cluster), .. QueuesExist(cluster)];

    /// <summary>The replicas that a workload never has less of.</summary>
    internal static int LeastReplicas(Cluster cluster, Workload workload) =>
        workload.Resource.Kind == "ScaledJob" ? 0
        : ScalerOf(cluster, workload.Resource) is { } scaler ? scaler.Json.Number("spec/minReplicaCount") ?? 0
        : workload.Resource.Json.Number("spec/replicas") ?? 1;

    private static Resource? ScalerOf(Cluster cluster, Resource target) =>
        cluster.Of("ScaledObject").SingleOrDefault(scaler => $"{scaler.Json.Text("spec/scaleTargetRef/kind")}/{scaler.Json.Text("spec/scaleTargetRef/name")}" == target.Id);

    private static IEnumerable<string> Of(Cluster cluster, Resource scaler)
    {
        JsonNode json = scaler.Json;
        if (json.Number("spec/pollingInterval") is not (> 0 and <= 5))
        {
            yield return "it looks at its queues less often than every 5 s";
        }

        if (json.Number("spec/maxReplicaCount") is not { } most || most <= (json.Number("spec/minReplicaCount") ?? 0))
        {
            yield return "it has no limit above its least replicas";
        }

        foreach (JsonNode trigger in json.List("spec/triggers"))
        {
            if (trigger.Text("type") != "azure-queue" || trigger.Text("metadata/queueLengthStrategy") != "all")
            {
                yield return "a trigger does not count the messages that are in work";
            }

            if (cluster.Find($"TriggerAuthentication/{trigger.Text("authenticationRef/name")}") is not { } authentication)
            {
                yield return "a trigger has no credentials";
            }
            else if (authentication.Json.At("spec/podIdentity") is not null && trigger.At("metadata/accountName") is null)
            {
                yield return "a trigger that uses an identity does not name the account";
            }
        }

        foreach (string violation in scaler.Kind == "ScaledJob" ? OfJob(scaler) : OfObject(cluster, scaler))
        {
            yield return violation;
        }
    }

    private static IEnumerable<string> OfObject(Cluster cluster, Resource scaler)
    {
        string target = $"{scaler.Json.Text("spec/scaleTargetRef/kind")}/{scaler.Json.Text("spec/scaleTargetRef/name")}";
        if (cluster.Find(target) is not { } found)
        {
            yield return $"there is no {target}";
        }
        else if (found.Json.At("spec/replicas") is not null)
        {
            yield return $"{target} sets replicas, which would undo the scaling each time it is applied";
        }

        if (scaler.Json.Number("spec/advanced/horizontalPodAutoscalerConfig/behavior/scaleDown/stabilizationWindowSeconds") is not >= 60)
        {
            yield return "it scales in within a minute";
        }
    }

    private static IEnumerable<string> OfJob(Resource scaler)
    {
        (string Path, string Value)[] wanted =
        [
            ("spec/jobTargetRef/backoffLimit", "0"), ("spec/jobTargetRef/parallelism", "1"), ("spec/jobTargetRef/template/spec/restartPolicy", "Never"),
            ("spec/rollout/strategy", "gradual"), ("spec/scalingStrategy/strategy", "default"), ("spec/successfulJobsHistoryLimit", "5"), ("spec/failedJobsHistoryLimit", "5"),
        ];
        foreach ((string path, string value) in wanted.Where(entry => scaler.Json.Text(entry.Path) != entry.Value))
        {
            yield return $"{path} is not {value}";
        }

        if (!scaler.Json.List("spec/jobTargetRef/template/spec/containers/0/command").Any(argument => argument.ToString() == "--until-empty"))
        {
            yield return "its worker does not end when the queue is empty";
        }
    }

    /// <summary>Time to drain, and as many messages in hand as tasks at once.</summary>
    private static IEnumerable<string> Workloads(Cluster cluster)
    {
        foreach (Workload workload in cluster.Workloads.Where(workload => workload.IsApp))
        {
            Dictionary<string, string?> environment = cluster.EnvironmentOf(workload.Containers.First());
            if (!TimeSpan.TryParse(environment.GetValueOrDefault("DRAIN_TIMEOUT"), CultureInfo.InvariantCulture, out TimeSpan drain)
                || workload.Pod.Number("terminationGracePeriodSeconds") is not { } grace || grace <= drain.TotalSeconds + workload.Containers.Sum(Workload.StopDelay))
            {
                yield return $"{workload.Id}: it is killed before DRAIN_TIMEOUT is over";
            }

            if (environment.GetValueOrDefault("WORKER_TASKS") is not { } tasks)
            {
                continue;
            }

            if (environment.GetValueOrDefault("AzureFunctionsJobHost__extensions__queues__batchSize") != tasks
                || environment.GetValueOrDefault("AzureFunctionsJobHost__extensions__queues__newBatchThreshold") != "0")
            {
                yield return $"{workload.Id}: it takes other than WORKER_TASKS messages at once";
            }

            Resource? scaler = workload.Resource.Kind == "ScaledJob" ? workload.Resource : ScalerOf(cluster, workload.Resource);
            if (scaler?.Json.Text("spec/triggers/0/metadata/queueLength") != tasks)
            {
                yield return $"{workload.Id}: it is scaled for other than WORKER_TASKS messages a pod";
            }
        }
    }

    private static IEnumerable<string> QueuesExist(Cluster cluster) =>
        cluster.Workloads.Any(workload => LeastReplicas(cluster, workload) > 0 && workload.Pod.List("initContainers").Any(container => container.List("command").Any(argument => argument.ToString() == "--create-queues")))
            ? []
            : ["no workload that always runs makes the queues, so nothing can be scaled on them"];
}
