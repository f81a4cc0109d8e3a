using Katanemimena.Core;
using Katanemimena.DataPath;

namespace Katanemimena.Cli.Options;

/// <summary>What <c>mrctl run</c> was asked to do, checked and with defaults filled in.</summary>
internal sealed record RunOptions
{
    /// <summary>Files, folders and globs as given, <c>-</c> for standard input; empty with <see cref="Resume"/>.</summary>
    public IReadOnlyList<string> Data { get; init; } = [];

    /// <summary>The mapper as given; empty with <see cref="Resume"/>.</summary>
    public string Mapper { get; init; } = "";

    /// <summary>The reducer as given; null for the identity.</summary>
    public string? Reducer { get; init; }

    /// <summary>The combiner as given, or null.</summary>
    public string? Combiner { get; init; }

    /// <summary>The contract of all code of this job, or to be recognised.</summary>
    public CodeContract Contract { get; init; }

    /// <summary>Options of the job itself.</summary>
    public JobOptions Job { get; init; } = new();

    /// <summary>Bytes of data buffers as given, which hold for a resumed job too; null for what the job was submitted with.</summary>
    public long? MemoryBytes { get; init; }

    /// <summary>Where and how the result goes.</summary>
    public ResultOptions Result { get; init; } = new();

    /// <summary>Folder that keeps the job across a crash; null to keep nothing.</summary>
    public string? StateFolder { get; init; }

    /// <summary>Job to go on with, or null for a new one.</summary>
    public JobId? Resume { get; init; }

    /// <summary>File for the report, or null.</summary>
    public string? Report { get; init; }

    /// <summary>No progress and no summary.</summary>
    public bool Quiet { get; init; }
}

/// <summary>Where and how a result is written.</summary>
internal sealed record ResultOptions
{
    /// <summary>A path, or <c>-</c> for standard output.</summary>
    public string Output { get; init; } = "-";

    /// <summary>Format; tsv unless said otherwise.</summary>
    public ResultFormat Format { get; init; }

    /// <summary>Whole result in key order (default), or part after part.</summary>
    public bool Ordered { get; init; } = true;

    /// <summary>Replace files that exist.</summary>
    public bool Force { get; init; }
}
