namespace Katanemimena.Service;

/// <summary>What is to be done with a block, by what the store knows of its name: refuse it, compare it with what is there, or store it.</summary>
internal sealed record BlockVerdict
{
    private BlockVerdict(DatafileSnapshot now) => Now = now;

    /// <summary>What it was judged by.</summary>
    internal DatafileSnapshot Now { get; }

    /// <summary>How it ends at once; null if it does not.</summary>
    internal BlockOutcome? Outcome { get; private init; }

    /// <summary>How it ends if the bytes there are the same; null if it is not to be compared.</summary>
    internal BlockOutcome? IfSame { get; private init; }

    /// <summary>How it ends if they are not.</summary>
    internal BlockOutcome? IfOther { get; private init; }

    /// <summary>Whether it is to be compared with the upload, not with the datafile.</summary>
    internal bool OfUpload { get; private init; }

    /// <summary>Judges a block.</summary>
    internal static BlockVerdict Of(BlockRequest block, DatafileSnapshot now) =>
        !now.HasAccount ? Ends(now, new BlockOutcome.NoAccount())
        : now.IsDoomed ? Ends(now, new BlockOutcome.TooSlow())
        : block.IsWhole ? OfWhole(block, now)
        : now.Upload is { } upload ? OfNext(block, now, upload)
        : block.Offset == 0 ? OfFirst(block, now)
        : OfStray(block, now);

    /// <summary>A whole datafile minds no upload: it is one step. What it replaces still counts: it is there until it is swept away.</summary>
    private static BlockVerdict OfWhole(BlockRequest block, DatafileSnapshot now) =>
        now.File is { } file && !block.Replace ? OfDone(block, now, file, new BlockOutcome.Exists())
        : IsOneTooMany(block, now) ? Ends(now, new BlockOutcome.TooMany(now.Datafiles))
        : now.StoredBytes + block.Total > block.StoredBytesMax ? Ends(now, new BlockOutcome.OverQuota(now.StoredBytes))
        : new BlockVerdict(now);

    private static BlockVerdict OfFirst(BlockRequest block, DatafileSnapshot now) =>
        now.File is not null && !block.Replace ? Ends(now, new BlockOutcome.Exists())
        : IsOneTooMany(block, now) ? Ends(now, new BlockOutcome.TooMany(now.Datafiles))
        : now.StoredBytes + block.Total > block.StoredBytesMax ? Ends(now, new BlockOutcome.OverQuota(now.StoredBytes))
        : new BlockVerdict(now);

    private static BlockVerdict OfNext(BlockRequest block, DatafileSnapshot now, StoredUpload upload)
    {
        if (block.Total != upload.Total)
        {
            return Ends(now, new BlockOutcome.OtherUpload(now.Shown(upload)));
        }

        if (block.End <= upload.Received)
        {
            return new BlockVerdict(now)
            {
                IfSame = new BlockOutcome.Received(now.Shown(upload)),
                IfOther = new BlockOutcome.OtherUpload(now.Shown(upload)),
                OfUpload = true,
            };
        }

        return block.Offset != upload.Received ? Ends(now, new BlockOutcome.WrongOffset(upload.Received))
            : block.IsLast && now.File is not null && !block.Replace ? Ends(now, new BlockOutcome.Exists())
            : block.IsLast && IsOneTooMany(block, now) ? Ends(now, new BlockOutcome.TooMany(now.Datafiles))
            : new BlockVerdict(now);
    }

    /// <summary>A block of no upload. If it is a last one, its upload may be done already, and only the answer was lost.</summary>
    private static BlockVerdict OfStray(BlockRequest block, DatafileSnapshot now)
    {
        var unknown = new BlockOutcome.WrongOffset(0);
        return block.IsLast && now.File is { } file ? OfDone(block, now, file, unknown) : Ends(now, unknown);
    }

    /// <summary>A block that perhaps made the datafile that is there.</summary>
    private static BlockVerdict OfDone(BlockRequest block, DatafileSnapshot now, StoredFile file, BlockOutcome otherwise) =>
        file.Bytes == block.Total && (block.FileCrc32C ?? file.Crc32C) == file.Crc32C
            ? new BlockVerdict(now) { IfSame = new BlockOutcome.Done(now.Shown(file)), IfOther = otherwise }
            : Ends(now, otherwise);

    private static bool IsOneTooMany(BlockRequest block, DatafileSnapshot now) => now.File is null && now.Datafiles >= block.DatafilesMax;

    private static BlockVerdict Ends(DatafileSnapshot now, BlockOutcome outcome) => new(now) { Outcome = outcome };
}
