using System.Text.Json.Nodes;

namespace Katanemimena.Tests.Infra.Rules;

/// <summary>Nothing is reached but what is named: user code's pods reach DNS, etcd and the storage account, and nobody calls them.</summary>
internal static class NetworkRules
{
    private const string PublicAddresses = "0.0.0.0/0 without 10.0.0.0/8 172.16.0.0/12 192.168.0.0/16 169.254.0.0/16";
    private static readonly string[] s_apps = ["api", "manager", "mapper", "reducer"];

    internal static IEnumerable<string> Violations(Cluster cluster) => [.. Policies(cluster), .. Services(cluster), .. Budgets(cluster), .. Namespaces(cluster)];

    private static IEnumerable<string> Policies(Cluster cluster)
    {
        Resource[] policies = [.. cluster.Of("NetworkPolicy")];
        string[] denied = policies.Any(policy =>
            policy.Json.At("spec/podSelector") is JsonObject { Count: 0 } && policy.Json.List("spec/policyTypes").Count() == 2
            && policy.Json.At("spec/ingress") is null && policy.Json.At("spec/egress") is null)
            ? [] : ["no NetworkPolicy denies all by default"];
        string[] allowed = [.. Reach.Allowed(cluster)];
        string[] wanted = [.. Wanted(cluster)];
        return [.. denied, .. allowed.Except(wanted).Select(line => $"policies allow '{line}', which is not wanted"), .. wanted.Except(allowed).Select(line => $"no policy allows '{line}'")];
    }

    /// <summary>All that is to be allowed, in the words of <see cref="Reach"/>: DNS for all, etcd and the storage account for the apps, the API for anybody.</summary>
    private static IEnumerable<string> Wanted(Cluster cluster)
    {
        string[] names = [.. cluster.Workloads.Select(workload => workload.Resource.Name)];
        bool emulated = names.Contains("azurite");
        return
        [
            .. from name in names from protocol in new[] { "TCP", "UDP" } select $"{name} > @kube-system:53/{protocol}",
            .. from client in s_apps.Append("etcd-users") from line in new[] { $"{client} > etcd:2379/TCP", $"etcd < {client}:2379/TCP" } select line,
            "etcd > etcd:2380/TCP", "etcd < etcd:2380/TCP",
            "api < anywhere:8080/TCP",
            .. from app in s_apps where !emulated select $"{app} > {PublicAddresses}:443/TCP",
            .. from app in s_apps from port in new[] { 10000, 10001 } from line in new[] { $"{app} > azurite:{port}/TCP", $"azurite < {app}:{port}/TCP" } where emulated select line,
            .. emulated ? ["azurite < @keda:10001/TCP"] : Array.Empty<string>(),
        ];
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

            foreach (Workload target in targets.Where(target => target.IsApp && service.Json.Text("spec/clusterIP") != "None" && Workload.StopDelay(target.Containers.First()) is < 5 or > 10))
            {
                yield return $"{target.Id}: it stops before its callers know: no sleep of 5 to 10 s before";
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
