using Katanemimena.Tests.Cluster.Running;

namespace Katanemimena.Tests.Cluster.Runtime;

/// <summary>Two managers and two workers as custom handlers, each with the runtime's side of the protocol played for it.</summary>
public sealed class RuntimeCluster : ClusterServices
{
    /// <summary>Ten messages at once of one function: more than a worker runs.</summary>
    private const string BatchSize = "10";

    internal List<RuntimeDouble> Managers { get; } = [];

    internal List<RuntimeDouble> Workers { get; } = [];

    internal IEnumerable<RuntimeDouble> All => Managers.Concat(Workers);

    /// <inheritdoc/>
    protected override async Task StartMembersAsync()
    {
        Managers.AddRange([Runtime(ManagerApp, "manager-0"), Runtime(ManagerApp, "manager-1")]);
        Workers.AddRange([Runtime(WorkerApp, "worker-0"), Runtime(WorkerApp, "worker-1")]);
        await Task.WhenAll(All.Select(member => member.StartAsync()));
    }

    /// <inheritdoc/>
    protected override async ValueTask StopMembersAsync()
    {
        foreach (RuntimeDouble member in All)
        {
            await member.DisposeAsync();
        }
    }

    /// <inheritdoc/>
    public override Dictionary<string, string> Settings(string name) => new(base.Settings(name))
    {
        ["AzureFunctionsJobHost__extensions__queues__batchSize"] = BatchSize,
        ["AzureFunctionsJobHost__extensions__queues__newBatchThreshold"] = "0",
        ["AzureFunctionsJobHost__extensions__queues__visibilityTimeout"] = "00:00:01",
        ["AzureFunctionsJobHost__extensions__queues__maxDequeueCount"] = "3",
    };

    private RuntimeDouble Runtime(string app, string name) => new(app, Settings(name), doubles: name.EndsWith('1'));
}
