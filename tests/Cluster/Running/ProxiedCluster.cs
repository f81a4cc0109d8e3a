namespace Katanemimena.Tests.Cluster.Running;

/// <summary>A cluster whose members reach their queues through a proxy.</summary>
/// <param name="copies">How often each message that they send arrives.</param>
public class ProxiedCluster(int copies) : RunningCluster
{
    private QueueProxy? _proxy;

    /// <summary>Messages that members sent so far, without copies.</summary>
    public int Sent => _proxy?.Sent ?? 0;

    /// <inheritdoc/>
    protected override string MembersStorage => _proxy!.Through(Storage);

    /// <inheritdoc/>
    protected override async Task StartMembersAsync()
    {
        _proxy = await QueueProxy.StartAsync(Storage, copies);
        await base.StartMembersAsync();
    }

    /// <inheritdoc/>
    protected override async ValueTask StopMembersAsync()
    {
        await base.StopMembersAsync();
        if (_proxy is not null)
        {
            await _proxy.DisposeAsync();
        }
    }
}
