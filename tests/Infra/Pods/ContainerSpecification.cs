using System.Text.Json.Nodes;

namespace Katanemimena.Tests.Infra.Pods;

/// <summary>Turns a container of a manifest into an OCI runtime specification, as the kubelet and containerd do.</summary>
/// <param name="defaults">What containerd runs where nothing is said.</param>
internal sealed class ContainerSpecification(JsonNode defaults)
{
    private const int CpuPeriod = 100_000; // microseconds

    /// <summary>The specification of one container.</summary>
    /// <param name="pod">The manifest's <c>spec</c> of the pod.</param>
    /// <param name="container">One of its containers.</param>
    /// <param name="image">What it is made from.</param>
    /// <param name="environment">All variables, in order.</param>
    /// <param name="mounts">Folders and files of this machine by path in the container, and whether they are read-only.</param>
    /// <param name="host">The pod's name, the file of its network namespace, and a name for its control group.</param>
    internal JsonNode Of(JsonNode pod, JsonNode container, Image image, IEnumerable<string> environment, IEnumerable<(string Path, string Source, bool ReadOnly)> mounts, (string Name, string Network, string Group) host)
    {
        JsonNode spec = defaults.DeepClone();
        string? Security(string name) => container.Text($"securityContext/{name}") ?? pod.Text($"securityContext/{name}");
        int user = int.Parse(Security("runAsUser") ?? "0");
        if (Security("runAsNonRoot") == "true" && user == 0)
        {
            throw new InvalidOperationException($"{host.Name}: it would run as root");
        }

        spec.Set("hostname", host.Name);
        spec.Set("root", new JsonObject { ["path"] = image.Root, ["readonly"] = container.Is("securityContext/readOnlyRootFilesystem", true) });
        spec.Set("process/args", Texts([.. Command(container, image)]));
        spec.Set("process/cwd", image.Folder);
        spec.Set("process/env", Texts([.. environment]));
        spec.Set("process/user", new JsonObject { ["uid"] = user, ["gid"] = int.Parse(Security("runAsGroup") ?? "0"), ["additionalGids"] = new JsonArray([.. Numbers(pod.Text("securityContext/fsGroup"))]) });
        spec.Set("process/noNewPrivileges", container.Is("securityContext/allowPrivilegeEscalation", false));
        spec.Set("process/rlimits", null);
        if (container.List("securityContext/capabilities/drop").Any(name => name.ToString() == "ALL"))
        {
            spec.Set("process/capabilities", new JsonObject { ["bounding"] = new JsonArray(), ["effective"] = new JsonArray(), ["permitted"] = new JsonArray() });
        }

        if (Security("seccompProfile/type") != "RuntimeDefault")
        {
            spec.Set("linux/seccomp", null);
        }

        double processors = Quantity.Of(container.Text("resources/limits/cpu")!);
        spec.Set("linux/resources/memory", new JsonObject { ["limit"] = (long)Quantity.Of(container.Text("resources/limits/memory")!) });
        spec.Set("linux/resources/cpu", new JsonObject { ["quota"] = (long)(processors * CpuPeriod), ["period"] = CpuPeriod });
        spec.Set("linux/cgroupsPath", $"/{host.Group}");
        spec.List("linux/namespaces").Single(space => space.Text("type") == "network").Set("path", host.Network);
        foreach ((string path, string source, bool readOnly) in image.Mounts.Select(mount => (mount.Key, mount.Value, true)).Concat(mounts))
        {
            spec.Set("mounts/-", new JsonObject { ["destination"] = path, ["type"] = "bind", ["source"] = source, ["options"] = Texts("rbind", readOnly ? "ro" : "rw") });
        }

        return spec;
    }

    private static IEnumerable<string> Command(JsonNode container, Image image) =>
        (container.At("command") is null ? image.Entrypoint : container.List("command").Select(part => part.ToString())).Concat(container.List("args").Select(part => part.ToString()));

    private static JsonArray Texts(params string[] texts) => new([.. texts.Select(text => JsonValue.Create(text))]);

    private static IEnumerable<JsonNode> Numbers(string? text) => text is null ? [] : [JsonValue.Create(int.Parse(text))];
}
