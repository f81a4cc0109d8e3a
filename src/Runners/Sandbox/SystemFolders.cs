namespace Katanemimena.Runners;

/// <summary>What of the machine every program in a sandbox sees, read-only: programs and libraries, and settings that they do not work without.</summary>
/// <remarks>Not all of <c>/etc</c>, where machines keep secrets.</remarks>
internal sealed class SystemFolders
{
    private static readonly string[] s_roots = ["/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32"];

    private static readonly string[] s_settings =
    [
        "alternatives", "group", "ld.so.cache", "ld.so.conf", "ld.so.conf.d", "locale.alias", "localtime", "magic", "mime.types", "nsswitch.conf",
        "passwd", "perl", "protocols", "R", "services", "terminfo", "timezone",
    ];

    private readonly string[] _folders;
    private readonly string[] _arguments;

    /// <summary>Looks at the machine.</summary>
    /// <param name="more">Full paths of files and folders that are to be seen as well.</param>
    public SystemFolders(IEnumerable<string> more)
    {
        More = [.. more.Select(Path.TrimEndingDirectorySeparator)];
        string[] roots = [.. s_roots.Where(Path.Exists)];
        _folders = [.. roots, .. More];
        _arguments =
        [
            .. roots.SelectMany(Root),
            .. Settings().SelectMany(path => new[] { "--ro-bind-try", path, path }),
        ];
    }

    /// <summary>Arguments of bubblewrap that show the system's own.</summary>
    public IReadOnlyList<string> Arguments => _arguments;

    /// <summary>What is to be seen as well, to be shown once <c>/tmp</c> is there, for it may be below that.</summary>
    public IReadOnlyList<string> More { get; }

    /// <summary>Whether a path is seen already.</summary>
    public bool Has(string path) => _folders.Any(folder => Paths.IsWithin(path, folder));

    // On systems with all programs below /usr the others are links into it.
    private static string[] Root(string folder) =>
        new DirectoryInfo(folder).LinkTarget is { } target ? ["--symlink", target, folder] : ["--ro-bind", folder, folder];

    private static IEnumerable<string> Settings() =>
        s_settings.Select(name => Path.Join("/etc", name)).Where(Path.Exists)
            .Concat(Directory.EnumerateFileSystemEntries("/etc", "java-*"))
            .Concat(Directory.EnumerateFileSystemEntries("/etc", "python3*"));
}
