using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Katanemimena.Tests.Infra.Pods;

/// <summary>Reads out of a workload what its pods are given: variables and volumes.</summary>
/// <param name="cluster">The rendered manifests.</param>
/// <param name="kept">A folder of what infra/up makes: of each Secret and ConfigMap a folder, with a file for each key.</param>
/// <param name="scratch">Where pods' own folders are made.</param>
internal sealed partial class PodTemplate(Cluster cluster, string kept, string scratch)
{
    private const int FileMode = 0b110_100_100; // Kubernetes' default for files of a ConfigMap or Secret

    /// <summary>The variables of a container: the image's, those of <c>envFrom</c>, those of <c>env</c>, with <c>$(NAME)</c> put in.</summary>
    internal IEnumerable<string> Environment(JsonNode container, Image image, string pod)
    {
        Dictionary<string, string> all = new() { ["HOSTNAME"] = pod };
        foreach (string[] variable in image.Environment.Select(line => line.Split('=', 2)))
        {
            all[variable[0]] = variable[1];
        }

        foreach (JsonNode source in container.List("envFrom"))
        {
            foreach ((string name, JsonNode? value) in cluster.Find($"ConfigMap/{source.Text("configMapRef/name")}")!.Json.Map("data"))
            {
                all[name] = value!.ToString();
            }
        }

        foreach (JsonNode variable in container.List("env"))
        {
            if (Value(variable, pod) is { } value)
            {
                all[variable.Text("name")!] = Reference.Replace(value, name => all[name.Groups[1].Value]);
            }
        }

        return all.Select(entry => $"{entry.Key}={entry.Value}");
    }

    /// <summary>The volumes of a container, made where they are not there yet, with the pod's group as the kubelet gives it.</summary>
    internal IEnumerable<(string Path, string Source, bool ReadOnly)> Mounts(Workload workload, JsonNode container, string pod)
    {
        int group = workload.Pod.Number("securityContext/fsGroup") ?? 0;
        foreach (JsonNode mount in container.List("volumeMounts"))
        {
            string name = mount.Text("name")!;
            JsonNode? volume = workload.Pod.List("volumes").SingleOrDefault(volume => volume.Text("name") == name);
            bool claimed = workload.Resource.Json.List("spec/volumeClaimTemplates").Any(claim => claim.Text("metadata/name") == name);
            string source =
                claimed ? Folder($"claims/{name}-{pod}", group)
                : volume.Text("persistentVolumeClaim/claimName") is { } claim ? Folder($"claims/{claim}", group)
                : volume.At("emptyDir") is not null ? Folder($"pods/{pod}/{name}", group)
                : volume.Text("configMap/name") is { } map ? Files($"pods/{pod}/{name}", map, Convert.ToString(volume.Number("configMap/defaultMode") ?? FileMode, 8), group)
                : volume.Text("secret/secretName") is { } secret ? Files($"pods/{pod}/{name}", secret, Convert.ToString(volume.Number("secret/defaultMode") ?? FileMode, 8), group)
                : throw new InvalidOperationException($"{pod}: the volume '{name}' is of no known kind");
            yield return (mount.Text("mountPath")!, source, mount.Is("readOnly", true) || volume.At("configMap") is not null || volume.At("secret") is not null);
        }
    }

    private string? Value(JsonNode variable, string pod)
    {
        if (variable.At("valueFrom") is not { } from)
        {
            return variable.Text("value");
        }

        if (from.Text("fieldRef/fieldPath") is { } field)
        {
            return field == "metadata.name" ? pod : throw new InvalidOperationException($"{pod}: the field {field} is not known");
        }

        if (from.At("configMapKeyRef") is { } map)
        {
            return cluster.Find($"ConfigMap/{map.Text("name")}")!.Json.Text($"data/{map.Text("key")}");
        }

        JsonNode secret = from["secretKeyRef"]!;
        string file = Path.Join(kept, secret.Text("name"), secret.Text("key"));
        return File.Exists(file) ? File.ReadAllText(file)
            : secret.Is("optional", true) ? null
            : throw new InvalidOperationException($"{pod}: there is no {file}");
    }

    private string Folder(string name, int group)
    {
        string folder = Path.Join(scratch, name);
        if (!Directory.Exists(folder))
        {
            Directory.CreateDirectory(folder);
            Own(folder, "2775", group);
        }

        return folder;
    }

    private string Files(string name, string source, string mode, int group)
    {
        string folder = Path.Join(scratch, name);
        Directory.CreateDirectory(folder);
        IEnumerable<(string Name, string Text)> files = cluster.Find($"ConfigMap/{source}") is { } map
            ? map.Json.Map("data").Select(file => (file.Key, file.Value!.ToString()))
            : Directory.EnumerateFiles(Path.Join(kept, source)).Select(file => (Path.GetFileName(file), File.ReadAllText(file)));
        foreach ((string file, string text) in files)
        {
            File.WriteAllText(Path.Join(folder, file), text);
            Own(Path.Join(folder, file), mode, group);
        }

        return folder;
    }

    private static void Own(string path, string mode, int group)
    {
        Command.Must("chown", [$"0:{group}", path]);
        Command.Must("chmod", [mode, path]);
    }

    [GeneratedRegex(@"\$\(([A-Za-z_]+)\)")]
    private static partial Regex Reference { get; }
}
