using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;

namespace Katanemimena.DataPath;

/// <summary>One row of a run file's index: offset (8), length (8), pairs (8), groups (8), segment CRC (4), prefix length (1), prefix (23), row CRC (4).</summary>
internal struct RunRow
{
    /// <summary>Most bytes of common prefix kept.</summary>
    public const int PrefixBytesMax = 23;

    private PrefixBytes _prefix;

    /// <summary>Byte offset of the segment.</summary>
    public long Offset;

    /// <summary>Its bytes.</summary>
    public long Length;

    /// <summary>Pairs in it, repeats counted.</summary>
    public long Pairs;

    /// <summary>Keys in it.</summary>
    public long Groups;

    /// <summary>CRC-32C of its bytes.</summary>
    public uint Crc;

    private byte _prefixLength;

    /// <summary>Bytes with which all its keys start, at most <see cref="PrefixBytesMax"/>.</summary>
    [UnscopedRef]
    public readonly ReadOnlySpan<byte> Prefix => ((ReadOnlySpan<byte>)_prefix)[.._prefixLength];

    /// <summary>Sets <see cref="Prefix"/> to what the first and the last key share.</summary>
    public void SetPrefix(ReadOnlySpan<byte> first, ReadOnlySpan<byte> last)
    {
        int shared = Math.Min(first.CommonPrefixLength(last), PrefixBytesMax);
        first[..shared].CopyTo(_prefix);
        _prefixLength = (byte)shared;
    }

    /// <summary>Writes the row of a partition.</summary>
    public readonly void Write(Span<byte> row, int partition)
    {
        row.Clear();
        BinaryPrimitives.WriteInt64LittleEndian(row, Offset);
        BinaryPrimitives.WriteInt64LittleEndian(row[8..], Length);
        BinaryPrimitives.WriteInt64LittleEndian(row[16..], Pairs);
        BinaryPrimitives.WriteInt64LittleEndian(row[24..], Groups);
        BinaryPrimitives.WriteUInt32LittleEndian(row[32..], Crc);
        row[36] = _prefixLength;
        Prefix.CopyTo(row[37..]);
        BinaryPrimitives.WriteUInt32LittleEndian(row[60..], Checksum(row, partition));
    }

    /// <summary>Reads the row of a partition.</summary>
    /// <returns>False if it is damaged or names bytes outside of the segments.</returns>
    public static bool TryRead(ReadOnlySpan<byte> row, int partition, long indexOffset, out RunRow result)
    {
        result = default;
        if (BinaryPrimitives.ReadUInt32LittleEndian(row[60..]) != Checksum(row, partition) || row[36] > PrefixBytesMax)
        {
            return false;
        }

        result.Offset = BinaryPrimitives.ReadInt64LittleEndian(row);
        result.Length = BinaryPrimitives.ReadInt64LittleEndian(row[8..]);
        result.Pairs = BinaryPrimitives.ReadInt64LittleEndian(row[16..]);
        result.Groups = BinaryPrimitives.ReadInt64LittleEndian(row[24..]);
        result.Crc = BinaryPrimitives.ReadUInt32LittleEndian(row[32..]);
        result._prefixLength = row[36];
        row.Slice(37, PrefixBytesMax).CopyTo(result._prefix);
        return result.Length >= 0 && result.Offset >= RunFormat.HeaderBytes && result.Offset <= indexOffset - result.Length;
    }

    private static uint Checksum(ReadOnlySpan<byte> row, int partition)
    {
        Span<byte> number = stackalloc byte[4];
        BinaryPrimitives.WriteInt32LittleEndian(number, partition);
        return Crc32C.Append(Crc32C.Append(0, number), row[..60]);
    }

    [InlineArray(PrefixBytesMax)]
    private struct PrefixBytes
    {
        private byte _first;
    }
}
