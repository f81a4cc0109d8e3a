namespace Katanemimena.Core;

/// <summary>One input file, as found at submission.</summary>
/// <param name="Name">Full path (embedded) or name of the datafile (cluster).</param>
/// <param name="Bytes">Size at submission; a file that has another size when it is read fails the job.</param>
/// <param name="Gzip">Whether it is gzip, recognised by its first two bytes: then it is one chunk.</param>
public sealed record InputFile(string Name, long Bytes, bool Gzip)
{
    /// <summary>Where the bytes are, for those who read them, when they are not under the name; null (default) when they are.</summary>
    public string? Source { get; init; }
}

/// <summary>All that is fixed when a job is submitted. Never changes.</summary>
public sealed record JobSpec
{
    /// <summary>Input files, in the order in which their records count.</summary>
    public required IReadOnlyList<InputFile> Inputs { get; init; }

    /// <summary>The mapper.</summary>
    public required CodeFile Mapper { get; init; }

    /// <summary>The reducer; may be the identity.</summary>
    public required CodeFile Reducer { get; init; }

    /// <summary>The combiner, or null.</summary>
    public CodeFile? Combiner { get; init; }

    /// <summary>Options.</summary>
    public JobOptions Options { get; init; } = new();

    /// <summary>Who submitted it.</summary>
    public string Owner { get; init; } = "";

    /// <summary>A name for people, or null.</summary>
    public string? Label { get; init; }

    /// <summary>When it was submitted.</summary>
    public DateTimeOffset Submitted { get; init; }
}

/// <summary>What a user may set. Zero means automatic where the text says so.</summary>
public sealed record JobOptions
{
    /// <summary>Least of <see cref="MemoryBytes"/> for each worker: 1 MiB. With less, a task would spend its time on spills of a few records.</summary>
    public const long WorkerBytesMin = 1 << 20;

    /// <summary>Bytes a chunk; 0 (default) for automatic, else 1 KiB or more.</summary>
    public long ChunkBytes { get; init; }

    /// <summary>Reduce tasks; 0 (default) for one a worker, else 1 to 1,000.</summary>
    public int Reducers { get; init; }

    /// <summary>Workers to plan for; 1 to 1,000. Embedded: how many run.</summary>
    public int Workers { get; init; } = 1;

    /// <summary>Data buffers of all workers of one process together, in bytes; default 512 MiB, at least 16 MiB.</summary>
    public long MemoryBytes { get; init; } = 512L << 20;

    /// <summary>Bad records the whole job may set aside; 0 (default) for none.</summary>
    public int SkipBadRecordsMax { get; init; }

    /// <summary>Failed attempts at one task before the job fails; default 4, 1 to 100.</summary>
    public int AttemptsMax { get; init; } = 4;

    /// <summary>Longest time in which user code may neither take a record nor emit one; default 10 min, at least 1 s.</summary>
    public TimeSpan TaskTimeout { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>Longest record, key or value in bytes; default 128 MiB.</summary>
    public int RecordBytesMax { get; init; } = 128 << 20;

    /// <summary>How the code is to be kept from all else on its machine; by default as well as can be.</summary>
    public SandboxDemand Sandbox { get; init; }
}
