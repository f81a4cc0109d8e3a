using System.Buffers.Binary;

namespace Katanemimena.DataPath;

/// <summary>Layout of run and part files. All numbers little-endian.</summary>
/// <remarks>
/// <code>
/// header   16 bytes  "KATARUN1", P (4), zero (4)
/// segments           one for each partition, in partition order, without gaps
/// index    64 bytes × P
/// footer   32 bytes  index offset (8), file length (8), P (4), zero (4), "KEND", CRC-32C of header and footer so far (4)
/// </code>
/// A segment is its groups in strictly ascending order of key bytes:
/// <code>
/// group  = varint key length, key, entry…, 0
/// entry  = varint (value length + 1) × 2 + repeated, [varint repeat, when repeated], value
/// </code>
/// so that a group of any size streams both ways. Every byte of a file is covered by a checksum: a segment by its row, a row by itself,
/// header and footer by the footer.
/// </remarks>
internal static class RunFormat
{
    /// <summary>Bytes of the header.</summary>
    public const int HeaderBytes = 16;

    /// <summary>Bytes of the footer.</summary>
    public const int FooterBytes = 32;

    /// <summary>Bytes of one index row.</summary>
    public const int RowBytes = 64;

    /// <summary>Most partitions a file may have.</summary>
    public const int PartitionsMax = 4096;

    private static ReadOnlySpan<byte> Magic => "KATARUN1"u8;

    private static ReadOnlySpan<byte> EndMagic => "KEND"u8;

    /// <summary>Writes the header.</summary>
    public static void WriteHeader(Span<byte> header, int partitions)
    {
        header.Clear();
        Magic.CopyTo(header);
        BinaryPrimitives.WriteInt32LittleEndian(header[8..], partitions);
    }

    /// <summary>Writes the footer of a file whose index starts at <paramref name="indexOffset"/>.</summary>
    public static void WriteFooter(Span<byte> footer, ReadOnlySpan<byte> header, long indexOffset, int partitions)
    {
        footer.Clear();
        BinaryPrimitives.WriteInt64LittleEndian(footer, indexOffset);
        BinaryPrimitives.WriteInt64LittleEndian(footer[8..], indexOffset + ((long)RowBytes * partitions) + FooterBytes);
        BinaryPrimitives.WriteInt32LittleEndian(footer[16..], partitions);
        EndMagic.CopyTo(footer[24..]);
        BinaryPrimitives.WriteUInt32LittleEndian(footer[28..], FooterChecksum(header, footer));
    }

    /// <summary>Reads a footer.</summary>
    /// <returns>What is wrong with it, or null.</returns>
    public static string? ReadFooter(ReadOnlySpan<byte> footer, ReadOnlySpan<byte> header, long fileBytes, out long indexOffset, out int partitions)
    {
        indexOffset = BinaryPrimitives.ReadInt64LittleEndian(footer);
        partitions = BinaryPrimitives.ReadInt32LittleEndian(footer[16..]);
        if (BinaryPrimitives.ReadUInt32LittleEndian(footer[28..]) != FooterChecksum(header, footer))
        {
            return "checksum of header and footer does not match";
        }

        return !header.StartsWith(Magic) || !footer[24..].StartsWith(EndMagic) ? "not a run file of this version"
            : partitions is < 1 or > PartitionsMax ? $"{partitions} partitions"
            : indexOffset < HeaderBytes || indexOffset + ((long)RowBytes * partitions) + FooterBytes != fileBytes ? "index out of place"
            : null;
    }

    private static uint FooterChecksum(ReadOnlySpan<byte> header, ReadOnlySpan<byte> footer) =>
        Crc32C.Append(Crc32C.Append(0, header[..HeaderBytes]), footer[..28]);
}
