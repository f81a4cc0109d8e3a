using Katanemimena.Core;

namespace Katanemimena.DataPath;

/// <summary>One chunk: a byte range of one input file. A record belongs to the chunk in which its first byte lies.</summary>
/// <param name="File">0-based index into <see cref="JobSpec.Inputs"/>.</param>
/// <param name="Start">First byte of the range.</param>
/// <param name="End">First byte past it. For gzip: 0 to the compressed size, the whole file.</param>
public readonly record struct Chunk(int File, long Start, long End);

/// <summary>One attempt at a map task.</summary>
public sealed record MapRequest
{
    /// <summary>The attempt.</summary>
    public required AttemptContext Attempt { get; init; }

    /// <summary>The file the chunk is of.</summary>
    public required InputFile Input { get; init; }

    /// <summary>The chunk.</summary>
    public required Chunk Chunk { get; init; }

    /// <summary>P, the number of partitions of the job: 1 to 4,096.</summary>
    public required int Partitions { get; init; }

    /// <summary>Where the run file is published.</summary>
    public required string RunPath { get; init; }

    /// <summary>Folder for spills, deleted by the end of the attempt.</summary>
    public required string ScratchFolder { get; init; }

    /// <summary>The user's code.</summary>
    public required IUserCode Code { get; init; }

    /// <summary>Whether to run the combiner.</summary>
    public bool Combine { get; init; }

    /// <summary>Input files.</summary>
    public required IDataFiles Data { get; init; }

    /// <summary>Where run and spill files go.</summary>
    public required IVolume Volume { get; init; }

    /// <summary>Longest record, key or value in bytes.</summary>
    public int RecordBytesMax { get; init; } = 128 << 20;

    /// <summary>Attempts that may run in this process at a time, and so share the files it may have open; default 1.</summary>
    public int AttemptsTogether { get; init; } = 1;
}

/// <summary>What a map attempt made.</summary>
/// <param name="PartitionBytes">Size of each of the P segments, in bytes as written.</param>
/// <param name="InputCrc32C">CRC-32C of the records read, 8 lower-case hexadecimal digits.</param>
/// <param name="Statistics">What it took.</param>
public sealed record MapOutcome(IReadOnlyList<long> PartitionBytes, string InputCrc32C, TaskStatistics Statistics);

/// <summary>A committed run file.</summary>
/// <param name="Producer">The attempt that wrote it, for <see cref="CorruptDataFault"/>.</param>
/// <param name="Path">Its path on the volume.</param>
public readonly record struct RunReference(AttemptId Producer, string Path);

/// <summary>One attempt at a reduce task.</summary>
public sealed record ReduceRequest
{
    /// <summary>The attempt.</summary>
    public required AttemptContext Attempt { get; init; }

    /// <summary>The partitions of this reducer, ascending.</summary>
    public required IReadOnlyList<int> Partitions { get; init; }

    /// <summary>The run of every map task, in the order of their index.</summary>
    public required IReadOnlyList<RunReference> Runs { get; init; }

    /// <summary>Where the part file is published.</summary>
    public required string PartPath { get; init; }

    /// <summary>Folder for intermediate merges, deleted by the end of the attempt.</summary>
    public required string ScratchFolder { get; init; }

    /// <summary>The user's code.</summary>
    public required IUserCode Code { get; init; }

    /// <summary>Where runs, parts and scratch files are.</summary>
    public required IVolume Volume { get; init; }

    /// <summary>Longest key or value in bytes.</summary>
    public int RecordBytesMax { get; init; } = 128 << 20;

    /// <summary>Attempts that may run in this process at a time, and so share the files it may have open; default 1.</summary>
    public int AttemptsTogether { get; init; } = 1;
}

/// <summary>What a reduce attempt made.</summary>
/// <param name="PartBytes">Size of the part file.</param>
/// <param name="PartCrc32C">CRC-32C of the part file, 8 lower-case hexadecimal digits.</param>
/// <param name="Statistics">What it took.</param>
public sealed record ReduceOutcome(long PartBytes, string PartCrc32C, TaskStatistics Statistics);

/// <summary>What one attempt took and gave. Counts of records and bytes are of the user's data, before any compression of ours.</summary>
public sealed record TaskStatistics
{
    /// <summary>Records (map) or values (reduce) given to the user's code.</summary>
    public long RecordsIn { get; init; }

    /// <summary>Bytes read from the input or the runs.</summary>
    public long BytesIn { get; init; }

    /// <summary>Pairs the user's code emitted.</summary>
    public long RecordsOut { get; init; }

    /// <summary>Bytes of the run or part file.</summary>
    public long BytesOut { get; init; }

    /// <summary>Keys handed to the reducer; 0 for map.</summary>
    public long Groups { get; init; }

    /// <summary>Times the buffer went to disk before the end, or extra merge passes.</summary>
    public int Spills { get; init; }

    /// <summary>Bytes so written.</summary>
    public long SpillBytes { get; init; }

    /// <summary>Records set aside as bad.</summary>
    public int SetAside { get; init; }

    /// <summary>Time in reading and in the user's code together.</summary>
    public TimeSpan UserTime { get; init; }

    /// <summary>Time in grouping, sorting, combining and merging that was not overlapped with user code.</summary>
    public TimeSpan SortTime { get; init; }

    /// <summary>Time in writing and publishing the file.</summary>
    public TimeSpan WriteTime { get; init; }
}
