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

        foreach (string shared in new[] { "hostNetwork", "hostPID", "hostIPC" }.Where(name => pod.At(name) is not null))
        {
            yield return $"it has {shared}";
        }

        foreach (JsonNode volume in pod.List("volumes").Where(volume => volume.At("hostPath") is not null))
        {
            yield return $"the volume {volume.Text("name")} is a folder of the node";
        }

        foreach (JsonNode volume in pod.List("volumes").Where(volume => volume.At("emptyDir") is not null && volume.At("emptyDir/sizeLimit") is null))
        {
            yield return $"the volume {volume.Text("name")} has no limit of its size";
        }

        foreach (string violation in workload.AllContainers.SelectMany(container => OfContainer(cluster, workload, container).Select(violation => $"{container.Text("name")}: {violation}")))
        {
            yield return violation;
        }
    }

    /// <summary>What a probe of a workload asks where none of its functions has an HTTP trigger.</summary>
    private static string? NoFunction(Workload workload) => workload.Pod.Text("serviceAccountName") == "worker" ? "/" : null;

    private static IEnumerable<string> OfContainer(Cluster cluster, Workload workload, JsonNode container)
    {
        JsonNode? security = container.At("securityContext");
        string? Effective(string name) => security.Text(name) ?? workload.Pod.Text($"securityContext/{name}"); // a container's own goes before its pod's
        if (Effective("runAsNonRoot") != "true" || !int.TryParse(Effective("runAsUser"), out int user) || user <= 0 || !int.TryParse(Effective("runAsGroup"), out int group) || group <= 0)
        {
            yield return "it may run as root";
        }

        if (Effective("seccompProfile/type") is not ("RuntimeDefault" or "Localhost") || Effective("appArmorProfile/type") == "Unconfined" || security.At("procMount") is not null)
        {
            yield return "it has no seccomp profile, or less than the runtime's other ones";
        }

        if (container.List("ports").Any(port => port.At("hostPort") is not null))
        {
            yield return "it takes a port of the node";
        }

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
                if (workload.IsApp && path != NoFunction(workload) && !NameRules.FunctionsOf(cluster, workload).Any(name => Sources.Functions.Any(function => function.Name == name && path == $"/api/{function.Route}")))
                {
                    yield return $"no function answers the probe of {path}";
                }

                if (path == "/api/readyz")
                {
                    yield return "a probe asks for what all pods share, which would take all of them out at once";
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
