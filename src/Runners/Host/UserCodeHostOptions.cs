using Katanemimena.Core;

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

    /// <summary>Where .NET code runs if nobody asks for a sandbox; default in this process. In a sandbox it always has a process of its own.</summary>
    public DotNetIsolation DotNetIsolation { get; init; }

    /// <summary>Private memory one user process may write to, in bytes (RLIMIT_DATA: reserved address space does not count); default 4 GiB, 0 for no limit.</summary>
    public long ProcessMemoryBytesMax { get; init; } = 4L << 30;

    /// <summary>Largest file one user process may write, in bytes; 0 (default) for no limit.</summary>
    public long ProcessFileBytesMax { get; init; }

    /// <summary>Processes and threads that one user process and all it starts may be; 0 (default) for no limit. Without namespaces the kernel counts
    /// those of all programs together, and of the user's other processes: then sixteen times as many. Of root's it counts those in a control group, where groups can be made.</summary>
    public int ProcessesMax { get; init; }

    /// <summary>Files that one user process may have open; 0 (default) for no limit of its own.</summary>
    public int OpenFilesMax { get; init; }

    /// <summary>Bytes of files in memory that a sandbox may hold in its <c>/tmp</c>, and as many in its <c>/dev/shm</c>; default 64 MiB each.</summary>
    public long MemoryFilesBytesMax { get; init; } = 64L << 20;

    /// <summary>Whether jobs of several owners run here: then no process serves two jobs, and none has privileges. Default false.</summary>
    public bool Shared { get; init; }

    /// <summary>The sandbox that all jobs get here: as well as can be, required, or none unless a job requires it. Default none.</summary>
    public SandboxDemand Sandbox { get; init; } = SandboxDemand.Off;

    /// <summary>The bubblewrap that makes sandboxes, 0.8 or newer: a path, or a name looked up on PATH. Default <c>bwrap</c>.</summary>
    public string Bubblewrap { get; init; } = "bwrap";

    /// <summary>Files and folders that programs in a sandbox see, read-only, beside the system's and their own; none by default.</summary>
    public IReadOnlyList<string> Reads { get; init; } = [];

    /// <summary>Folders of which no program in a sandbox is to see the whole, such as the volume: only the very files that it needs.</summary>
    public IReadOnlyList<string> Hidden { get; init; } = [];

    /// <summary>Longest time that making code ready may take: importing a Python file, or making a first object of a .NET class, which says what it emits; default 10 min.</summary>
    public TimeSpan OpenTimeout { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>Longest line a streaming program may write, and longest value of a Python program, in bytes; default 128 MiB.</summary>
    public int RecordBytesMax { get; init; } = 128 << 20;

    /// <summary>Most output bytes of one piece of input that are held back while bad records are looked for; default 64 MiB.</summary>
    public int HeldBytesMax { get; init; } = 64 << 20;
}
