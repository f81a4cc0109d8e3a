using System.Globalization;
using Katanemimena.Core;
using Microsoft.Win32.SafeHandles;

namespace Katanemimena.Adapters.FileSystem;

/// <summary>Input files anywhere on this machine, named by full path as <see cref="InputResolver"/> lists them.</summary>
public sealed class LocalDataFiles : IDataFiles
{
    /// <inheritdoc/>
    public VolumeReader Open(InputFile file)
    {
        try
        {
            SafeFileHandle handle = RegularFiles.Open(file.Name, FileOptions.SequentialScan);
            RequireSize(file, handle);
            return new Reader(file, handle);
        }
        catch (Exception e) when (FileFaults.IsOfFiles(e))
        {
            throw FileErrors.Unreadable(file.Name, e);
        }
    }

    /// <summary>Refuses a file that has another size than it had, and closes it then.</summary>
    private static void RequireSize(InputFile file, SafeFileHandle handle)
    {
        long bytes = RandomAccess.GetLength(handle);
        if (bytes != file.Bytes)
        {
            handle.Dispose();
            throw new PermanentFault(string.Create(CultureInfo.InvariantCulture,
                $"{file.Name} has {bytes} bytes, but had {file.Bytes} when the job was submitted: it must not change while a job reads it"));
        }
    }

    private sealed class Reader(InputFile file, SafeFileHandle handle) : VolumeReader
    {
        public override long Length => file.Bytes;

        public override int Read(long offset, Span<byte> buffer)
        {
            try
            {
                int filled = 0;
                for (int count = -1; filled < buffer.Length && count != 0; filled += count)
                {
                    count = RandomAccess.Read(handle, buffer[filled..], offset + filled);
                }

                return filled;
            }
            catch (Exception e) when (FileFaults.IsOfFiles(e))
            {
                throw FileErrors.Unreadable(file.Name, e);
            }
        }

        protected override void Dispose(bool disposing) => handle.Dispose();
    }
}
