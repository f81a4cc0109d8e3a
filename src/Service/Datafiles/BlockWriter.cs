using System.Buffers;
using Katanemimena.Core;
using Katanemimena.DataPath;

namespace Katanemimena.Service;

/// <summary>Blocks on the volume that no record names yet.</summary>
/// <param name="Id">Their folder.</param>
/// <param name="Token">Ends their names.</param>
/// <param name="Names">Their names, in the order of the bytes.</param>
/// <param name="Bytes">Their bytes together.</param>
/// <param name="Crc32C">CRC-32C of these.</param>
/// <param name="Gzip">Whether they begin with the two bytes of gzip.</param>
internal sealed record WrittenBlocks(string Id, string Token, IReadOnlyList<string> Names, long Bytes, uint Crc32C, bool Gzip)
{
    /// <summary>Name of the list of blocks that their writer would publish.</summary>
    internal string Index => BlockFiles.Index(Token);
}

/// <summary>Writes what is sent to blocks on the volume.</summary>
internal static class BlockWriter
{
    /// <summary>Bytes taken from the sender at once: few enough for many senders, many enough for the volume.</summary>
    internal const int BufferBytes = 256 * 1024;

    /// <summary>Writes a stream to its end, or until it has more bytes than it may have.</summary>
    /// <param name="volume">Where to.</param>
    /// <param name="id">Folder.</param>
    /// <param name="offset">Where the bytes belong in the datafile.</param>
    /// <param name="body">The bytes.</param>
    /// <param name="bytesMax">Most of them.</param>
    /// <param name="cancellation">Leaves what is published of several blocks.</param>
    /// <returns>Published blocks; null if there were too many bytes.</returns>
    internal static async ValueTask<WrittenBlocks?> WriteAsync(IVolume volume, string id, long offset, Stream body, long bytesMax, CancellationToken cancellation)
    {
        string token = BlockFiles.NewToken();
        List<string> names = [];
        long bytes = 0;
        uint crc = 0;
        bool gzip = false;
        byte[] buffer = ArrayPool<byte>.Shared.Rent(BufferBytes);
        VolumeWriter? writer = null;
        try
        {
            while (await body.ReadAtLeastAsync(buffer.AsMemory(0, BufferBytes), BufferBytes, throwOnEndOfStream: false, cancellation) is var count and > 0)
            {
                if (bytes + count > bytesMax)
                {
                    return null;
                }

                gzip = bytes == 0 ? buffer.AsSpan(0, count) is [0x1f, 0x8b, ..] : gzip;
                writer ??= Begin(volume, id, offset + bytes, token, names);
                writer.Write(buffer.AsSpan(0, count));
                bytes += count;
                crc = Crc32C.Append(crc, buffer.AsSpan(0, count));
                if (writer.Length >= DatafileStore.BlockBytesMax)
                {
                    Finish(ref writer);
                }
            }

            Finish(ref writer);
        }
        finally
        {
            writer?.Dispose();
            ArrayPool<byte>.Shared.Return(buffer);
        }

        return new WrittenBlocks(id, token, names, bytes, crc, gzip);
    }

    private static VolumeWriter Begin(IVolume volume, string id, long offset, string token, List<string> names)
    {
        names.Add(BlockFiles.Block(offset, token));
        return volume.Create(BlockFiles.Path(id, names[^1]));
    }

    private static void Finish(ref VolumeWriter? writer)
    {
        writer?.Publish();
        writer?.Dispose();
        writer = null;
    }
}
