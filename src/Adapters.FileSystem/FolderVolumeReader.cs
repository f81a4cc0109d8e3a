using Katanemimena.Core;
using Microsoft.Win32.SafeHandles;

namespace Katanemimena.Adapters.FileSystem;

/// <summary>A file open for reading at any offset, by any thread.</summary>
internal sealed class FolderVolumeReader(SafeFileHandle handle, string path) : VolumeReader
{
    public override long Length { get; } = RandomAccess.GetLength(handle);

    public override int Read(long offset, Span<byte> buffer)
    {
        try
        {
            int read = 0;
            while (read < buffer.Length && RandomAccess.Read(handle, buffer[read..], offset + read) is var more and > 0)
            {
                read += more;
            }

            return read;
        }
        catch (Exception error) when (FileFaults.IsOfFiles(error))
        {
            throw FileFaults.Of("read", path, error);
        }
    }

    protected override void Dispose(bool disposing) => handle.Dispose();
}
