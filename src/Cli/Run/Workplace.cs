using Katanemimena.Adapters.FileSystem;
using Katanemimena.Adapters.InMemory;
using Katanemimena.Adapters.Sqlite;
using Katanemimena.Core;

namespace Katanemimena.Cli.Run;

/// <summary>Where a command keeps its jobs: a private temporary folder that goes with the command, or a state folder that stays.</summary>
internal sealed class Workplace : IDisposable
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    private readonly List<IDisposable> _owned = [];
    private readonly bool _temporary;

    private Workplace(string folder, bool temporary) => (Folder, _temporary) = (folder, temporary);

    /// <summary>The folder, in full.</summary>
    public string Folder { get; }

    /// <summary>The truth about jobs.</summary>
    public required IKeyValueStore Store { get; init; }

    /// <summary>Hints to workers.</summary>
    public required ITaskQueue Queue { get; init; }

    /// <summary>Runs, parts and manifests.</summary>
    public required IVolume Volume { get; init; }

    /// <summary>Copies of user code, named by content.</summary>
    public string CodeFolder => Path.Join(Folder, "code");

    /// <summary>Where standard input is kept while its job needs it.</summary>
    public string InputFolder => Path.Join(Folder, "input");

    /// <summary>Where compiled code is kept if there is no cache that outlives the command.</summary>
    public string CacheFolder => Path.Join(Folder, "cache");

    /// <summary>Where failure cards are written: with the jobs if those stay, else where temporary files go.</summary>
    public string CardFolder => _temporary ? Path.GetTempPath() : Path.Join(Folder, "cards");

    /// <summary>Whether the jobs outlive the command.</summary>
    public bool Stays => !_temporary;

    /// <summary>The file in which a file of the volume is.</summary>
    public string FileOf(string volumePath) => Path.Join(VolumeIn(Folder), volumePath);

    /// <summary>Makes a folder for one command below TMPDIR, readable by its owner only, removed at the end.</summary>
    /// <exception cref="CommandError">It cannot be made.</exception>
    public static Workplace Temporary()
    {
        string folder = Guard("the temporary folder", () => Directory.CreateTempSubdirectory("mrctl-").FullName);
        var store = new InMemoryKeyValueStore(TimeProvider.System);
        var queue = new InMemoryTaskQueue(TimeProvider.System);
        return new Workplace(folder, temporary: true)
        {
            Store = store,
            Queue = queue,
            Volume = new FolderVolume(VolumeIn(folder), durable: false),
            _owned = { store, queue },
        };
    }

    /// <summary>Opens or makes a state folder, for this process alone.</summary>
    /// <param name="given">The folder.</param>
    /// <param name="create">Whether to make it if it is not there.</param>
    /// <exception cref="CommandError">Another command uses it, or it cannot be used.</exception>
    public static Workplace State(string given, bool create)
    {
        string folder = Path.GetFullPath(given);
        if (File.Exists(folder))
        {
            throw CommandError.Usage($"--state-dir {given}: is a file; name a folder");
        }

        if (!create && !Directory.Exists(folder))
        {
            throw CommandError.Usage($"--state-dir {given}: there is no such folder");
        }

        if (!create && !File.Exists(DatabaseIn(folder)))
        {
            throw CommandError.Usage($"--state-dir {given}: no job was run with this folder");
        }

        return Guard($"--state-dir {given}", () =>
        {
            Directory.CreateDirectory(folder, OwnerOnly);
            return OpenState(folder);
        });
    }

    /// <summary>Closes the store; removes a temporary folder.</summary>
    public void Dispose()
    {
        _owned.Reverse();
        _owned.ForEach(owned => owned.Dispose());
        if (_temporary)
        {
            Directory.Delete(Folder, recursive: true);
        }
    }

    private static Workplace OpenState(string folder)
    {
        StateFolderLock held = StateFolderLock.Take(folder);
        RemoveWorkLeft(Path.Join(folder, "work"));
        var store = new SqliteKeyValueStore(DatabaseIn(folder), TimeProvider.System, survivesPowerFailure: false);
        var queue = new InMemoryTaskQueue(TimeProvider.System);
        return new Workplace(folder, temporary: false)
        {
            Store = store,
            Queue = queue,
            Volume = new FolderVolume(VolumeIn(folder), durable: true, owner: true),
            _owned = { held, store, queue },
        };
    }

    /// <summary>Removes what programs of a process left that was killed. What cannot be removed stays: it is in nobody's way.</summary>
    private static void RemoveWorkLeft(string workFolder)
    {
        try
        {
            Directory.Delete(workFolder, recursive: true);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
        }
    }

    private static string VolumeIn(string folder) => Path.Join(folder, "volume");

    private static string DatabaseIn(string folder) => Path.Join(folder, "state.db");

    private static T Guard<T>(string what, Func<T> open)
    {
        try
        {
            return open();
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw CommandError.Environment($"{what}: cannot be used: {error.Message}", error);
        }
    }
}
