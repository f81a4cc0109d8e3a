using System.Globalization;
using Katanemimena.Adapters.AzureQueue;
using Katanemimena.Adapters.Etcd;
using Katanemimena.Adapters.FileSystem;
using Katanemimena.Core;

namespace Katanemimena.Hosting;

/// <summary>What every member of a cluster works with, made by its settings.</summary>
public sealed class ClusterMember : IDisposable
{
    private readonly EtcdKeyValueStore _store;

    /// <summary>Makes clients; nothing is called yet.</summary>
    /// <exception cref="PermanentFault">A setting is wrong, or the volume cannot be used.</exception>
    public ClusterMember(ClusterSettings settings, TimeProvider time)
    {
        ArgumentNullException.ThrowIfNull(settings);
        Settings = settings;
        Time = time;
        _store = new EtcdKeyValueStore(settings.Etcd, time);
        Queue = new AzureTaskQueue(settings.Queues, time);
        Volume = new FolderVolume(Path.Join(settings.VolumeFolder, "volume"), durable: true);
    }

    /// <summary>The settings.</summary>
    public ClusterSettings Settings { get; }

    /// <summary>Clock and timers.</summary>
    public TimeProvider Time { get; }

    /// <summary>The truth.</summary>
    public IKeyValueStore Store => _store;

    /// <summary>The hints.</summary>
    public ITaskQueue Queue { get; }

    /// <summary>The volume that all members share.</summary>
    public IVolume Volume { get; }

    /// <summary>Copies of user code, named by content; on the shared volume.</summary>
    public string CodeFolder => Path.Join(Settings.VolumeFolder, "code");

    /// <summary>A name no other process ever had: the member's, the process's id, and when it was started.</summary>
    public string ProcessName { get; } = string.Create(CultureInfo.InvariantCulture,
        $"{Environment.ProcessId:x}-{TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds():x}-{Random.Shared.Next():x}");

    /// <inheritdoc/>
    public void Dispose() => _store.Dispose();
}
