using Katanemimena.Core;

namespace Katanemimena.Adapters.FileSystem;

/// <summary>Turns an error of the operating system into a fault that says what to do. The one place that knows error numbers.</summary>
internal static class FileFaults
{
    private const int NotAFolder = 20;

    /// <summary>Whether an exception is the operating system's.</summary>
    internal static bool IsOfFiles(Exception error) => error is IOException or UnauthorizedAccessException;

    /// <summary>Whether an exception says that there is no such file.</summary>
    internal static bool IsMissing(string path, Exception error) =>
        error is FileNotFoundException or DirectoryNotFoundException || error.HResult == NotAFolder || Directory.Exists(path);

    /// <summary>Makes the fault.</summary>
    /// <param name="deed">What could not be done: "write", "publish".</param>
    /// <param name="path">Full path of the file.</param>
    /// <param name="error">What .NET threw; on Linux its <see cref="Exception.HResult"/> is the error number.</param>
    /// <param name="ofMachine">Whether the machine is to blame; false for what the user named.</param>
    internal static PermanentFault Of(string deed, string path, Exception error, bool ofMachine = true) =>
        new($"cannot {deed} '{path}': {Remedy(path, error)}", error) { OfMachine = ofMachine };

    private static string Remedy(string path, Exception error) => (error, error.HResult) switch
    {
        (UnauthorizedAccessException, _) or (_, 1 or 13) => $"permission denied; give user '{Environment.UserName}' the right to do so",
        (PathTooLongException, _) => "the path is too long; choose a folder nearer to the root",
        (_, 5) => "the device reports an input/output error; check it, or choose another one",
        (DirectoryNotFoundException, _) or (_, 17 or NotAFolder or 21 or 39) => "a file stands where a folder is needed, or a folder where a file is; remove it",
        (_, 23 or 24) => "too many files are open; raise the limit (ulimit -n)",
        (ArgumentOutOfRangeException, _) or (_, 27) => "it has reached the largest size allowed for a file (ulimit -f, or the file system's limit)",
        (_, 28) => $"no space left on the device; free some space there{Free(path)}, or choose a folder on another device",
        (_, 30) => "the file system is read-only; remount it, or choose a folder elsewhere",
        (_, 40) => "its links lead round in a circle; let one of them lead to a file",
        (_, 122) => "the disk quota is used up; free some space or have the quota raised",
        _ => error.Message,
    };

    private static string Free(string path)
    {
        try
        {
            return $" ({new DriveInfo(Path.GetDirectoryName(path) ?? path).AvailableFreeSpace >> 20} MiB are free)";
        }
        catch (Exception unknown) when (IsOfFiles(unknown) || unknown is ArgumentException)
        {
            return "";
        }
    }
}
