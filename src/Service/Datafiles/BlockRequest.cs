using Katanemimena.Core;

namespace Katanemimena.Service;

/// <summary>A block of an upload, or a whole datafile at once (from offset 0 to the end).</summary>
public sealed record BlockRequest
{
    /// <summary>Whose it is.</summary>
    public required string Owner { get; init; }

    /// <summary>The datafile's name.</summary>
    public required string Name { get; init; }

    /// <summary>Bytes of the datafile before the block.</summary>
    public long Offset { get; init; }

    /// <summary>Bytes of the block: at most <see cref="DatafileStore.BlockBytesMax"/>, and at least <see cref="DatafileStore.BlockBytesMin"/> unless it is the last.</summary>
    public required long Length { get; init; }

    /// <summary>Bytes of the whole datafile.</summary>
    public required long Total { get; init; }

    /// <summary>Whether it may take the place of a datafile that has the name.</summary>
    public bool Replace { get; init; }

    /// <summary>CRC-32C that the block must have, or null.</summary>
    public uint? Crc32C { get; init; }

    /// <summary>CRC-32C that the whole must have, looked at with the last block; or null.</summary>
    public uint? FileCrc32C { get; init; }

    /// <summary>Most bytes the owner may have stored.</summary>
    public long StoredBytesMax { get; init; } = long.MaxValue;

    /// <summary>Most datafiles the owner may have, those sent along with jobs included.</summary>
    public int DatafilesMax { get; init; } = int.MaxValue;

    /// <summary>Holds as long as the owner's account is the one for which this is; null not to mind.</summary>
    public KeyCondition? Account { get; init; }

    internal long End => Offset + Length;

    internal bool IsLast => End == Total;

    internal bool IsWhole => Offset == 0 && IsLast;

    /// <summary>Why it can be no block, in words, or null if it can.</summary>
    public string? Check() =>
        Total is < 0 or > BlockFiles.BytesMax ? $"total is {Total}; 0 to {BlockFiles.BytesMax} bytes are possible"
        : Length is < 0 or > DatafileStore.BlockBytesMax ? $"the block has {Length} bytes; at most {DatafileStore.BlockBytesMax} are taken at once"
        : Offset < 0 || Offset > Total - Length ? $"a block of {Length} bytes at offset {Offset} does not lie within {Total} bytes"
        : !IsLast && Length < DatafileStore.BlockBytesMin ? $"the block has {Length} bytes; every block but the last has at least {DatafileStore.BlockBytesMin}"
        : Length == 0 && Total > 0 ? "the block is empty"
        : null;
}

/// <summary>What became of a block.</summary>
public abstract record BlockOutcome
{
    private BlockOutcome()
    {
    }

    /// <summary>It is there, or was before; more are to come.</summary>
    public sealed record Received(DatafileUpload Upload) : BlockOutcome;

    /// <summary>The datafile is done, or was before.</summary>
    public sealed record Done(Datafile File) : BlockOutcome;

    /// <summary>There is a datafile of the name, which was not to be replaced.</summary>
    public sealed record Exists : BlockOutcome;

    /// <summary>The block leaves a gap, or begins in what is there and ends after it.</summary>
    /// <param name="There">Bytes that are there: where to go on.</param>
    public sealed record WrongOffset(long There) : BlockOutcome;

    /// <summary>An upload of the name with another size or other bytes has not ended.</summary>
    /// <param name="Upload">That upload.</param>
    public sealed record OtherUpload(DatafileUpload Upload) : BlockOutcome;

    /// <summary>The owner would have more stored than allowed.</summary>
    /// <param name="Stored">Bytes stored now.</param>
    public sealed record OverQuota(long Stored) : BlockOutcome;

    /// <summary>The owner has as many datafiles as allowed.</summary>
    /// <param name="Datafiles">How many there are now.</param>
    public sealed record TooMany(long Datafiles) : BlockOutcome;

    /// <summary>The owner's account is no more, or another one has its name now. Nothing was recorded.</summary>
    public sealed record NoAccount : BlockOutcome;

    /// <summary>The bytes do not have the checksum that was given. Nothing was stored.</summary>
    /// <param name="OfFile">Whether it is the checksum of the whole.</param>
    /// <param name="Actual">The checksum they have.</param>
    public sealed record WrongChecksum(bool OfFile, uint Actual) : BlockOutcome;

    /// <summary>The block was longer under way than <see cref="DatafileSweeper.LooseTime"/>, and what came of it was swept away.</summary>
    public sealed record TooSlow : BlockOutcome;
}
