using System.Globalization;
using Katanemimena.Adapters.FileSystem;
using Katanemimena.Core;

namespace Katanemimena.Hosting;

/// <summary>What a member of an installation works with: a pod of a cluster, or the one process of a machine.</summary>
public abstract class Member : IDisposable
{
    private readonly string _process = string.Create(CultureInfo.InvariantCulture,
        $"{Environment.ProcessId:x}-{TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds():x}-{Random.Shared.Next():x}");

    /// <summary>Puts it together; nothing is called yet.</summary>
    /// <param name="name">The member's stable name.</param>
    /// <param name="folder">Folder that all members share.</param>
    /// <param name="time">Clock and timers.</param>
    /// <exception cref="PermanentFault">The folder cannot be used.</exception>
    protected Member(string name, string folder, TimeProvider time)
    {
        (Name, Folder, Time) = (name, folder, time);
        Volume = new FolderVolume(Path.Join(folder, "volume"), durable: true);
    }

    /// <summary>Its stable name, the same after a restart: a manager's, and so the first half of its jobs' ids.</summary>
    public string Name { get; }

    /// <summary>Folder that all members share.</summary>
    public string Folder { get; }

    /// <summary>Clock and timers.</summary>
    public TimeProvider Time { get; }

    /// <summary>The truth.</summary>
    public abstract IKeyValueStore Store { get; }

    /// <summary>The hints.</summary>
    public abstract ITaskQueue Queue { get; }

    /// <summary>The volume that all members share.</summary>
    public IVolume Volume { get; }

    /// <summary>Copies of user code, in the shared folder: a folder a job, and in it files named by content.</summary>
    public string CodeFolder => Path.Join(Folder, "code");

    /// <summary>Whether no other process uses the store: what others left in it is dead. Default false.</summary>
    public virtual bool Alone => false;

    /// <summary>A name that no other process, and no other part of this one, ever had: the process's id, when it was started, a random number, and the part.</summary>
    public string ProcessName(string part) => $"{_process}-{part}";

    /// <inheritdoc/>
    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Closes store and queue.</summary>
    protected abstract void Dispose(bool disposing);
}
