using Katanemimena.Adapters.FileSystem;
using Katanemimena.Adapters.Sqlite;
using Katanemimena.Core;
using Katanemimena.Hosting;

[assembly: System.Runtime.Versioning.SupportedOSPlatform("linux")]

namespace Katanemimena.Server;

/// <summary>The one process of a machine: store, queues and volume in one folder, which no other process may use meanwhile.</summary>
public sealed class LocalMember : Member
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    private readonly StateFolderLock _held;
    private readonly SqliteKeyValueStore _store;
    private readonly SqliteTaskQueue _queue;

    private LocalMember(string name, string folder, StateFolderLock held, TimeProvider time)
        : base(name, folder, time)
    {
        _held = held;
        _store = new SqliteKeyValueStore(Path.Join(folder, "state.db"), time);
        _queue = new SqliteTaskQueue(Path.Join(folder, "queue.db"), time);
    }

    /// <inheritdoc/>
    public override IKeyValueStore Store => _store;

    /// <inheritdoc/>
    public override ITaskQueue Queue => _queue;

    /// <inheritdoc/>
    public override bool Alone => true;

    /// <summary>Opens the folder, making it readable by its owner only if it is missing.</summary>
    /// <exception cref="PermanentFault">Another process uses it, or it cannot be used.</exception>
    public static LocalMember Open(string name, string folder, TimeProvider time)
    {
        try
        {
            Directory.CreateDirectory(folder, OwnerOnly);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new PermanentFault($"the state folder {folder} cannot be made: {e.Message}", e);
        }

        StateFolderLock held = StateFolderLock.Take(folder);
        try
        {
            return new LocalMember(name, folder, held, time);
        }
        catch
        {
            held.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        _queue.Dispose();
        _store.Dispose();
        _held.Dispose();
    }
}
