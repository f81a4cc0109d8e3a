using Katanemimena.Core;

namespace Katanemimena.Adapters.FileSystem;

/// <summary>What to say of input that cannot be read.</summary>
internal static class FileErrors
{
    private static readonly EnumerationOptions Everything = new() { AttributesToSkip = 0, IgnoreInaccessible = false };

    /// <summary>Says why a file or folder cannot be read.</summary>
    public static PermanentFault Unreadable(string path, Exception cause) => cause is FileNotFoundException or DirectoryNotFoundException
        ? new PermanentFault($"{path}: no such file or folder", cause)
        : FileFaults.Of("read", path, cause, ofMachine: false);

    /// <summary>Everything in a folder, hidden or not, in no order.</summary>
    /// <exception cref="PermanentFault">The folder cannot be read.</exception>
    public static FileSystemInfo[] EntriesOf(string folder)
    {
        try
        {
            return [.. new DirectoryInfo(folder).EnumerateFileSystemInfos("*", Everything)];
        }
        catch (Exception e) when (FileFaults.IsOfFiles(e))
        {
            throw Unreadable(folder, e);
        }
    }
}
