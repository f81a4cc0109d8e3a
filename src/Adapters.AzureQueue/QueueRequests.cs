using Azure;
using Azure.Storage.Queues;

namespace Katanemimena.Adapters.AzureQueue;

/// <summary>Asks the service, once; the one place where its errors become faults.</summary>
/// <param name="service">The vendor's client.</param>
/// <param name="prefix">Begins the name of every queue.</param>
internal sealed class QueueRequests(QueueServiceClient service, string prefix)
{
    private const int NameCharactersMax = 63;

    /// <summary>Asks for something to do with a queue, which is made if it is missing.</summary>
    internal ValueTask<T> InQueueAsync<T>(string queue, Func<QueueClient, Task<T>> ask, CancellationToken cancellation) =>
        TranslatedAsync(
            queue,
            async client =>
            {
                try
                {
                    return await ask(client);
                }
                catch (RequestFailedException e) when (AzureQueueFaults.IsQueueMissing(e))
                {
                    await client.CreateIfNotExistsAsync(cancellationToken: cancellation);
                    return await ask(client);
                }
            },
            cancellation);

    /// <summary>Asks for something to do with a leased message; gives null if the lease is over.</summary>
    internal ValueTask<T?> WithLeaseAsync<T>(string queue, Func<QueueClient, Task<T>> ask, CancellationToken cancellation)
        where T : class =>
        TranslatedAsync(
            queue,
            async client =>
            {
                try
                {
                    return await ask(client);
                }
                catch (RequestFailedException e) when (AzureQueueFaults.IsLeaseLost(e))
                {
                    return null;
                }
            },
            cancellation);

    private async ValueTask<T> TranslatedAsync<T>(string queue, Func<QueueClient, Task<T>> ask, CancellationToken cancellation)
    {
        QueueClient client = Client(queue);
        try
        {
            return await ask(client);
        }
        catch (Exception e) when (AzureQueueFaults.Of(e, service.Uri.Authority, cancellation) is { } fault)
        {
            throw fault;
        }
    }

    private QueueClient Client(string queue) =>
        prefix.Length + queue.Length <= NameCharactersMax
            ? service.GetQueueClient(prefix + queue)
            : throw new ArgumentException($"'{prefix}{queue}' cannot name a queue: prefix and name are {NameCharactersMax} characters at most", nameof(queue));
}
