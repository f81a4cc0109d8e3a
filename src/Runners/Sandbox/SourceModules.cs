namespace Katanemimena.Runners;

/// <summary>The modules next to a user's file, which it may load. Nothing else of its folder: that may be a home.</summary>
internal static class SourceModules
{
    private const int CountMax = 512;

    /// <summary>Full paths of Python modules and packages, at most 512.</summary>
    public static IEnumerable<string> OfPython(string? folder) =>
        In(folder, entry => entry is DirectoryInfo package ? package.EnumerateFiles("*.py").Any() : Path.GetExtension(entry.Name) is ".py" or ".so");

    /// <summary>Full paths of .NET assemblies and native libraries, at most 512.</summary>
    public static IEnumerable<string> OfDotNet(string? folder) =>
        In(folder, entry => entry is FileInfo && (Path.GetExtension(entry.Name) is ".dll" or ".so" || entry.Name.Contains(".so.", StringComparison.Ordinal)));

    /// <summary>Whether a file or folder is what its name says, not a link that leads out of the folder it is named in.</summary>
    public static bool StaysIn(FileSystemInfo entry, string folder) =>
        entry.LinkTarget is null || (entry.ResolveLinkTarget(returnFinalTarget: true) is { } target && Paths.IsWithin(target.FullName, folder));

    private static string[] In(string? folder, Func<FileSystemInfo, bool> isModule)
    {
        try
        {
            return folder is null || !Directory.Exists(folder)
                ? []
                : [.. new DirectoryInfo(folder).EnumerateFileSystemInfos().Where(entry => !entry.Name.StartsWith('.') && isModule(entry) && StaysIn(entry, folder)).Select(entry => entry.FullName).Take(CountMax)];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }
}
