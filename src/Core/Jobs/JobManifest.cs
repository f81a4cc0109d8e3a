namespace Katanemimena.Core;

/// <summary>What a completed job leaves beside its parts: what went in, what came out, what it took.</summary>
public sealed record JobManifest
{
    /// <summary>The job, <c>{manager}-{n}</c>.</summary>
    public required string Job { get; init; }

    /// <summary>Input files.</summary>
    public required IReadOnlyList<InputFile> Inputs { get; init; }

    /// <summary>Mapper, combiner (if any), reducer: name, contract and SHA-256.</summary>
    public required IReadOnlyList<CodeFile> Code { get; init; }

    /// <summary>Committed parts in the order of their reduce task.</summary>
    public required IReadOnlyList<ManifestPart> Parts { get; init; }

    /// <summary>Format of the result's values.</summary>
    public ValueFormat Values { get; init; }

    /// <summary>Map tasks, summed.</summary>
    public required ManifestStage Map { get; init; }

    /// <summary>Reduce tasks, summed.</summary>
    public required ManifestStage Reduce { get; init; }

    /// <summary>Largest partition's share of all shuffle bytes, 0 to 1.</summary>
    public double LargestPartitionShare { get; init; }

    /// <summary>Bytes of all run files.</summary>
    public long ShuffleBytes { get; init; }

    /// <summary>The user's counters, summed over committed attempts.</summary>
    public IReadOnlyDictionary<string, long> Counters { get; init; } = new Dictionary<string, long>();

    /// <summary>Files of records set aside, on the volume.</summary>
    public IReadOnlyList<string> SetAsideFiles { get; init; } = [];

    /// <summary>The weakest level that a committed attempt's code ran at; null where an attempt did not record it.</summary>
    public SandboxLevel? Sandbox { get; init; }

    /// <summary>When it was submitted.</summary>
    public DateTimeOffset Submitted { get; init; }

    /// <summary>When its last task committed.</summary>
    public DateTimeOffset Finished { get; init; }
}

/// <summary>One part of the result.</summary>
/// <param name="Path">On the volume.</param>
/// <param name="Attempt">Token of the attempt that wrote it.</param>
/// <param name="Bytes">Size.</param>
/// <param name="Crc32C">CRC-32C, 8 lower-case hexadecimal digits.</param>
public sealed record ManifestPart(string Path, string Attempt, long Bytes, string Crc32C);

/// <summary>One stage, summed over its committed attempts. Times are sums over tasks unless they say otherwise.</summary>
public sealed record ManifestStage
{
    /// <summary>Tasks.</summary>
    public int Tasks { get; init; }

    /// <summary>Attempts started.</summary>
    public int Attempts { get; init; }

    /// <summary>Attempts that failed or were lost.</summary>
    public int Failed { get; init; }

    /// <summary>Records (map) or values (reduce) in.</summary>
    public long RecordsIn { get; init; }

    /// <summary>Bytes in.</summary>
    public long BytesIn { get; init; }

    /// <summary>Pairs out.</summary>
    public long RecordsOut { get; init; }

    /// <summary>Bytes out.</summary>
    public long BytesOut { get; init; }

    /// <summary>Keys reduced.</summary>
    public long Groups { get; init; }

    /// <summary>Times a buffer went to disk early, or extra merge passes.</summary>
    public int Spills { get; init; }

    /// <summary>Bytes so written.</summary>
    public long SpillBytes { get; init; }

    /// <summary>Records set aside.</summary>
    public int SetAside { get; init; }

    /// <summary>From the stage's start to its last commit, by the clock.</summary>
    public TimeSpan Elapsed { get; init; }

    /// <summary>From when tasks were sent out until workers took them.</summary>
    public TimeSpan WaitTime { get; init; }

    /// <summary>Making user code ready.</summary>
    public TimeSpan OpenTime { get; init; }

    /// <summary>Reading and user code.</summary>
    public TimeSpan UserTime { get; init; }

    /// <summary>Grouping, sorting, combining, merging.</summary>
    public TimeSpan SortTime { get; init; }

    /// <summary>Writing and publishing.</summary>
    public TimeSpan WriteTime { get; init; }
}
