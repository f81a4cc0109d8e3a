namespace Katanemimena.Runners;

/// <summary>The Python modules next to a user's file, which it may import. Nothing else of its folder: that may be a home.</summary>
internal static class SourceModules
{
    private const int CountMax = 512;

    /// <summary>Full paths of modules and packages, at most 512.</summary>
    public static IEnumerable<string> In(string? folder)
    {
        try
        {
            return folder is null || !Directory.Exists(folder)
                ? []
                : [.. new DirectoryInfo(folder).EnumerateFileSystemInfos().Where(entry => IsModule(entry) && StaysIn(entry, folder)).Select(entry => entry.FullName).Take(CountMax)];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }

    /// <summary>Whether a file or folder is what its name says, not a link that leads out of the folder it is named in.</summary>
    public static bool StaysIn(FileSystemInfo entry, string folder) =>
        entry.LinkTarget is null || (entry.ResolveLinkTarget(returnFinalTarget: true) is { } target && Paths.IsWithin(target.FullName, folder));

    private static bool IsModule(FileSystemInfo entry) => !entry.Name.StartsWith('.') && (entry is DirectoryInfo folder
        ? folder.EnumerateFiles("*.py").Any()
        : Path.GetExtension(entry.Name) is ".py" or ".so");
}
