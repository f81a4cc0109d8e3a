using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Katanemimena.Tests.Infra.Rules;

/// <summary>Settings, queues, functions, Secrets and ConfigMaps that manifests name exist, and those that exist are named.</summary>
internal static partial class NameRules
{
    /// <summary>Settings that a cluster leaves as they are.</summary>
    private static readonly string[] s_left =
    [
        "DATA_FILES_ANYWHERE", // for tests
        "ETCD_CERT_FILE", "ETCD_KEY_FILE", // a file could be read by user code: accounts with passwords are used
        "KEY_ENCRYPTION_KEY_FILE", "KEY_ENCRYPTION_KEY_GENERATE", // for one machine
        "SANDBOX_BUBBLEWRAP", "SANDBOX_READS", // the image has the right one
    ];

    /// <summary>Functions that probes ask, and so run in every workload of their app.</summary>
    private static readonly string[] s_probed = ["Health"];

    internal static IEnumerable<string> Violations(Cluster cluster) =>
        [.. Settings(cluster), .. Functions(cluster), .. Queues(cluster), .. References(cluster)];

    private static IEnumerable<string> Settings(Cluster cluster)
    {
        var apps = cluster.Workloads.Where(workload => workload.IsApp).ToList();
        HashSet<string> used = [];
        foreach (Workload workload in apps)
        {
            foreach (string name in workload.AllContainers.SelectMany(container => cluster.EnvironmentOf(container).Keys).Distinct())
            {
                used.Add(name);
                if (!Sources.Settings.Contains(name) && !Sources.IsRuntimeSetting(name))
                {
                    yield return $"{workload.Id}: no code reads the setting {name}";
                }
            }
        }

        foreach (string name in Sources.Settings.Except(used).Except(s_left))
        {
            yield return $"no manifest sets {name}, which the code reads";
        }

        foreach (string name in s_left.Where(name => used.Contains(name) || !Sources.Settings.Contains(name)))
        {
            yield return $"{name} is set, or no code reads it: take it from the list of settings that are left";
        }
    }

    private static IEnumerable<string> Functions(Cluster cluster)
    {
        var runs = cluster.Workloads.Where(workload => workload.IsApp).ToDictionary(workload => workload.Id, workload => FunctionsOf(cluster, workload));
        foreach ((string workload, IReadOnlyList<string> names) in runs)
        {
            foreach (string name in names.Where(name => !Sources.Functions.Any(function => function.Name == name)))
            {
                yield return $"{workload}: there is no function {name}";
            }
        }

        foreach (Function function in Sources.Functions)
        {
            string[] where = [.. runs.Where(workload => workload.Value.Contains(function.Name)).Select(workload => workload.Key)];
            if (where.Length != (s_probed.Contains(function.Name) ? 2 : 1))
            {
                yield return $"the function {function.Name} runs in {where.Length} workloads: {string.Join(", ", where)}";
            }
        }
    }

    /// <summary>What a workload runs: what its variables choose, else all of its app but what they leave out.</summary>
    internal static IReadOnlyList<string> FunctionsOf(Cluster cluster, Workload workload)
    {
        JsonNode container = workload.Containers.First();
        Dictionary<string, string?> environment = cluster.EnvironmentOf(container);
        string[] chosen = [.. environment.Where(variable => Sources.Chooses(variable.Key)).Select(variable => variable.Value ?? "")];
        string app = Workload.ImageOf(container)!.StartsWith("worker", StringComparison.Ordinal) ? "worker-functions" : "functions";
        return chosen.Length > 0 ? chosen
            : [.. Sources.Functions.Where(function => function.App == app).Select(function => function.Name).Except(environment.Select(variable => Sources.DisabledBy(variable.Key, variable.Value)).OfType<string>())];
    }

    private static IEnumerable<string> Queues(Cluster cluster)
    {
        string[] scaled = [.. cluster.Of("ScaledObject", "ScaledJob").SelectMany(scaler => scaler.Json.List("spec/triggers")).Select(trigger => trigger.Text("metadata/queueName") ?? "")];
        foreach (string queue in scaled.Where(queue => !Sources.Queues.Contains(queue)))
        {
            yield return $"no function reads the queue '{queue}', on which something scales";
        }

        foreach (Workload workload in cluster.Workloads.Where(workload => workload.IsApp && ScalingRules.LeastReplicas(cluster, workload) == 0))
        {
            foreach (Function function in Sources.Functions.Where(function => FunctionsOf(cluster, workload).Contains(function.Name) && !scaled.Contains(function.Queue)))
            {
                yield return $"{workload.Id}: nothing wakes it for {function.Name}";
            }
        }
    }

    private static IEnumerable<string> References(Cluster cluster)
    {
        string script = Repository.Read("infra/lib/secrets.sh");
        HashSet<string> made = [.. cluster.Resources.Select(resource => resource.Id)];
        made.UnionWith(MadeByUp.Matches(script).Select(match => match.Groups["name"].Success ? $"Secret/{match.Groups["name"]}" : $"ConfigMap/{match.Groups["map"]}"));
        return (
            from authentication in cluster.Of("TriggerAuthentication")
            from secret in authentication.Json.List("spec/secretTargetRef")
            where !made.Contains($"Secret/{secret.Text("name")}") || !script.Contains($"\"{secret.Text("key")}=", StringComparison.Ordinal)
            select $"{authentication.Id}: nothing makes Secret/{secret.Text("name")} with the key {secret.Text("key")}").Concat(
            from workload in cluster.Workloads
            from reference in workload.AllContainers.SelectMany(ReferencesOf).Concat(workload.Pod.List("volumes").SelectMany(VolumeReferences)).Distinct()
            where !made.Contains(reference)
            select $"{workload.Id}: nothing makes {reference}");
    }

    private static IEnumerable<string> ReferencesOf(JsonNode container) =>
        container.List("envFrom").Select(source => source.Text("configMapRef/name") is { } map ? $"ConfigMap/{map}" : $"Secret/{source.Text("secretRef/name")}")
            .Concat(container.List("env").SelectMany(variable => new[] { Id("Secret", variable.Text("valueFrom/secretKeyRef/name")), Id("ConfigMap", variable.Text("valueFrom/configMapKeyRef/name")) }).OfType<string>());

    private static IEnumerable<string> VolumeReferences(JsonNode volume) => new[]
    {
        Id("Secret", volume.Text("secret/secretName")), Id("ConfigMap", volume.Text("configMap/name")), Id("PersistentVolumeClaim", volume.Text("persistentVolumeClaim/claimName")),
    }.OfType<string>();

    private static string? Id(string kind, string? name) => name is null ? null : $"{kind}/{name}";

    [GeneratedRegex(@"^ *(?:secret (?<name>[a-z-]+) [a-z_]+$|""\$\{space\[@\]\}"" create (?:secret generic (?<name>[a-z-]+)|configmap (?<map>[a-z-]+)) )", RegexOptions.Multiline)]
    private static partial Regex MadeByUp { get; }
}
