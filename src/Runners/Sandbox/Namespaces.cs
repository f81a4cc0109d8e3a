using System.Globalization;

namespace Katanemimena.Runners;

/// <summary>How bubblewrap is called, so that a program sees nothing but the system's folders, what it is to read, and its working folder.</summary>
/// <param name="Bubblewrap">Full path of bubblewrap, 0.8 or newer.</param>
/// <param name="MemoryFilesBytesMax">Most bytes that files in its <c>/tmp</c>, and those in its <c>/dev/shm</c>, may have together: they are memory.</param>
/// <param name="System">What of the system it sees.</param>
/// <param name="Hidden">Folders that hold what is not the program's: empty where they are in a folder of the system's. Nothing that has one of them within is shown.</param>
/// <remarks>Source of the options: bwrap(1).</remarks>
internal sealed record Namespaces(string Bubblewrap, long MemoryFilesBytesMax, SystemFolders System, IReadOnlyList<string> Hidden)
{
    /// <summary>Id, inside, of the process that all others there descend from, and so of a program's parent.</summary>
    public const int FirstProcess = 1;

    // A count of processes set outside would be of all the user's; set inside, it is of those inside (Linux 5.14 and newer).
    private const string Script = Launch.LimitProcesses + "shift; exec \"$@\"";

    /// <summary>Arguments of bubblewrap for a program.</summary>
    public IEnumerable<string> Arguments(Launch launch) =>
    [
        "--unshare-user", "--unshare-ipc", "--unshare-pid", "--unshare-net", "--unshare-uts", "--unshare-cgroup-try", "--disable-userns",
        "--die-with-parent", "--new-session", "--cap-drop", "ALL", "--hostname", "sandbox",
        .. System.Arguments,
        "--proc", "/proc", "--dev", "/dev",
        "--size", Bytes(), "--tmpfs", "/dev/shm", "--size", Bytes(), "--tmpfs", "/tmp",
        .. System.More.SelectMany(Show),
        .. Emptied.SelectMany(path => new[] { "--size", Bytes(), "--tmpfs", path }),
        .. launch.Reads.Where(IsShown).SelectMany(Show),
        "--bind", launch.Folder, launch.Folder,
        // The last two are memory without a limit otherwise.
        .. Emptied.SelectMany(path => new[] { "--remount-ro", path }), "--remount-ro", "/dev", "--remount-ro", "/",
        "--chdir", launch.Folder,
        "--", Launch.Shell, "-c", Script, "sh", launch.ProcessesMax.ToString(CultureInfo.InvariantCulture), launch.Program, .. launch.Arguments,
    ];

    private static string[] Show(string path) => ["--ro-bind-try", path, path];

    private IEnumerable<string> Emptied => Hidden.Where(folder => System.Has(folder) && Directory.Exists(folder));

    // What is in a folder of the system's is seen already, unless that one is emptied.
    private bool IsShown(string path) => (!System.Has(path) || Emptied.Any(hidden => Paths.IsWithin(path, hidden))) && !Hidden.Any(hidden => Paths.IsWithin(hidden, path));

    private string Bytes() => MemoryFilesBytesMax.ToString(CultureInfo.InvariantCulture);
}

/// <summary>How paths stand to each other.</summary>
internal static class Paths
{
    /// <summary>Whether a full path is a folder, or something in it.</summary>
    public static bool IsWithin(string path, string folder)
    {
        string parent = Path.TrimEndingDirectorySeparator(folder);
        return parent == "/" || (path.StartsWith(parent, StringComparison.Ordinal) && (path.Length == parent.Length || path[parent.Length] == '/'));
    }
}
