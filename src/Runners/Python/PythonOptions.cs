namespace Katanemimena.Runners;

/// <summary>Where and within which limits Python code runs.</summary>
internal sealed record PythonOptions
{
    /// <summary>The interpreter, 3.8 or newer: a path, or a name looked up on PATH; null (default) for <c>python3</c>.</summary>
    public string? Interpreter { get; init; }

    /// <summary>Folder of small files that make starts fast; may be shared by processes and kept for ever. Created when first needed.</summary>
    public required string CacheFolder { get; init; }

    /// <summary>Folder below which every process gets an empty working folder of its own, removed when it ends.</summary>
    public required string WorkFolder { get; init; }

    /// <summary>How its processes are kept from all else; default by nothing but being processes.</summary>
    public Confinement Confinement { get; init; } = Confinement.Unlimited;

    /// <summary>Whether no process may serve two jobs; then those of a job end with it. Default false.</summary>
    public bool Shared { get; init; }

    /// <summary>Most processes kept waiting for work; default two a processor, at least 1.</summary>
    public int ProcessesKeptMax { get; init; } = Math.Max(2, 2 * Environment.ProcessorCount);

    /// <summary>Private memory one process may write to, in bytes; default 4 GiB; 0 for no limit. Beyond it the user's code sees a MemoryError.</summary>
    public long MemoryBytesMax { get; init; } = 4L << 30;

    /// <summary>Largest file one process may write, in bytes; 0 (default) for no limit.</summary>
    public long FileBytesMax { get; init; }

    /// <summary>Longest value, in bytes as JSON; default 128 MiB.</summary>
    public int RecordBytesMax { get; init; } = 128 << 20;

    /// <summary>Longest time that importing the user's file may take; default 60 s.</summary>
    public TimeSpan LoadTimeout { get; init; } = TimeSpan.FromSeconds(60);
}
