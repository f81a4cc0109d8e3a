using Katanemimena.DataPath;

namespace Katanemimena.Cli.Remote;

/// <summary>How a job is waited for, and where its result goes.</summary>
internal sealed record WaitOptions
{
    /// <summary>A path, or <c>-</c> for standard output; null to leave the result on the server.</summary>
    public string? Output { get; init; } = "-";

    /// <summary>The result's format; tsv unless said otherwise.</summary>
    public ResultFormat Format { get; init; }

    /// <summary>Replace a file that exists.</summary>
    public bool Force { get; init; }

    /// <summary>Do not wait.</summary>
    public bool Detach { get; init; }

    /// <summary>Cancel the job when a signal ends the command.</summary>
    public bool CancelOnInterrupt { get; init; }

    /// <summary>No progress and no summary.</summary>
    public bool Quiet { get; init; }
}
