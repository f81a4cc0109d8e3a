using System.Text.Json.Nodes;

namespace Katanemimena.Tests.Infra.Rules;

/// <summary>What policies allow, as lines that can be compared: who, a direction, whom, and port.</summary>
internal static class Reach
{
    /// <summary>All that the policies of a cluster allow: <c>mapper > etcd:2379/TCP</c> is what a mapper may call, <c>etcd &lt; mapper:2379/TCP</c> from whom etcd may be called.</summary>
    /// <exception cref="NotSupportedException">A selector has an operator that is not one of Kubernetes'.</exception>
    internal static IEnumerable<string> Allowed(Cluster cluster) =>
    [
        .. from workload in cluster.Workloads
           from policy in cluster.Of("NetworkPolicy")
           where workload.Matches(policy.Json.At("spec/podSelector"))
           from line in Lines(cluster, workload, policy.Json, "Egress", "egress", "to", '>').Concat(Lines(cluster, workload, policy.Json, "Ingress", "ingress", "from", '<'))
           select line,
    ];

    private static IEnumerable<string> Lines(Cluster cluster, Workload workload, JsonNode policy, string type, string rules, string peers, char arrow) =>
        from rule in policy.List("spec/policyTypes").Any(listed => listed.ToString() == type) ? policy.List($"spec/{rules}") : []
        from peer in rule.List(peers).Any() ? rule.List(peers).SelectMany(peer => Names(cluster, peer)) : ["anywhere"]
        from port in rule.List("ports").Any() ? rule.List("ports").Select(port => Name(workload, port)) : ["any port"]
        select $"{workload.Resource.Name} {arrow} {peer}:{port}";

    /// <summary>Workloads of the cluster by name, a namespace as <c>@name</c>, a range of addresses with what is left out, and anything else as it stands.</summary>
    private static string[] Names(Cluster cluster, JsonNode peer)
    {
        if (peer is JsonObject { Count: 1 } && peer.At("podSelector") is { } selector)
        {
            string[] names = [.. cluster.Workloads.Where(target => target.Matches(selector)).Select(target => target.Resource.Name)];
            return names.Length > 0 ? names : [peer.ToJsonString()];
        }

        return
        [
            peer is JsonObject { Count: 1 } && peer.At("namespaceSelector") is JsonObject { Count: 1 } && peer.At("namespaceSelector/matchLabels") is JsonObject { Count: 1 }
                && peer.Text("namespaceSelector/matchLabels/kubernetes.io~1metadata.name") is { } space ? $"@{space}"
            : peer.Text("ipBlock/cidr") is { } range ? $"{range} without {string.Join(' ', peer.List("ipBlock/except"))}"
            : peer.ToJsonString(),
        ];
    }

    private static string Name(Workload workload, JsonNode port) =>
        port.At("endPort") is not null ? port.ToJsonString()
        : $"{workload.Containers.SelectMany(container => container.List("ports")).FirstOrDefault(listens => listens.Text("name") == port.Text("port")).Text("containerPort") ?? port.Text("port")}/{port.Text("protocol") ?? "TCP"}";
}
