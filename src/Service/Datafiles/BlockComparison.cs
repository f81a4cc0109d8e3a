using System.Buffers;
using Katanemimena.Core;
using Katanemimena.DataPath;

namespace Katanemimena.Service;

/// <summary>Compares bytes that are sent again with those that are there.</summary>
internal static class BlockComparison
{
    /// <summary>Looks whether a stream has the bytes of a file from an offset on, so many and no more. Reads it no further than the first difference.</summary>
    /// <returns>CRC-32C of the bytes; null if they are others.</returns>
    internal static async ValueTask<uint?> CompareAsync(VolumeReader stored, long offset, long length, Stream body, CancellationToken cancellation)
    {
        byte[] buffer = ArrayPool<byte>.Shared.Rent(2 * BlockWriter.BufferBytes);
        try
        {
            Memory<byte> sent = buffer.AsMemory(0, BlockWriter.BufferBytes);
            Memory<byte> there = buffer.AsMemory(BlockWriter.BufferBytes, BlockWriter.BufferBytes);
            long compared = 0;
            uint crc = 0;
            while (await body.ReadAtLeastAsync(sent, sent.Length, throwOnEndOfStream: false, cancellation) is var count and > 0)
            {
                if (compared + count > length
                    || stored.Read(offset + compared, there.Span[..count]) != count
                    || !sent.Span[..count].SequenceEqual(there.Span[..count]))
                {
                    return null;
                }

                compared += count;
                crc = Crc32C.Append(crc, sent.Span[..count]);
            }

            return compared == length ? crc : null;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }
}
