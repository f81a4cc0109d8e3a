using Katanemimena.Core;

namespace Katanemimena.Adapters.FileSystem;

/// <summary>What to say of input that cannot be read.</summary>
internal static class FileErrors
{
    /// <summary>Says why a file or folder cannot be read.</summary>
    public static PermanentFault Unreadable(string path, Exception cause) => cause switch
    {
        FileNotFoundException or DirectoryNotFoundException => new PermanentFault($"{path}: no such file or folder", cause),
        UnauthorizedAccessException => new PermanentFault($"{path} cannot be read: permission denied; grant read access to it", cause),
        _ => new PermanentFault($"{path} cannot be read: {cause.Message}", cause),
    };
}
