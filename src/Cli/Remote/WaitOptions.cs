namespace Katanemimena.Cli.Remote;

/// <summary>How a job is waited for, and where its result goes.</summary>
internal sealed record WaitOptions
{
    /// <summary>A path, or <c>-</c> for standard output.</summary>
    public string Output { get; init; } = "-";

    /// <summary><c>tsv</c>, <c>json</c> or <c>jsonl</c>.</summary>
    public string Format { get; init; } = ResultFormats.Tsv;

    /// <summary>Replace a file that exists.</summary>
    public bool Force { get; init; }

    /// <summary>Do not wait.</summary>
    public bool Detach { get; init; }

    /// <summary>Cancel the job when a signal ends the command.</summary>
    public bool CancelOnInterrupt { get; init; }

    /// <summary>No progress and no summary.</summary>
    public bool Quiet { get; init; }
}

/// <summary>Formats of results, as the API names them.</summary>
internal static class ResultFormats
{
    /// <summary>The default.</summary>
    public const string Tsv = "tsv";

    /// <summary>All of them, for options.</summary>
    public static readonly (string, string)[] All = [(Tsv, Tsv), ("json", "json"), ("jsonl", "jsonl")];
}
