using Katanemimena.Core;

namespace Katanemimena.DataPath;

/// <summary>How a result is written.</summary>
public enum ResultFormat
{
    /// <summary>Key TAB value lines: strings as they are, other values as compact JSON, linear-TSV escapes in keys and strings; lines of streaming reducers verbatim.</summary>
    Tsv,

    /// <summary>One JSON object, key to value, a line for each. A key that comes twice is refused by name, so parts are merged in any case.</summary>
    Json,

    /// <summary>One JSON object a line: <c>{"key":…,"value":…}</c>.</summary>
    Jsonl,
}

/// <summary>A result to be read: committed parts and how to write them.</summary>
public sealed record ResultRequest
{
    /// <summary>The parts, in the order of their reduce task.</summary>
    public required IReadOnlyList<RunReference> Parts { get; init; }

    /// <summary>Format of the values, from the reducer.</summary>
    public required ValueFormat Values { get; init; }

    /// <summary>Format to write.</summary>
    public ResultFormat Format { get; init; }

    /// <summary>Merge parts into key order (default), or write them one after the other.</summary>
    public bool Ordered { get; init; } = true;

    /// <summary>Data budget in bytes.</summary>
    public long MemoryBytes { get; init; } = 64L << 20;

    /// <summary>Where the parts are.</summary>
    public required IVolume Volume { get; init; }

    /// <summary>Folder for intermediate merges, where more parts are to be merged than files may be open; deleted then. Null (default) to open all.</summary>
    public string? ScratchFolder { get; init; }

    /// <summary>Most files open at once; 2 or more. By default a quarter of what the process may have, for nothing else is merged by then.</summary>
    internal int FilesMax { get; init; } = 4 * OpenFiles.Share;
}

/// <summary>Merges the parts of a completed job into one result.</summary>
public static class ResultReader
{
    /// <summary>Writes the whole result to a stream.</summary>
    /// <returns>Pairs written.</returns>
    /// <exception cref="CorruptDataFault">A part does not verify, which may show only at its end: what the stream holds must be thrown away.</exception>
    /// <exception cref="PermanentFault">The format cannot hold the result (a key twice in JSON); says which key.</exception>
    /// <exception cref="IOException">The stream cannot be written; as the stream threw it.</exception>
    /// <exception cref="OperationCanceledException">Cancelled; the stream may hold a beginning.</exception>
    public static long Write(ResultRequest request, Stream output, CancellationToken cancellation)
    {
        var buffer = new OutputBuffer(output);
        PairFormat format = PairFormat.Create(request.Format, request.Values, buffer);
        long pairs = 0;
        format.Begin();
        try
        {
            foreach (IReadOnlyList<RunReference> parts in Batches(request, format))
            {
                var plan = new MergePlan(request.Volume, request.MemoryBytes, Array.MaxLength, request.ScratchFolder, NativePool.Shared) { FilesMax = request.FilesMax };
                using PartMerger merger = plan.Open(parts, partitions: null, cancellation);
                pairs += PairWriter.WriteAll(merger, format, cancellation);
            }
        }
        finally
        {
            RemoveScratch(request);
        }

        format.End();
        buffer.Flush();
        output.Flush();
        return pairs;
    }

    private static void RemoveScratch(ResultRequest request)
    {
        if (request.ScratchFolder is not null)
        {
            request.Volume.Delete(request.ScratchFolder);
        }
    }

    /// <summary>Which parts are merged with each other: all, or each with none. Only a merge finds keys that come twice.</summary>
    private static IEnumerable<IReadOnlyList<RunReference>> Batches(ResultRequest request, PairFormat format) =>
        request.Parts.Count == 0 ? []
        : request.Ordered || format.UniqueKeys ? [request.Parts]
        : request.Parts.Select(part => new[] { part });
}
