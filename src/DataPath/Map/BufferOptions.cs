using Katanemimena.Core;

namespace Katanemimena.DataPath;

/// <summary>What a <see cref="MapOutputBuffer"/> works with.</summary>
internal sealed record BufferOptions
{
    /// <summary>The attempt it works for: cancellation, and names in faults.</summary>
    public required AttemptContext Attempt { get; init; }

    /// <summary>P.</summary>
    public required int Partitions { get; init; }

    /// <summary>Budget of blocks, tables and file buffers in bytes.</summary>
    public required long MemoryBytes { get; init; }

    /// <summary>Longest key or value in bytes.</summary>
    public required int RecordBytesMax { get; init; }

    /// <summary>Where spills go.</summary>
    public required IVolume Volume { get; init; }

    /// <summary>Folder of spills.</summary>
    public required string ScratchFolder { get; init; }

    /// <summary>First part of the names of spills, so that several buffers may share a folder.</summary>
    public string SpillName { get; init; } = "spill";

    /// <summary>The combiner in its fast form, or null.</summary>
    public IValueFold? Fold { get; init; }

    /// <summary>The combiner in its general form, or null. Not used when there is a <see cref="Fold"/>.</summary>
    public Action<IGroupSource, IPairSink>? Combine { get; init; }

    /// <summary>Who emits: <c>mapper</c>, <c>combiner</c> or <c>reducer</c>.</summary>
    public string Role { get; init; } = "mapper";

    /// <summary>Where memory comes from.</summary>
    public NativePool Pool { get; init; } = NativePool.Shared;

    /// <summary>Most segments merged at once; null for what the budget allows.</summary>
    public int? MergeFactorMax { get; init; }

    /// <summary>Most spills kept, and so open in their merge; 2 or more. Those of what a combiner makes of them come on top.</summary>
    public int FilesMax { get; init; } = OpenFiles.Share;

    /// <summary>Is told of spills and time in files.</summary>
    public WorkMeter Meter { get; init; } = new();

    /// <summary>Whether there is a combiner that has to be run over groups.</summary>
    public bool Combines => Fold is null && Combine is not null;

    /// <summary>Bytes collected before they are written to a file.</summary>
    public int WriteBytes => (int)Math.Clamp(MemoryBytes / 16, 64 * 1024, 1 << 20) - NativePool.SlackBytes;

    /// <summary>A plan for merging files of this attempt, within half of the budget.</summary>
    public MergePlan NewMergePlan(string name) => new(Volume, MemoryBytes / 2, RecordBytesMax, ScratchFolder, Pool)
    {
        FactorMax = MergeFactorMax ?? MergePlan.FactorFor(MemoryBytes / 2),
        FilesMax = FilesMax,
        ScratchName = name,
        FilesAreScratch = true,
        Meter = Meter,
    };

    /// <summary>Throws if a pair is longer than allowed.</summary>
    public void CheckLengths(int keyBytes, int valueBytes)
    {
        if (keyBytes > RecordBytesMax || valueBytes > RecordBytesMax)
        {
            throw EmittedFault(
                keyBytes > RecordBytesMax
                    ? $"emitted a key of {keyBytes} bytes; the limit for a record is {RecordBytesMax}"
                    : $"emitted a value of {valueBytes} bytes; the limit for a record is {RecordBytesMax}",
                []);
        }
    }

    /// <summary>The fault for something the user's code emitted.</summary>
    public UserCodeFault EmittedFault(string what, ReadOnlySpan<byte> key) => new(new FailureCard
    {
        Stage = Role switch { "mapper" => "map", "combiner" => "combine", _ => "reduce" },
        Task = Attempt.Id.Task.Index,
        Attempt = Attempt.Ordinal,
        Role = Role,
        Error = $"the {Role} {what}",
        Record = key.IsEmpty ? null : key[..Math.Min(key.Length, FailureCard.RecordBytesMax)].ToArray(),
        RecordCut = key.Length > FailureCard.RecordBytesMax,
    });
}
