namespace Katanemimena.Adapters.AzureQueue;

/// <summary>Which storage account holds the queues, and who is let in.</summary>
/// <remarks>Exactly one of <see cref="ConnectionString"/>, <see cref="AccountName"/> and <see cref="ServiceUri"/> is set; the latter two let in
/// whom <see cref="Identity"/> names. Checked when an <see cref="AzureTaskQueue"/> is made. Its text shows no secret.</remarks>
public sealed class AzureQueueOptions
{
    /// <summary>Account and key, or a shared access signature, as the portal shows them; for Azurite with <c>QueueEndpoint=…</c>, or
    /// <c>UseDevelopmentStorage=true</c>. A secret: it goes into no log and no error. Default none.</summary>
    public string? ConnectionString { get; init; }

    /// <summary>The account in the public cloud: 3 to 24 lower-case letters and digits. Default none.</summary>
    public string? AccountName { get; init; }

    /// <summary>The account's queue service where its name is not enough (another cloud, a private endpoint), such as
    /// <c>https://account.queue.core.windows.net</c>. HTTPS and no query. Default none.</summary>
    public Uri? ServiceUri { get; init; }

    /// <summary>The kind of identity that is let in; not used with <see cref="ConnectionString"/>. Default workload identity.</summary>
    public AzureIdentity Identity { get; init; } = AzureIdentity.Workload;

    /// <summary>Client id of the identity. Default: <c>AZURE_CLIENT_ID</c> of the environment for workload identity, the machine's own
    /// identity for a managed one.</summary>
    public string? ClientId { get; init; }

    /// <summary>Begins the name of every queue, so that several installations share one account. At most 40 lower-case letters, digits and
    /// single dashes, no dash first. A queue's name and this must be 63 characters together at most. Default none.</summary>
    public string NamePrefix { get; init; } = "";

    /// <summary>How long one request may take before the service counts as out of reach: 1 s to 5 minutes, default 30 s.</summary>
    public TimeSpan RequestTimeout { get; init; } = TimeSpan.FromSeconds(30);
}

/// <summary>Kinds of identity, each of which lets in exactly what it names: no chain of guesses decides who a process is.</summary>
public enum AzureIdentity
{
    /// <summary>Microsoft Entra workload identity: the token of a Kubernetes service account.</summary>
    Workload,

    /// <summary>The managed identity of the machine or the app service.</summary>
    Managed,
}
