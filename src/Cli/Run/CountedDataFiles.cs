using Katanemimena.Core;

namespace Katanemimena.Cli.Run;

/// <summary>Input files, whose bytes are counted as they are read: so a task that runs for long shows that it goes on.</summary>
/// <param name="files">The files.</param>
/// <param name="read">Told of bytes that were read, by any thread.</param>
internal sealed class CountedDataFiles(IDataFiles files, Action<long> read) : IDataFiles
{
    /// <inheritdoc/>
    public VolumeReader Open(InputFile file) => new Reader(files.Open(file), read);

    private sealed class Reader(VolumeReader file, Action<long> read) : VolumeReader
    {
        public override long Length => file.Length;

        public override int Read(long offset, Span<byte> buffer)
        {
            int count = file.Read(offset, buffer);
            read(count);
            return count;
        }

        protected override void Dispose(bool disposing) => file.Dispose();
    }
}
