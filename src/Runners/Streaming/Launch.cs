using System.Globalization;
using Katanemimena.Core;

namespace Katanemimena.Runners;

/// <summary>How a process is started: what, where, with which variables and limits.</summary>
/// <param name="Program">Full path of the executable.</param>
/// <param name="Arguments">Its arguments.</param>
/// <param name="Folder">Its working folder.</param>
/// <param name="Environment">All of its variables.</param>
/// <param name="MemoryBytesMax">Private memory it may write to; 0 for no limit.</param>
/// <param name="FileBytesMax">Largest file it may write; 0 for no limit.</param>
internal sealed record Launch(
    string Program,
    IReadOnlyList<string> Arguments,
    string Folder,
    IReadOnlyDictionary<string, string> Environment,
    long MemoryBytesMax = 0,
    long FileBytesMax = 0)
{
    /// <summary>Processes and threads that may be where they are counted: all of the user's, or with <see cref="Namespaces"/> those inside; 0 for no limit.</summary>
    public int ProcessesMax { get; init; }

    /// <summary>Files it may have open; 0 for no limit of its own.</summary>
    public int OpenFilesMax { get; init; }

    /// <summary>Full paths of what it is to read beside the system's files; with <see cref="Namespaces"/> it sees no others.</summary>
    public IReadOnlyList<string> Reads { get; init; } = [];

    /// <summary>Whether it is to have no privileges, not even those that root has or a program may give.</summary>
    public bool WithoutPrivileges { get; init; }

    /// <summary>The namespaces it runs in; null for ours.</summary>
    public Namespaces? Namespaces { get; init; }

    /// <summary>The control group it joins, which is removed when it has ended; null for ours.</summary>
    public Cgroup? Cgroup { get; init; }

    /// <summary>Commands that limit processes to the first argument, unless that is 0. Shells differ in the option's name: u in bash, p in dash and ash.</summary>
    public const string LimitProcesses = "[ \"$1\" = 0 ] || ulimit -u \"$1\" 2>/dev/null || ulimit -p \"$1\" 2>/dev/null; ";

    /// <summary>The shell that sets folder and limits and then becomes the program.</summary>
    public const string Shell = "/bin/sh";

    // ulimit counts memory in KiB and files in blocks of 512 bytes (POSIX). A limit already lower stays. No core files.
    private const string Script =
        "cd \"$1\" || exit 126; ulimit -c 0; [ \"$2\" = 0 ] || ulimit -d \"$2\"; [ \"$3\" = 0 ] || ulimit -f \"$3\"; "
        + "[ \"$4\" = 0 ] || ulimit -n \"$4\" 2>/dev/null; [ -z \"$5\" ] || echo 0 > \"$5\" || exit 126; shift 5; "
        + LimitProcesses + "shift; exec \"$@\"";

    /// <summary>Arguments of <see cref="Shell"/>, its own name first.</summary>
    public IEnumerable<string> ShellArguments =>
    [
        "sh", "-c", Script, "sh", Folder, Count(MemoryBytesMax, 1024), Count(FileBytesMax, 512), Count(OpenFilesMax, 1), Cgroup?.Members ?? "",
        .. Namespaces is null
            ? [Count(ProcessesMax, 1), .. WithoutPrivileges ? Privileges.Drop() : [], Program, .. Arguments]
            : (IEnumerable<string>)["0", Namespaces.Bubblewrap, .. Namespaces.Arguments(this)],
    ];

    /// <summary>The clean environment: none of our own variables but PATH, and the attempt's on top. Programs in .NET make no socket by which others of the user reach them.</summary>
    public static Dictionary<string, string> CleanEnvironment(string folder, IEnumerable<KeyValuePair<string, string>> more)
    {
        Dictionary<string, string> variables = new(StringComparer.Ordinal)
        {
            ["PATH"] = System.Environment.GetEnvironmentVariable("PATH") ?? "/usr/local/bin:/usr/bin:/bin",
            ["HOME"] = folder,
            ["TMPDIR"] = folder,
            ["LANG"] = "C.UTF-8",
            [DiagnosticFiles.Variable] = "0",
        };
        foreach ((string name, string value) in more)
        {
            variables[name] = value;
        }

        Invariant.Holds(variables.Keys.All(name => name.Length > 0 && !name.Contains('=')), "a variable has a name without '='");
        return variables;
    }

    private static string Count(long bytes, int unit) => Math.Max(bytes > 0 ? 1 : 0, bytes / unit).ToString(CultureInfo.InvariantCulture);
}
