using Katanemimena.Adapters.FileSystem;

namespace Katanemimena.Cli.Output;

/// <summary>A file that comes to be whole or not at all: written beside its place under another name, renamed when done.
/// A file that it replaces leaves it its owner and rights.</summary>
/// <remarks>Standard output, devices and pipes are written directly.</remarks>
internal sealed class OutputFile : IDisposable
{
    private readonly string _path;
    private readonly string? _temporary;
    private Stream? _stream;
    private bool _done;

    private OutputFile(string path, string? temporary, Stream stream) => (_path, _temporary, _stream) = (path, temporary, stream);

    /// <summary>The file as it was asked for, in full; <c>-</c> for standard output.</summary>
    public string Path => _path;

    /// <summary>Whether it is standard output.</summary>
    public bool IsStandardOutput => _path == "-";

    /// <summary>Where to write. Not buffered: write large pieces.</summary>
    public Stream Stream => _stream ?? throw new ObjectDisposedException(_path);

    /// <summary>Opens the file for writing, and so shows before the job runs that it can be written.</summary>
    /// <param name="option">The option that names it, for errors.</param>
    /// <param name="given">The path as given; <c>-</c> for standard output.</param>
    /// <param name="force">Whether a file that exists may be replaced.</param>
    /// <exception cref="CommandError">It exists, is a folder, or cannot be written.</exception>
    public static OutputFile Open(string option, string given, bool force)
    {
        if (given == "-")
        {
            return StandardDescriptors.CanWrite
                ? new(given, null, new StandardOutput())
                : throw CommandError.Environment($"standard output is closed or not open for writing: redirect it, or name a file with {option}");
        }

        string path = System.IO.Path.GetFullPath(given);
        if (Directory.Exists(path))
        {
            throw CommandError.Usage($"{option} {given}: is a folder; name a file");
        }

        try
        {
            if (Exists(path) && FileKind.OtherThanRegular(path) is not null)
            {
                return new(path, null, new FileStream(path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite, 0));
            }

            if (new FileInfo(path).LinkTarget is not null)
            {
                path = File.ResolveLinkTarget(path, returnFinalTarget: true)!.FullName;
            }

            return Exists(path) ? OpenExisting(option, given, path, force) : OpenTemporary(path);
        }
        catch (DirectoryNotFoundException)
        {
            throw CommandError.Usage($"{option} {given}: the folder {System.IO.Path.GetDirectoryName(path)} does not exist");
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw CommandError.Environment($"{option} {given}: cannot be written: {error.Message}", error);
        }
    }

    /// <summary>Whether both would come to be the same file. Of devices and pipes that is not said.</summary>
    public bool IsSameAs(OutputFile other)
    {
        if (_temporary is null || other._temporary is null)
        {
            return false;
        }

        // What does not exist yet is told by its name and the folder that it will be in.
        return FileKind.Identity(_path) is { } mine
            ? mine == FileKind.Identity(other._path)
            : System.IO.Path.GetFileName(_path) == System.IO.Path.GetFileName(other._path)
                && FileKind.Identity(System.IO.Path.GetDirectoryName(_path)!) == FileKind.Identity(System.IO.Path.GetDirectoryName(other._path)!);
    }

    /// <summary>The first of some files that this one would replace, or null.</summary>
    public string? ReplacedOf(IEnumerable<string> paths) =>
        _temporary is not null && FileKind.Identity(_path) is { } mine ? paths.FirstOrDefault(path => FileKind.Identity(path) == mine) : null;

    /// <summary>Puts the file in its place.</summary>
    public void Publish()
    {
        _stream!.Dispose();
        _stream = null;
        if (_temporary is not null)
        {
            File.Move(_temporary, _path, overwrite: true);
        }

        _done = true;
    }

    /// <summary>Closes the file and, unless it was published, removes what was written.</summary>
    public void Dispose()
    {
        _stream?.Dispose();
        _stream = null;
        if (!_done && _temporary is not null)
        {
            File.Delete(_temporary);
        }
    }

    private static bool Exists(string path) => File.Exists(path) || Directory.Exists(path);

    private static OutputFile OpenExisting(string option, string given, string path, bool force) =>
        force ? OpenTemporary(path) : throw CommandError.Usage($"{option} {given}: exists already; name another file, or replace it with --force");

    private static OutputFile OpenTemporary(string path)
    {
        PartialFile.RemoveStale(path);
        FileStream stream = PartialFile.Create(path);
        return new(path, stream.Name, stream);
    }
}
