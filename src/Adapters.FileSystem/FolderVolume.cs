using System.IO.Enumeration;
using System.Security.Cryptography;
using Katanemimena.Core;

namespace Katanemimena.Adapters.FileSystem;

/// <summary>A volume that is a folder of the machine, or a share mounted on it. Several processes may use one folder.</summary>
/// <remarks>
/// A file is written under a temporary name beside its path and renamed when it is published, so it is never seen half. Durable
/// volumes sync the file before and its folder after renaming: what was published survives a power failure; others leave that to the
/// operating system: what was published survives the death of the process. An open reader keeps the content it opened.
/// Names with a <c>~</c>, which no path of a volume may have, are files not published and folders being deleted.
/// </remarks>
public sealed class FolderVolume : IVolume
{
    private readonly string _root;
    private readonly bool _durable;
    private readonly string _instance = RandomNumberGenerator.GetHexString(8, lowercase: true);
    private readonly DurableFolders _folders;
    private long _names;

    /// <summary>Opens a folder, creating it if it is missing.</summary>
    /// <param name="root">The folder.</param>
    /// <param name="durable">Whether what is published must survive a power failure.</param>
    /// <param name="owner">Whether no other process uses the folder: what a process left behind unpublished when it died is removed now.</param>
    /// <exception cref="PermanentFault">The folder cannot be created or read.</exception>
    public FolderVolume(string root, bool durable, bool owner = false)
    {
        ArgumentException.ThrowIfNullOrEmpty(root);
        _root = Path.TrimEndingDirectorySeparator(Path.GetFullPath(root));
        _durable = durable;
        _folders = new DurableFolders(_root);
        try
        {
            Directory.CreateDirectory(_root);
            if (owner)
            {
                RemoveUnpublished();
            }
        }
        catch (Exception error) when (FileFaults.IsOfFiles(error))
        {
            throw FileFaults.Of("open folder", _root, error);
        }
    }

    /// <inheritdoc/>
    public VolumeWriter Create(string path)
    {
        VolumePath.Check(path);
        string full = Full(path);
        string temporary = Unused(full);
        try
        {
            return new FolderVolumeWriter(OpenNew(temporary), temporary, full, _durable ? _folders : null);
        }
        catch (Exception error) when (FileFaults.IsOfFiles(error))
        {
            throw FileFaults.Of("create", full, error);
        }
    }

    /// <inheritdoc/>
    public VolumeReader Open(string path)
    {
        VolumePath.Check(path);
        string full = Full(path);
        try
        {
            return new FolderVolumeReader(File.OpenHandle(full, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete), full);
        }
        catch (Exception error) when (FileFaults.IsOfFiles(error))
        {
            throw FileFaults.IsMissing(full, error) ? new FileNotFoundException($"there is no file '{full}'", full, error) : FileFaults.Of("read", full, error);
        }
    }

    /// <inheritdoc/>
    public bool Exists(string path)
    {
        VolumePath.Check(path);
        return File.Exists(Full(path));
    }

    /// <inheritdoc/>
    public IReadOnlyList<string> List(string folder)
    {
        ArgumentNullException.ThrowIfNull(folder);
        if (folder.Length > 0)
        {
            VolumePath.Check(folder);
        }

        string full = Full(folder);
        try
        {
            List<string> paths = Directory.Exists(full) ? [.. Entries(full, unpublished: false).Select(entry => entry[(_root.Length + 1)..])] : [];
            paths.Sort(StringComparer.Ordinal);
            return paths;
        }
        catch (DirectoryNotFoundException)
        {
            return [];
        }
        catch (Exception error) when (FileFaults.IsOfFiles(error))
        {
            throw FileFaults.Of("list", full, error);
        }
    }

    /// <inheritdoc/>
    public void Delete(string path)
    {
        VolumePath.Check(path);
        string full = Full(path);
        try
        {
            DeleteFileOrFolder(full);
        }
        catch (Exception gone) when (gone is DirectoryNotFoundException or FileNotFoundException)
        {
            // Another one deleted it at the same time.
        }
        catch (Exception error) when (FileFaults.IsOfFiles(error))
        {
            throw FileFaults.Of("delete", full, error);
        }
    }

    private string Full(string path) => path.Length == 0 ? _root : Path.Combine(_root, path);

    /// <summary>A name beside the path that nobody has.</summary>
    private string Unused(string full) => $"{full}~{_instance}{Interlocked.Increment(ref _names)}";

    /// <remarks>Another thread may delete the folder between its creation and that of the file: then both are tried again.</remarks>
    private static Microsoft.Win32.SafeHandles.SafeFileHandle OpenNew(string temporary)
    {
        const int triesMax = 100;
        for (int tries = 1; ; tries++)
        {
            Directory.CreateDirectory(Path.GetDirectoryName(temporary)!);
            try
            {
                return File.OpenHandle(temporary, FileMode.CreateNew, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete);
            }
            catch (DirectoryNotFoundException) when (tries < triesMax)
            {
            }
        }
    }

    /// <remarks>A folder is renamed first: it goes at once with all that is in it, and who writes there anew is not disturbed.</remarks>
    private void DeleteFileOrFolder(string full)
    {
        if (Directory.Exists(full))
        {
            string doomed = Unused(full);
            Directory.Move(full, doomed);
            _folders.Forget();
            Directory.Delete(doomed, recursive: true);
        }
        else if (File.Exists(full))
        {
            File.Delete(full);
        }
    }

    private void RemoveUnpublished()
    {
        foreach (string left in Entries(_root, unpublished: true).ToList())
        {
            if (Directory.Exists(left))
            {
                Directory.Delete(left, recursive: true);
            }
            else
            {
                File.Delete(left);
            }
        }
    }

    /// <summary>Published files below a folder, or the temporary files and doomed folders there.</summary>
    private static FileSystemEnumerable<string> Entries(string folder, bool unpublished)
    {
        EnumerationOptions options = new() { RecurseSubdirectories = true, AttributesToSkip = 0, IgnoreInaccessible = false };
        return new FileSystemEnumerable<string>(folder, (ref FileSystemEntry entry) => entry.ToFullPath(), options)
        {
            ShouldRecursePredicate = (ref FileSystemEntry entry) => !entry.FileName.Contains('~'),
            ShouldIncludePredicate = (ref FileSystemEntry entry) =>
                unpublished ? entry.FileName.Contains('~') : !entry.IsDirectory && VolumePath.IsName(entry.FileName),
        };
    }
}
