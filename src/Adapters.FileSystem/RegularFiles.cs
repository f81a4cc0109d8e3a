using Katanemimena.Core;
using Microsoft.Win32.SafeHandles;

namespace Katanemimena.Adapters.FileSystem;

/// <summary>Opens input files. Links are followed: what counts is the file that they lead to.</summary>
internal static class RegularFiles
{
    /// <summary>Opens a file for reading. What is no regular file is not opened, for a pipe would wait for its writer.</summary>
    /// <exception cref="PermanentFault">It is a pipe, a socket or a device.</exception>
    /// <exception cref="IOException">It cannot be opened.</exception>
    public static SafeFileHandle Open(string path, FileOptions options = FileOptions.None)
    {
        if (FileKind.OtherThanRegular(path) is { } kind)
        {
            throw new PermanentFault($"{path} is {kind}, not a regular file: copy its data to a file, or give it on standard input with --data -");
        }

        return File.OpenHandle(path, options: options, share: FileShare.ReadWrite | FileShare.Delete);
    }

    /// <summary>Size of the file that a path leads to.</summary>
    public static long LengthWithoutOpening(string path) => new FileInfo(EndOfLinks(path) ?? path).Length;

    /// <summary>Where a link leads in the end, whether or not anything is there; null for what is no link.</summary>
    /// <exception cref="IOException">The links lead round in a circle.</exception>
    public static string? EndOfLinks(string path) =>
        new FileInfo(path).LinkTarget is null ? null : File.ResolveLinkTarget(path, returnFinalTarget: true)?.FullName;
}
