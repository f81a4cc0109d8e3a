using System.Text.Json.Nodes;

namespace Katanemimena.Tests.Infra.Rules;

/// <summary>Nothing is reached but what is named: user code's pods reach DNS, etcd and the storage account, and nobody calls them.</summary>
internal static class NetworkRules
{
    internal static IEnumerable<string> Violations(Cluster cluster) => [.. Policies(cluster), .. Services(cluster), .. Budgets(cluster), .. Namespaces(cluster)];

    private static IEnumerable<string> Policies(Cluster cluster)
    {
        Resource[] policies = [.. cluster.Of("NetworkPolicy")];
        if (!policies.Any(policy =>
            policy.Json.At("spec/podSelector") is JsonObject { Count: 0 } && policy.Json.List("spec/policyTypes").Count() == 2
            && policy.Json.At("spec/ingress") is null && policy.Json.At("spec/egress") is null))
        {
            yield return "no NetworkPolicy denies all by default";
        }

        foreach (Workload worker in cluster.Workloads.Where(workload => workload.IsApp && workload.Pod.Text("serviceAccountName") == "worker"))
        {
            JsonNode[] selecting = [.. policies.Where(policy => worker.Matches(policy.Json.At("spec/podSelector"))).Select(policy => policy.Json)];
            if (selecting.Any(policy => policy.List("spec/ingress").Any()))
            {
                yield return $"{worker.Id}: its pods can be called";
            }

            foreach (JsonNode rule in selecting.SelectMany(policy => policy.List("spec/egress")).Where(rule => !Allowed(cluster, rule)))
            {
                yield return $"{worker.Id}: its pods reach {rule.ToJsonString()}";
            }
        }
    }

    /// <summary>DNS in kube-system, etcd, the storage account in the cluster, or HTTPS outside of private networks.</summary>
    private static bool Allowed(Cluster cluster, JsonNode rule)
    {
        int?[] ports = [.. rule.List("ports").Select(port => port.Number("port"))];
        return ports.Length > 0 && rule.List("to").Any() && rule.List("to").All(to =>
            to.At("ipBlock") is not null ? ports.All(port => port == 443) && to.List("ipBlock/except").Any(except => except.ToString() == "169.254.0.0/16")
            : to.At("namespaceSelector") is not null ? to.Text("namespaceSelector/matchLabels/kubernetes.io~1metadata.name") == "kube-system" && ports.All(port => port == 53)
            : cluster.Workloads.Where(target => target.Matches(to.At("podSelector"))).ToList() is { Count: > 0 } targets
                && targets.All(target => target.Resource.Name is "etcd" ? ports.All(port => port == 2379) : target.Resource.Name is "azurite"));
    }

    private static IEnumerable<string> Services(Cluster cluster)
    {
        foreach (Resource service in cluster.Of("Service"))
        {
            Workload[] targets = [.. cluster.Workloads.Where(workload => workload.Matches(new JsonObject { ["matchLabels"] = service.Json.At("spec/selector")?.DeepClone() }))];
            string[] ports = [.. targets.SelectMany(target => target.Containers).SelectMany(container => container.List("ports")).Select(port => port.Text("name") ?? "")];
            if (targets.Length != 1 || service.Json.List("spec/ports").Any(port => !ports.Contains(port.Text("targetPort"))))
            {
                yield return $"{service.Id}: it does not lead to one workload that listens";
            }
        }
    }

    private static IEnumerable<string> Budgets(Cluster cluster)
    {
        Resource[] budgets = [.. cluster.Of("PodDisruptionBudget")];
        foreach (Workload workload in cluster.Workloads.Where(workload => workload.Resource.Kind is "Deployment" or "StatefulSet" && workload.Resource.Name != "azurite"))
        {
            if (budgets.Count(budget => workload.Matches(budget.Json.At("spec/selector"))) != 1)
            {
                yield return $"{workload.Id}: it has no PodDisruptionBudget of its own";
            }
        }

        foreach (Resource budget in budgets.Where(budget => !cluster.Workloads.Any(workload => workload.Matches(budget.Json.At("spec/selector")))))
        {
            yield return $"{budget.Id}: it is about no workload";
        }
    }

    private static IEnumerable<string> Namespaces(Cluster cluster)
    {
        if (cluster.Of("Namespace").SingleOrDefault()?.Json.Text("metadata/labels/pod-security.kubernetes.io~1enforce") != "restricted")
        {
            yield return "the namespace does not enforce Pod Security \"restricted\"";
        }

        foreach (Resource resource in cluster.Resources.Where(resource => resource.Kind is not ("Namespace" or "StorageClass") && resource.Json.Text("metadata/namespace") != "katanemimena"))
        {
            yield return $"{resource.Id}: it is in no namespace, or another one";
        }
    }
}
