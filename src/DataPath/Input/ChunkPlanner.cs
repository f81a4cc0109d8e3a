using System.Globalization;
using Katanemimena.Core;

namespace Katanemimena.DataPath;

/// <summary>Cuts input files into chunks: byte ranges, nothing is read or copied.</summary>
/// <remarks>Why these numbers: eight chunks a worker even out workers of different speed and cost at most an eighth of one
/// worker's share when a chunk is lost; below 1 MiB the fixed cost of a task (3 transactions, 1 message) shows; above 64 MiB
/// a lost attempt costs seconds. At most 2,000 chunks keep merges and the plan small, as long as 64 MiB a chunk allow it.</remarks>
public static class ChunkPlanner
{
    /// <summary>Smallest automatic chunk: 1 MiB.</summary>
    public const long AutoBytesMin = 1L << 20;

    /// <summary>Largest automatic chunk: 64 MiB.</summary>
    public const long AutoBytesMax = 64L << 20;

    /// <summary>Automatic chunks planned for each worker: 8.</summary>
    public const int ChunksPerWorker = 8;

    /// <summary>Chunks that an automatic plan stays within unless <see cref="AutoBytesMax"/> forces more: 2,000.</summary>
    public const int AutoChunksMax = 2_000;

    /// <summary>Chunks of any plan: 1,000,000; beyond that its bookkeeping would outweigh the job.</summary>
    public const int ChunksMax = 1_000_000;

    /// <summary>Plans the chunks of a job.</summary>
    /// <param name="inputs">The input files, in the order in which their records count.</param>
    /// <param name="chunkBytes">Largest chunk in bytes, 1 or more; 0 for automatic.</param>
    /// <param name="workers">Workers to plan for, 1 or more; only an automatic size minds them.</param>
    /// <returns>Chunks by file, then offset, which together cover every byte once. A file in gzip is one chunk, whatever its size;
    /// an empty file has none. The chunks of a file differ by at most one byte in length, so that none is tiny.</returns>
    /// <exception cref="PermanentFault">The plan would have more than <see cref="ChunksMax"/> chunks.</exception>
    public static IReadOnlyList<Chunk> Plan(IReadOnlyList<InputFile> inputs, long chunkBytes, int workers)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(chunkBytes);
        ArgumentOutOfRangeException.ThrowIfLessThan(workers, 1);
        long size = chunkBytes > 0 ? chunkBytes : AutoBytes(inputs, workers);
        long count = inputs.Sum(input => Count(input, size));
        if (count > ChunksMax)
        {
            throw new PermanentFault(string.Create(CultureInfo.InvariantCulture,
                $"chunks of {size} bytes would cut the input into {count} chunks; at most {ChunksMax} are possible: give a larger --chunk-size"));
        }

        var chunks = new List<Chunk>((int)count);
        for (int file = 0; file < inputs.Count; file++)
        {
            Cut(file, inputs[file].Bytes, Count(inputs[file], size), chunks);
        }

        return chunks;
    }

    /// <summary>The size an automatic plan aims at. Size s cuts n files of b bytes in all into at most n + (b − n) / s chunks; that is within m from s = (b − n) / (m − n + 1) + 1 on.</summary>
    private static long AutoBytes(IReadOnlyList<InputFile> inputs, int workers)
    {
        long total = inputs.Sum(input => input.Bytes);
        long files = inputs.Count(input => input.Bytes > 0);
        long perWorkers = total / (ChunksPerWorker * (long)workers);
        long withinMax = files <= AutoChunksMax ? ((total - files) / (AutoChunksMax - files + 1)) + 1 : AutoBytesMax;
        return Math.Clamp(Math.Max(perWorkers, withinMax), AutoBytesMin, AutoBytesMax);
    }

    private static long Count(InputFile input, long size) => input switch
    {
        { Bytes: <= 0 } => 0,
        { Gzip: true } => 1,
        _ => CeilingDivide(input.Bytes, size),
    };

    private static void Cut(int file, long bytes, long count, List<Chunk> chunks)
    {
        long start = 0;
        for (long i = 0; i < count; i++)
        {
            long end = start + (bytes / count) + (i < bytes % count ? 1 : 0);
            chunks.Add(new Chunk(file, start, end));
            start = end;
        }
    }

    private static long CeilingDivide(long value, long by) => (value / by) + (value % by > 0 ? 1 : 0);
}
