namespace Katanemimena.Core;

/// <summary>The shared volume: files that are written once, published atomically, and read by byte range.</summary>
/// <remarks>Paths are relative, with <c>/</c> between names made of letters, digits, <c>.</c>, <c>_</c> and <c>-</c>; <c>..</c> is refused
/// with an <see cref="ArgumentException"/> (<see cref="VolumePath"/>). Folders come to be with the files in them.
/// Calls are synchronous: they run on the data path's own threads. A full disk, a missing right or a broken device is a
/// <see cref="PermanentFault"/> that says so.</remarks>
public interface IVolume
{
    /// <summary>Opens a new file for writing. Nobody sees it before <see cref="VolumeWriter.Publish"/>.</summary>
    VolumeWriter Create(string path);

    /// <summary>Opens a published file.</summary>
    /// <exception cref="FileNotFoundException">There is none.</exception>
    VolumeReader Open(string path);

    /// <summary>Whether a published file has this path.</summary>
    bool Exists(string path);

    /// <summary>Published files below a folder (empty for the whole volume), by path in ordinal order; none if the folder does not exist.</summary>
    IReadOnlyList<string> List(string folder);

    /// <summary>Deletes a file, or a folder with all below it, unpublished files included. Deleting what is not there does nothing.</summary>
    void Delete(string path);
}

/// <summary>A file being written, front to back, by one thread.</summary>
public abstract class VolumeWriter : IDisposable
{
    /// <summary>Bytes written so far.</summary>
    public abstract long Length { get; }

    /// <summary>Appends bytes. Not buffered here: write large pieces.</summary>
    public abstract void Write(ReadOnlySpan<byte> bytes);

    /// <summary>Makes the content durable as far as the volume promises it, then visible under its path in one step, replacing what was there. Once.</summary>
    public abstract void Publish();

    /// <summary>Deletes the file if it was not published.</summary>
    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Releases the file; deletes it if it was not published.</summary>
    protected abstract void Dispose(bool disposing);
}

/// <summary>A published file. Safe for several threads.</summary>
public abstract class VolumeReader : IDisposable
{
    /// <summary>Size in bytes.</summary>
    public abstract long Length { get; }

    /// <summary>Reads from a byte offset until the buffer is full or the file ends.</summary>
    /// <returns>Bytes read; less than asked for only at the end of the file.</returns>
    public abstract int Read(long offset, Span<byte> buffer);

    /// <summary>Releases the file.</summary>
    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Releases the file.</summary>
    protected abstract void Dispose(bool disposing);
}

/// <summary>The data that jobs read. On a cluster, files of the shared volume; embedded, any file of the machine.</summary>
public interface IDataFiles
{
    /// <summary>Opens one file by the name under which the job's specification lists it.</summary>
    /// <exception cref="PermanentFault">It is missing or cannot be read, or its size is not the one given.</exception>
    VolumeReader Open(InputFile file);
}
