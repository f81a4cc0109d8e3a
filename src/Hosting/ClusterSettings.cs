using Katanemimena.Adapters.AzureQueue;
using Katanemimena.Adapters.Etcd;
using Katanemimena.Core;
using Microsoft.Extensions.Configuration;

namespace Katanemimena.Hosting;

/// <summary>Where a member of a cluster finds store, queues and volume. Read from the environment; <c>docs/running-with-func.md</c> lists the settings.</summary>
public sealed record ClusterSettings
{
    /// <summary>The setting that the Functions runtime and its queue triggers use for the storage account.</summary>
    public const string Storage = "AzureWebJobsStorage";

    /// <summary>How etcd is reached.</summary>
    public required EtcdOptions Etcd { get; init; }

    /// <summary>How the queues are reached.</summary>
    public required AzureQueueOptions Queues { get; init; }

    /// <summary>Folder that all members share.</summary>
    public required string VolumeFolder { get; init; }

    /// <summary>Name of this member: <c>MANAGER_ID</c>, else the host's name, which is a pod's name on Kubernetes.</summary>
    public required string Member { get; init; }

    /// <summary>Reads them.</summary>
    /// <exception cref="PermanentFault">One is missing or wrong; the message names it.</exception>
    public static ClusterSettings Read(IConfiguration configuration) => new()
    {
        Etcd = new EtcdOptions
        {
            Endpoints = EtcdOptions.ParseEndpoints(Required(configuration, "ETCD_ENDPOINTS")),
            User = configuration["ETCD_USER"],
            Password = configuration["ETCD_PASSWORD"],
            AuthorityFile = configuration["ETCD_CA_FILE"],
            CertificateFile = configuration["ETCD_CERT_FILE"],
            KeyFile = configuration["ETCD_KEY_FILE"],
        },
        Queues = ReadQueues(configuration),
        VolumeFolder = Required(configuration, "VOLUME_PATH"),
        Member = configuration["MANAGER_ID"] is { Length: > 0 } named ? named : Environment.MachineName,
    };

    /// <summary>A connection string, or the parts of an identity-based connection, by the runtime's names.</summary>
    /// <exception cref="PermanentFault">Neither is there, or it is wrong.</exception>
    public static AzureQueueOptions ReadQueues(IConfiguration configuration)
    {
        IConfigurationSection identity = configuration.GetSection(Storage);
        if (configuration[Storage] is { Length: > 0 } connection)
        {
            return new AzureQueueOptions { ConnectionString = connection };
        }

        Uri? uri = identity["queueServiceUri"] is { Length: > 0 } text
            ? Uri.TryCreate(text, UriKind.Absolute, out Uri? parsed) ? parsed : throw new PermanentFault($"{Storage}__queueServiceUri is no address")
            : null;
        return uri is not null || identity["accountName"] is { Length: > 0 }
            ? new AzureQueueOptions
            {
                ServiceUri = uri,
                AccountName = uri is null ? identity["accountName"] : null,
                ClientId = identity["clientId"],
                Identity = identity["credential"] == "managedidentity" ? AzureIdentity.Managed : AzureIdentity.Workload,
            }
            : throw new PermanentFault($"{Storage} is not set; give a storage account's connection string, or {Storage}__accountName for workload identity");
    }

    private static string Required(IConfiguration configuration, string name) =>
        configuration[name] is { Length: > 0 } value ? value : throw new PermanentFault($"{name} is not set");
}
