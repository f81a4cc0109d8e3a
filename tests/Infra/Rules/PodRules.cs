using System.Text.Json.Nodes;

namespace Katanemimena.Tests.Infra.Rules;

/// <summary>Pods have no rights they do not need, limits on all they take, and probes.</summary>
internal static class PodRules
{
    private static readonly string[] s_measured = ["cpu", "memory", "ephemeral-storage"];

    internal static IEnumerable<string> Violations(Cluster cluster) =>
        cluster.Workloads.SelectMany(workload => Of(cluster, workload).Select(violation => $"{workload.Id}: {violation}"));

    private static IEnumerable<string> Of(Cluster cluster, Workload workload)
    {
        JsonNode? pod = workload.Pod;
        if (cluster.Find($"ServiceAccount/{pod.Text("serviceAccountName")}") is not { } account || !account.Json.Is("automountServiceAccountToken", false))
        {
            yield return "it has no service account of its own that mounts no token";
        }

        if (!pod.Is("automountServiceAccountToken", false))
        {
            yield return "a token is mounted";
        }

        if (!pod.Is("enableServiceLinks", false))
        {
            yield return "variables of Services are set, such as ETCD_PORT";
        }

        if (!pod.Is("securityContext/runAsNonRoot", true) || pod.Number("securityContext/runAsUser") is not > 0 || pod.Number("securityContext/runAsGroup") is not > 0)
        {
            yield return "it may run as root";
        }

        if (pod.Text("securityContext/seccompProfile/type") is not ("RuntimeDefault" or "Localhost"))
        {
            yield return "it has no seccomp profile";
        }

        foreach (string shared in new[] { "hostNetwork", "hostPID", "hostIPC" }.Where(name => pod.At(name) is not null))
        {
            yield return $"it has {shared}";
        }

        foreach (JsonNode volume in pod.List("volumes").Where(volume => volume.At("hostPath") is not null))
        {
            yield return $"the volume {volume.Text("name")} is a folder of the node";
        }

        foreach (string violation in workload.AllContainers.SelectMany(container => OfContainer(workload, container).Select(violation => $"{container.Text("name")}: {violation}")))
        {
            yield return violation;
        }
    }

    private static IEnumerable<string> OfContainer(Workload workload, JsonNode container)
    {
        JsonNode? security = container.At("securityContext");
        if (!security.Is("allowPrivilegeEscalation", false) || security.At("privileged") is not null)
        {
            yield return "it may gain privileges";
        }

        if (!security.Is("readOnlyRootFilesystem", true))
        {
            yield return "its root is writable";
        }

        if (!security.List("capabilities/drop").Any(name => name.ToString() == "ALL") || security.At("capabilities/add") is not null)
        {
            yield return "it keeps capabilities";
        }

        foreach (string kind in new[] { "requests", "limits" })
        {
            foreach (string what in s_measured.Where(what => container.At($"resources/{kind}/{what}") is null))
            {
                yield return $"it has no {kind} of {what}";
            }
        }

        string image = container.Text("image") ?? "";
        if (!image.Contains(':', StringComparison.Ordinal) || image.EndsWith(":latest", StringComparison.Ordinal))
        {
            yield return $"the image '{image}' has no fixed version";
        }

        if (workload.Serves && workload.Containers.Contains(container))
        {
            foreach (string probe in new[] { "startupProbe", "livenessProbe", "readinessProbe" }.Where(probe => container.At(probe) is null))
            {
                yield return $"it has no {probe}";
            }

            foreach (string path in new[] { "startupProbe", "livenessProbe", "readinessProbe" }.Select(probe => container.Text($"{probe}/httpGet/path")).OfType<string>())
            {
                if (workload.IsApp && path != "/" && !Sources.Functions.Any(function => function.Route is { } route && path == $"/api/{route}"))
                {
                    yield return $"no function answers the probe of {path}";
                }
            }
        }

        foreach (string mount in container.List("volumeMounts").Select(mount => mount.Text("name")!))
        {
            if (!workload.Pod.List("volumes").Concat(workload.Resource.Json.List("spec/volumeClaimTemplates").Select(claim => claim.At("metadata")!)).Any(volume => volume.Text("name") == mount))
            {
                yield return $"it mounts {mount}, which the pod does not have";
            }
        }
    }
}
