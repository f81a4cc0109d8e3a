namespace Katanemimena.DataPath;

/// <summary>A run file that was published.</summary>
/// <param name="Path">Its path.</param>
/// <param name="Bytes">Its size.</param>
/// <param name="Crc32C">CRC-32C of the whole file, if it was asked for.</param>
/// <param name="PartitionBytes">Size of each segment.</param>
internal sealed record RunSummary(string Path, long Bytes, uint Crc32C, long[] PartitionBytes)
{
    /// <summary>Publishes a writer's file and sums it up.</summary>
    public static RunSummary Publish(RunWriter writer, string path)
    {
        writer.Publish();
        long[] bytes = new long[writer.Rows.Length];
        for (int p = 0; p < bytes.Length; p++)
        {
            bytes[p] = writer.Rows[p].Length;
        }

        return new RunSummary(path, writer.Length, writer.FileCrc32C, bytes);
    }
}
