namespace Katanemimena.Runners;

/// <summary>Where .NET code runs.</summary>
public enum DotNetIsolation
{
    /// <summary>In the worker's own process: the fastest, for code that the process's owner trusts as himself.</summary>
    InProcess,

    /// <summary>In a process of its own, one job's alone: for a worker that is shared. Whatever the code does to its process fails the attempt and nothing else.</summary>
    OwnProcess,
}

/// <summary>Where and within which limits user code runs.</summary>
public sealed record UserCodeHostOptions
{
    /// <summary>Folder of compiled C# files, named by content; may be shared by processes and kept for ever. Created when first needed.</summary>
    public required string CacheFolder { get; init; }

    /// <summary>Folder below which every task gets an empty working folder of its own, removed when the task ends.</summary>
    public required string WorkFolder { get; init; }

    /// <summary>The Python interpreter: a path, or a name looked up on PATH. Default <c>python3</c>.</summary>
    public string PythonInterpreter { get; init; } = "python3";

    /// <summary>Where .NET code runs; default in this process.</summary>
    public DotNetIsolation DotNetIsolation { get; init; }

    /// <summary>Private memory one user process may write to, in bytes (RLIMIT_DATA: reserved address space does not count); default 4 GiB, 0 for no limit.</summary>
    public long ProcessMemoryBytesMax { get; init; } = 4L << 30;

    /// <summary>Largest file one user process may write, in bytes; 0 (default) for no limit.</summary>
    public long ProcessFileBytesMax { get; init; }

    /// <summary>Longest time that making code ready may take: importing a Python file, or making a first object of a .NET class, which says what it emits; default 10 min.</summary>
    public TimeSpan OpenTimeout { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>Longest line a streaming program may write, and longest value of a Python program, in bytes; default 128 MiB.</summary>
    public int RecordBytesMax { get; init; } = 128 << 20;

    /// <summary>Most output bytes of one piece of input that are held back while bad records are looked for; default 64 MiB.</summary>
    public int HeldBytesMax { get; init; } = 64 << 20;
}
