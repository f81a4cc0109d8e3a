using Katanemimena.Tests.Cluster.Running;

namespace Katanemimena.Tests.Cluster.Faults;

/// <summary>A cluster whose members reach their queues through something that sends every message twice.</summary>
internal sealed class DoublingCluster : RunningCluster
{
    private DoublingProxy? _proxy;

    /// <summary>Messages that were sent once more.</summary>
    public int Doubled => _proxy?.Doubled ?? 0;

    /// <inheritdoc/>
    protected override string MembersStorage => _proxy!.Through(Storage);

    /// <inheritdoc/>
    protected override async Task StartMembersAsync()
    {
        _proxy = await DoublingProxy.StartAsync(Storage);
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
