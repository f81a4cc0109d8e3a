namespace Katanemimena.Orchestration;

/// <summary>Partition sizes as the store keeps them: a variable-length integer each (7 bits a byte, low first, LEB128), in the order of the partitions.</summary>
internal static class PartitionSizes
{
    public static byte[] Write(IReadOnlyList<long> sizes)
    {
        var bytes = new List<byte>(sizes.Count * 3);
        foreach (long size in sizes)
        {
            ulong rest = checked((ulong)size);
            for (; rest >= 0x80; rest >>= 7)
            {
                bytes.Add((byte)(rest | 0x80));
            }

            bytes.Add((byte)rest);
        }

        return [.. bytes];
    }

    /// <summary>Adds the sizes to the totals, which has one place a partition.</summary>
    /// <exception cref="FormatException">There are more or fewer sizes than places.</exception>
    public static void AddTo(ReadOnlySpan<byte> bytes, Span<long> totals)
    {
        int partition = 0;
        int shift = 0;
        ulong size = 0;
        foreach (byte b in bytes)
        {
            size |= (ulong)(b & 0x7F) << shift;
            shift += 7;
            if (b < 0x80)
            {
                if (partition == totals.Length)
                {
                    throw new FormatException($"more than {totals.Length} partition sizes");
                }

                totals[partition++] += (long)size;
                (size, shift) = (0, 0);
            }
        }

        if (partition != totals.Length || shift != 0)
        {
            throw new FormatException($"{partition} partition sizes, expected {totals.Length}");
        }
    }
}
