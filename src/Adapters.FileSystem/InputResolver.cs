using System.Text;
using Katanemimena.Core;
using Microsoft.Win32.SafeHandles;

namespace Katanemimena.Adapters.FileSystem;

/// <summary>Turns what a user names as data (files, folders, globs) into input files.</summary>
public static class InputResolver
{
    private static readonly Comparer<byte[]> ByteOrder = Comparer<byte[]>.Create((left, right) => left.AsSpan().SequenceCompareTo(right));

    /// <summary>Finds the input files.</summary>
    /// <param name="paths">
    /// Each is a file, a folder or a glob; relative ones start at the current folder. They count in the order given, and a file named twice
    /// counts twice. A folder stands for all files below it, a glob for all files and folders it matches, each file once: by the bytes of the path in UTF-8,
    /// without names that begin with a dot and without folders that are reached by a link. Globs know <c>*</c>, <c>?</c>, <c>[…]</c>, and <c>**</c> as a name
    /// for any number of folders; a path that exists as it is written is no glob.
    /// </param>
    /// <returns>Full paths with sizes; gzip is recognised by the first two bytes (RFC 1952).</returns>
    /// <exception cref="PermanentFault">Something is missing, cannot be read, is not a regular file, or a folder or glob has no files.</exception>
    public static IReadOnlyList<InputFile> Resolve(IReadOnlyList<string> paths)
    {
        var inputs = new List<InputFile>();
        foreach (string path in paths)
        {
            try
            {
                inputs.AddRange(Expand(path).Select(Inspect));
            }
            catch (Exception e) when (FileFaults.IsOfFiles(e) || e is ArgumentException)
            {
                throw FileErrors.Unreadable(path, e);
            }
        }

        return inputs;
    }

    private static string[] Expand(string path)
    {
        if (path.Length == 0)
        {
            throw new PermanentFault("a data path is empty: name a file, a folder or a glob");
        }

        string full = Path.GetFullPath(path);
        if (Directory.Exists(full))
        {
            string[] below = Sort(FilesBelow(full));
            return below.Length > 0 ? below : throw new PermanentFault($"{full}: the folder has no files (names that begin with a dot are left out)");
        }

        if (Path.Exists(full) || !GlobPattern.IsPattern(path))
        {
            return [full];
        }

        string[] matched = Sort(new GlobWalk(full).Paths().SelectMany(match => Directory.Exists(match) ? FilesBelow(match) : [match]).Distinct());
        return matched.Length > 0 ? matched : throw new PermanentFault($"{path}: no file matches");
    }

    private static IEnumerable<string> FilesBelow(string folder)
    {
        foreach (FileSystemInfo entry in FileErrors.EntriesOf(folder))
        {
            if (entry.Name.StartsWith('.'))
            {
                continue;
            }

            if (entry is not DirectoryInfo)
            {
                yield return entry.FullName;
            }
            else if (entry.LinkTarget is null)
            {
                foreach (string file in FilesBelow(entry.FullName))
                {
                    yield return file;
                }
            }
        }
    }

    private static InputFile Inspect(string path)
    {
        try
        {
            return Measure(path);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw Missing(path);
        }
        catch (Exception e) when (FileFaults.IsOfFiles(e))
        {
            throw FileErrors.Unreadable(path, e);
        }
    }

    /// <summary>Size and first bytes of what is opened, so that both are of the same file whatever links lead to it. A file without a size is looked into as
    /// well, for some of the kernel's files have data all the same; but not where it may be a pipe.</summary>
    private static InputFile Measure(string path)
    {
        if (!FileKind.IsKnown && RegularFiles.LengthWithoutOpening(path) == 0)
        {
            return new InputFile(path, 0, false);
        }

        using SafeFileHandle handle = RegularFiles.Open(path);
        long bytes = RandomAccess.GetLength(handle);
        Span<byte> magic = stackalloc byte[2];
        int read = RandomAccess.Read(handle, magic, 0);
        return bytes > 0 || read == 0
            ? new InputFile(path, bytes, read == 2 && magic is [0x1f, 0x8b])
            : throw new PermanentFault($"{path} does not tell its size: copy its data to a file, or give it on standard input with --data -");
    }

    private static PermanentFault Missing(string path) => path switch
    {
        _ when path.Contains('\uFFFD', StringComparison.Ordinal) => new PermanentFault($"{path}: a name that is not valid UTF-8 cannot be opened; rename it"),
        _ when RegularFiles.EndOfLinks(path) is { } end => new PermanentFault($"{path}: the link leads to {end}, which is not there"),
        _ => new PermanentFault($"{path}: no such file or folder"),
    };

    private static string[] Sort(IEnumerable<string> paths) =>
        [.. paths.Select(path => (Path: path, Bytes: Encoding.UTF8.GetBytes(path))).OrderBy(pair => pair.Bytes, ByteOrder).Select(pair => pair.Path)];
}
