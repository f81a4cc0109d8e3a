namespace Katanemimena.Core;

/// <summary>What is known of one failed attempt, kept so that its owner can see and replay it.</summary>
public sealed record FailureCard
{
    /// <summary>Longest <see cref="Record"/> kept, in bytes.</summary>
    public const int RecordBytesMax = 4 * 1024;

    /// <summary>Longest <see cref="StandardError"/> kept, in bytes (its end is kept).</summary>
    public const int StandardErrorBytesMax = 64 * 1024;

    /// <summary>The job, <c>{manager}-{n}</c>; empty until the worker fills it in.</summary>
    public string Job { get; init; } = "";

    /// <summary><c>map</c>, <c>combine</c> or <c>reduce</c>.</summary>
    public required string Stage { get; init; }

    /// <summary>Index of the task within its stage.</summary>
    public int Task { get; init; }

    /// <summary>1 for the first attempt at the task.</summary>
    public int Attempt { get; init; } = 1;

    /// <summary>The user's file that failed (mapper, combiner or reducer), by its own name.</summary>
    public string Code { get; init; } = "";

    /// <summary>Which role the code plays: <c>mapper</c>, <c>combiner</c> or <c>reducer</c>.</summary>
    public string Role { get; init; } = "";

    /// <summary>One sentence: what went wrong and what to do about it.</summary>
    public required string Error { get; init; }

    /// <summary>The exception with its traceback, where there is one.</summary>
    public string? Traceback { get; init; }

    /// <summary>Exit code of the user's process; null if it did not end by itself. 128 + n for signal n.</summary>
    public int? ExitCode { get; init; }

    /// <summary>Input file of the record, where the record is known.</summary>
    public string? File { get; init; }

    /// <summary>Byte offset of the record in <see cref="File"/> (after decompression for gzip); -1 if not known.</summary>
    public long Offset { get; init; } = -1;

    /// <summary>The record (map) or key (reduce), at most <see cref="RecordBytesMax"/> bytes; null if not known.</summary>
    public byte[]? Record { get; init; }

    /// <summary>True when <see cref="Record"/> was cut, so it cannot be replayed from the card alone.</summary>
    public bool RecordCut { get; init; }

    /// <summary>The first values of the key (reduce, combine) in the format of the map output, at most <see cref="RecordBytesMax"/> bytes together; null if not kept. Kept from the second attempt on, and where bad records are set aside.</summary>
    public IReadOnlyList<byte[]>? Values { get; init; }

    /// <summary>True when the key had more values than <see cref="Values"/> holds.</summary>
    public bool ValuesCut { get; init; }

    /// <summary>The end of what the user's process wrote on stderr, invalid UTF-8 replaced.</summary>
    public string StandardError { get; init; } = "";
}
