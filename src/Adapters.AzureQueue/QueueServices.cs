using Azure.Core;
using Azure.Identity;
using Azure.Storage.Queues;
using Katanemimena.Core;

namespace Katanemimena.Adapters.AzureQueue;

/// <summary>Makes the vendor's client from options, which it checks; sends nothing.</summary>
internal static class QueueServices
{
    private const int PrefixCharactersMax = 40;
    private static readonly TimeSpan s_timeoutMin = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan s_timeoutMax = TimeSpan.FromMinutes(5);

    /// <summary>Makes a client.</summary>
    /// <exception cref="PermanentFault">An option is missing or wrong; the message names it, and shows no secret.</exception>
    internal static QueueServiceClient Open(AzureQueueOptions options)
    {
        Require(
            new object?[] { options.ConnectionString, options.AccountName, options.ServiceUri }.Count(set => set is not null) == 1,
            "set exactly one of ConnectionString, AccountName and ServiceUri");
        Require(
            options.RequestTimeout >= s_timeoutMin && options.RequestTimeout <= s_timeoutMax,
            $"RequestTimeout is {options.RequestTimeout}, and must be from {s_timeoutMin} to {s_timeoutMax}");
        Require(IsPrefix(options.NamePrefix), $"NamePrefix '{options.NamePrefix}' cannot begin the name of a queue: at most {PrefixCharactersMax} lower-case letters, digits and single dashes, no dash first");
        return options.ConnectionString is { } connection
            ? FromConnectionString(connection, Client(options))
            : new QueueServiceClient(ServiceUri(options), Credential(options), Client(options));
    }

    /// <remarks>Messages go as base64, made here and not by the client, which has no way to hand on a message that is no base64.
    /// No retries: redelivery owns them. A repeated request would hold its caller while the lease of a message runs out, and a receive whose
    /// answer was lost has leased a message that a second one does not bring.</remarks>
    private static QueueClientOptions Client(AzureQueueOptions options)
    {
        QueueClientOptions client = new() { MessageEncoding = QueueMessageEncoding.None };
        client.Retry.MaxRetries = 0;
        client.Retry.NetworkTimeout = options.RequestTimeout;
        return client;
    }

    /// <remarks>What the client says of a bad connection string is not handed on: it is no help, and might hold a part of it. For one that
    /// names no queue service it says no more than that it met a null.</remarks>
    private static QueueServiceClient FromConnectionString(string connection, QueueClientOptions client)
    {
        QueueServiceClient? service = null;
        try
        {
            service = new QueueServiceClient(connection, client);
        }
        catch (Exception e) when (e is FormatException or ArgumentException or InvalidOperationException or NullReferenceException)
        {
        }

        Require(
            service?.Uri is not null,
            "ConnectionString is not one of a storage account: it needs AccountName and AccountKey, or QueueEndpoint and SharedAccessSignature; or UseDevelopmentStorage=true");
        return service!;
    }

    private static Uri ServiceUri(AzureQueueOptions options)
    {
        if (options.ServiceUri is { } uri)
        {
            Require(
                uri.IsAbsoluteUri && uri.Scheme == Uri.UriSchemeHttps && uri.Query.Length == 0 && uri.UserInfo.Length == 0,
                "ServiceUri must be like https://account.queue.core.windows.net: HTTPS, because tokens are sent, and without a query; a shared access signature belongs into ConnectionString");
            return uri;
        }

        string account = options.AccountName!;
        Require(
            account.Length is >= 3 and <= 24 && account.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c)),
            $"AccountName '{account}' cannot name a storage account: 3 to 24 lower-case letters and digits");
        return new Uri($"https://{account}.queue.core.windows.net");
    }

    /// <remarks>Asking for a token is not retried either, but by the library beneath a managed identity, which cannot be told not to: for half a
    /// minute or so while the machine's endpoint is in trouble.</remarks>
    private static TokenCredential Credential(AzureQueueOptions options)
    {
        switch (options.Identity)
        {
            case AzureIdentity.Workload:
                WorkloadIdentityCredentialOptions workload = new();
                workload.ClientId = options.ClientId ?? workload.ClientId;
                workload.Retry.MaxRetries = 0;
                workload.Retry.NetworkTimeout = options.RequestTimeout;
                return new WorkloadIdentityCredential(workload);
            case AzureIdentity.Managed:
                ManagedIdentityCredentialOptions managed = new(
                    options.ClientId is { } id ? ManagedIdentityId.FromUserAssignedClientId(id) : ManagedIdentityId.SystemAssigned);
                managed.Retry.NetworkTimeout = options.RequestTimeout;
                return new ManagedIdentityCredential(managed);
            default:
                throw new ArgumentOutOfRangeException(nameof(options), options.Identity, "no such identity");
        }
    }

    private static bool IsPrefix(string prefix) =>
        prefix.Length <= PrefixCharactersMax
        && !prefix.StartsWith('-')
        && !prefix.Contains("--", StringComparison.Ordinal)
        && prefix.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c == '-');

    private static void Require(bool holds, string otherwise)
    {
        if (!holds)
        {
            throw new PermanentFault($"Azure queues: {otherwise}") { OfMachine = true };
        }
    }
}
