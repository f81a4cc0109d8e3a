using System.Buffers.Binary;
using Katanemimena.Core;

namespace Katanemimena.DataPath;

/// <summary>The header of a gzip member: RFC 1952, section 2.3.</summary>
internal static class GzipHeader
{
    /// <summary>Bytes of the fixed part, and so of the shortest header.</summary>
    public const int BytesMin = 10;

    private const byte Deflate = 8;
    private const byte HasHeaderCrc = 2;
    private const byte HasExtra = 4;
    private const byte HasName = 8;
    private const byte HasComment = 16;
    private const byte Reserved = 0xE0;

    /// <summary>Finds the first byte after a header that starts at an offset.</summary>
    /// <returns>False if there is no whole header.</returns>
    public static bool TryFindEnd(VolumeReader reader, long start, out long end)
    {
        Span<byte> head = stackalloc byte[BytesMin];
        end = start + BytesMin;
        if (reader.Read(start, head) < BytesMin || head[0] != 0x1f || head[1] != 0x8b || head[2] != Deflate || (head[3] & Reserved) != 0)
        {
            return false;
        }

        byte flags = head[3];
        return ((flags & HasExtra) == 0 || TrySkipExtra(reader, ref end))
            && ((flags & HasName) == 0 || TrySkipText(reader, ref end))
            && ((flags & HasComment) == 0 || TrySkipText(reader, ref end))
            && ((flags & HasHeaderCrc) == 0 || (end += 2) <= reader.Length);
    }

    private static bool TrySkipExtra(VolumeReader reader, ref long end)
    {
        Span<byte> length = stackalloc byte[2];
        if (reader.Read(end, length) < length.Length)
        {
            return false;
        }

        end += length.Length + BinaryPrimitives.ReadUInt16LittleEndian(length);
        return end <= reader.Length;
    }

    /// <summary>Passes over text that ends in a zero byte.</summary>
    private static bool TrySkipText(VolumeReader reader, ref long end)
    {
        Span<byte> piece = stackalloc byte[256];
        for (int count; (count = reader.Read(end, piece)) > 0; end += count)
        {
            int zero = piece[..count].IndexOf((byte)0);
            if (zero >= 0)
            {
                end += zero + 1;
                return true;
            }
        }

        return false;
    }
}
