using Katanemimena.Adapters.AzureQueue;
using Katanemimena.Adapters.Etcd;
using Katanemimena.Core;

namespace Katanemimena.Hosting;

/// <summary>A member of a cluster: etcd, storage queues and a shared volume.</summary>
public sealed class ClusterMember : Member
{
    private readonly EtcdKeyValueStore _store;

    /// <summary>Makes clients; nothing is called yet.</summary>
    /// <exception cref="PermanentFault">A setting is wrong, or the volume cannot be used.</exception>
    public ClusterMember(ClusterSettings settings, TimeProvider time)
        : base(settings.Member, settings.VolumeFolder, time)
    {
        _store = new EtcdKeyValueStore(settings.Etcd, time);
        Queue = new AzureTaskQueue(settings.Queues, time);
    }

    /// <inheritdoc/>
    public override IKeyValueStore Store => _store;

    /// <inheritdoc/>
    public override ITaskQueue Queue { get; }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing) => _store.Dispose();
}
