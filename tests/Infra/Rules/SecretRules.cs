using System.Text.Json.Nodes;

namespace Katanemimena.Tests.Infra.Rules;

/// <summary>A pod has the secrets that its account is there for, and no other ones: above all user code's pods.</summary>
internal static class SecretRules
{
    /// <summary>A Secret as a whole, such as a volume has it.</summary>
    private const string Whole = "*";

    /// <summary>What pods of an account may have: Secret and key.</summary>
    private static readonly Dictionary<string, (string Secret, string Key)[]> s_allowed = new()
    {
        ["api"] = [("storage", "AzureWebJobsStorage"), ("etcd-users", "app"), ("access", "KEY_ENCRYPTION_KEY"), ("access", "ADMIN_PASSWORD"), ("access", "METRICS_TOKEN")],
        ["manager"] = [("storage", "AzureWebJobsStorage"), ("etcd-users", "app"), ("access", "KEY_ENCRYPTION_KEY"), ("access", "ADMIN_PASSWORD")],
        ["worker"] = [("storage", "AzureWebJobsStorage"), ("etcd-users", "worker")],
        ["etcd"] = [("etcd-tls", Whole), ("etcd-users", "root"), ("etcd-users", "app"), ("etcd-users", "worker")],
        ["azurite"] = [("storage", "AZURITE_ACCOUNTS")],
    };

    internal static IEnumerable<string> Violations(Cluster cluster) =>
        cluster.Workloads.SelectMany(workload => Of(cluster, workload).Select(violation => $"{workload.Id}: {violation}"));

    private static IEnumerable<string> Of(Cluster cluster, Workload workload)
    {
        string account = workload.Pod.Text("serviceAccountName") ?? "default";
        bool runsUserCode = workload.AllContainers.Any(container => Workload.ImageOf(container) is "worker" or "worker-plain");
        if (runsUserCode != (account == "worker"))
        {
            yield return $"it runs under the account {account}; images of workers, and those alone, run under the account worker";
        }

        foreach ((string secret, string key) in SecretsOf(workload).Except(s_allowed.GetValueOrDefault(account, [])))
        {
            yield return $"the account {account} may not have {secret}/{key}";
        }

        foreach (JsonNode container in workload.AllContainers.Where(container => Workload.ImageOf(container) is not "etcd"))
        {
            Dictionary<string, string?> environment = cluster.EnvironmentOf(container);
            string user = runsUserCode ? "worker" : "app";
            if (environment.ContainsKey("ETCD_PASSWORD") && environment.GetValueOrDefault("ETCD_USER") != user)
            {
                yield return $"{container.Text("name")}: it is not etcd's user {user}";
            }
        }
    }

    private static IEnumerable<(string Secret, string Key)> SecretsOf(Workload workload) =>
    [
        .. workload.AllContainers.SelectMany(container => container.List("env")).Select(variable => variable.At("valueFrom/secretKeyRef")).OfType<JsonNode>()
            .Select(reference => (reference.Text("name")!, reference.Text("key")!)),
        .. workload.AllContainers.SelectMany(container => container.List("envFrom")).Select(source => source.Text("secretRef/name")).OfType<string>().Select(name => (name, Whole)),
        .. workload.Pod.List("volumes").SelectMany(OfVolume),
    ];

    /// <summary>Of a Secret's volume all; of a projected one what it names, and tokens of the account; of a driver's volume that it is one.</summary>
    private static IEnumerable<(string Secret, string Key)> OfVolume(JsonNode volume) =>
    [
        .. new[] { volume.Text("secret/secretName") }.OfType<string>().Select(name => (name, Whole)),
        .. volume.List("projected/sources").Where(source => source.At("configMap") is null && source.At("downwardAPI") is null)
            .Select(source => (source.Text("secret/name") ?? string.Join(' ', source.AsObject().Select(kind => kind.Key)), Whole)),
        .. new[] { volume.Text("csi/driver") }.OfType<string>().Select(driver => (driver, Whole)),
    ];
}
