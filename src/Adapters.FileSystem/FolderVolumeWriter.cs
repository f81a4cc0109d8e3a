using Katanemimena.Core;
using Microsoft.Win32.SafeHandles;

namespace Katanemimena.Adapters.FileSystem;

/// <summary>A file being written under its temporary name.</summary>
/// <param name="handle">The file; closed with this object.</param>
/// <param name="temporary">Its name until it is published.</param>
/// <param name="path">Its name afterwards.</param>
/// <param name="durable">Syncs folders; null if the volume is not durable.</param>
internal sealed class FolderVolumeWriter(SafeFileHandle handle, string temporary, string path, DurableFolders? durable) : VolumeWriter
{
    private long _length;
    private bool _published;

    public override long Length => _length;

    /// <remarks>.NET calls a file that may not grow further an argument out of range.</remarks>
    public override void Write(ReadOnlySpan<byte> bytes)
    {
        try
        {
            RandomAccess.Write(handle, bytes, _length);
            _length += bytes.Length;
        }
        catch (Exception error) when (FileFaults.IsOfFiles(error) || error is ArgumentOutOfRangeException)
        {
            throw FileFaults.Of("write", path, error);
        }
    }

    public override void Publish()
    {
        ObjectDisposedException.ThrowIf(handle.IsClosed, this);
        try
        {
            if (durable is not null)
            {
                RandomAccess.FlushToDisk(handle);
            }

            handle.Dispose();
            Rename();
            _published = true;
            durable?.Sync(Path.GetDirectoryName(path)!);
        }
        catch (Exception error) when (FileFaults.IsOfFiles(error))
        {
            throw error is FileNotFoundException or DirectoryNotFoundException
                ? new PermanentFault($"cannot publish '{path}': its folder was deleted while it was written", error)
                : FileFaults.Of("publish", path, error);
        }
    }

    protected override void Dispose(bool disposing)
    {
        handle.Dispose();
        if (!_published)
        {
            try
            {
                File.Delete(temporary);
            }
            catch (Exception error) when (FileFaults.IsOfFiles(error))
            {
                // Gone with its folder, or left for the next owner of the volume to remove.
            }
        }
    }

    /// <remarks>An empty folder may be left where the file belongs, from files that were deleted.</remarks>
    private void Rename()
    {
        if (Directory.Exists(path))
        {
            Directory.Delete(path, recursive: false);
        }

        File.Move(temporary, path, overwrite: true);
    }
}
