using System.Text.Json.Nodes;

namespace Katanemimena.Tests.Infra;

/// <summary>All objects of an overlay, as kubectl renders them.</summary>
internal sealed record Cluster(IReadOnlyList<Resource> Resources)
{
    private static readonly Dictionary<string, string> s_rendered = [];
    private static readonly Lock s_lock = new();

    /// <summary>The overlays, by the folders that there are.</summary>
    internal static IReadOnlyList<string> Overlays { get; } =
        [.. Directory.EnumerateDirectories(Path.Join(Repository.Root, "infra/k8s/overlays")).Select(folder => Path.GetFileName(folder)).Order(StringComparer.Ordinal)];

    internal IEnumerable<Workload> Workloads =>
        Resources.SelectMany(resource => resource.Template is { } template ? new[] { new Workload(resource, template) } : []);

    internal IEnumerable<Resource> Of(params string[] kinds) => Resources.Where(resource => kinds.Contains(resource.Kind));

    internal Resource? Find(string id) => Resources.SingleOrDefault(resource => resource.Id == id);

    /// <summary>An overlay; a fresh copy each time.</summary>
    internal static Cluster Render(string overlay) => RenderFolder($"infra/k8s/overlays/{overlay}");

    /// <summary>What a folder has a kustomization for.</summary>
    internal static Cluster RenderFolder(string folder) => new([.. Yaml.Read(TextOf(folder)).Select(json => new Resource(json))]);

    /// <summary>All objects as one JSON array.</summary>
    internal string ToJson() => new JsonArray([.. Resources.Select(resource => resource.Json.DeepClone())]).ToJsonString();

    /// <summary>What a container finds in its environment: names, with values where they stand in the manifests and null where a Secret or the pod has them.</summary>
    internal Dictionary<string, string?> EnvironmentOf(JsonNode container)
    {
        Dictionary<string, string?> all = [];
        foreach (JsonNode source in container.List("envFrom"))
        {
            foreach ((string name, JsonNode? value) in Find($"ConfigMap/{source.Text("configMapRef/name")}")?.Json.Map("data") ?? [])
            {
                all[name] = value?.ToString();
            }
        }

        foreach (JsonNode variable in container.List("env"))
        {
            all[variable.Text("name")!] = variable.Text("value");
        }

        return all;
    }

    private static string TextOf(string folder)
    {
        lock (s_lock)
        {
            if (!s_rendered.TryGetValue(folder, out string? text))
            {
                Finished rendering = Command.Run("kubectl", ["kustomize", folder]);
                s_rendered[folder] = text = rendering.Code == 0 ? rendering.Output : throw new InvalidOperationException($"{folder}: {rendering.Error}");
            }

            return text;
        }
    }
}
