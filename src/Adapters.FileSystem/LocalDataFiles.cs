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
            // The size is looked at first: a FIFO in the file's place has none, and opening it would wait for a writer.
            RequireSize(file, new FileInfo(file.Name).Length);
            SafeFileHandle handle = File.OpenHandle(file.Name, options: FileOptions.SequentialScan, share: FileShare.ReadWrite | FileShare.Delete);
            return new Reader(file, handle);
        }
        catch (Exception e) when (FileFaults.IsOfFiles(e))
        {
            throw FileErrors.Unreadable(file.Name, e);
        }
    }

    private static void RequireSize(InputFile file, long bytes)
    {
        if (bytes != file.Bytes)
        {
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
