using System.Buffers;
using System.IO.Compression;
using Katanemimena.Core;

namespace Katanemimena.Api;

/// <summary>Sends bytes of files of the volume. Nothing is sent before the first block was read, so that a file that cannot be read is answered with a status of its
/// own; nor does anything end the answer after an error, so that nobody takes a part for the whole. Holds a block or two, however large the file is.</summary>
internal static class FileBytes
{
    private const int BlockBytes = 128 * 1024;

    /// <summary>Sends some bytes as they are.</summary>
    /// <exception cref="PermanentFault">The file cannot be read; a part may have been sent.</exception>
    internal static Task SendAsync(VolumeReader file, long start, long length, Stream to, CancellationToken cancellation) =>
        EachBlockAsync(file, start, length, block => to.WriteAsync(block, cancellation));

    /// <summary>Sends the whole in gzip.</summary>
    /// <exception cref="PermanentFault">The file cannot be read; a part may have been sent.</exception>
    internal static async Task SendCompressedAsync(VolumeReader file, Stream to, CancellationToken cancellation)
    {
        // Not straight into the answer: a compressor that is disposed of writes the end that makes gzip whole, after an error too.
        using var packed = new MemoryStream();
        using (var compressor = new GZipStream(packed, CompressionLevel.Fastest, leaveOpen: true))
        {
            await EachBlockAsync(file, 0, file.Length, block =>
            {
                compressor.Write(block.Span);
                return DrainAsync(packed, to, cancellation);
            });
        }

        await DrainAsync(packed, to, cancellation);
    }

    private static async Task EachBlockAsync(VolumeReader file, long start, long length, Func<ReadOnlyMemory<byte>, ValueTask> send)
    {
        byte[] buffer = ArrayPool<byte>.Shared.Rent(BlockBytes);
        try
        {
            for (long left = length; left > 0;)
            {
                int wanted = (int)Math.Min(left, BlockBytes);
                int read = file.Read(start + length - left, buffer.AsSpan(0, wanted));
                Invariant.Holds(read == wanted, "a published file has the length it says");
                await send(buffer.AsMemory(0, read));
                left -= read;
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private static async ValueTask DrainAsync(MemoryStream packed, Stream to, CancellationToken cancellation)
    {
        if (packed.Length > 0)
        {
            await to.WriteAsync(packed.GetBuffer().AsMemory(0, (int)packed.Length), cancellation);
            packed.SetLength(0);
        }
    }
}
