using Katanemimena.Core;
using Katanemimena.DataPath;

namespace Katanemimena.Service;

/// <summary>Takes blocks in. Any instance may be sent any block, also the same one at once: blocks are written first, and recorded by compare-and-set.</summary>
internal sealed class DatafileUploads(IKeyValueStore store, IVolume volume, TimeProvider time)
{
    private readonly DatafileRecords _records = new(store, time);
    private readonly UploadedBlocks _blocks = new(store, volume);

    /// <summary>Takes a block in.</summary>
    internal async ValueTask<BlockOutcome> PutAsync(BlockRequest block, Stream body, CancellationToken cancellation)
    {
        BlockOutcome? outcome = null;
        while (outcome is null)
        {
            BlockVerdict verdict = BlockVerdict.Of(block, await SnapshotAsync(block, null, cancellation));
            outcome = verdict.Outcome
                ?? (verdict.IfSame is not null
                    ? await TryCompareAsync(block, verdict, body, cancellation)
                    : await StoreAsync(block, verdict.Now, body, cancellation));
        }

        return outcome;
    }

    /// <summary>Takes in a datafile of any size at once.</summary>
    internal async ValueTask<BlockOutcome> AddAsync(BlockRequest file, Stream body, CancellationToken cancellation)
    {
        DatafileSnapshot now = await SnapshotAsync(file, null, cancellation);
        if (BlockVerdict.Of(file, now).Outcome is { } refused)
        {
            return refused;
        }

        if (now.File is not null)
        {
            return new BlockOutcome.Exists();
        }

        string id = await AnnounceAsync(cancellation);
        WrittenBlocks? written;
        try
        {
            written = await BlockWriter.WriteAsync(volume, id, 0, body, Math.Min(file.StoredBytesMax - now.StoredBytes, BlockFiles.BytesMax), cancellation);
        }
        catch
        {
            // A sender who goes away in the middle is not to leave what nobody counts.
            await DiscardAsync(id, null);
            throw;
        }

        if (written is null)
        {
            await DiscardAsync(id, null);
            return new BlockOutcome.OverQuota(now.StoredBytes);
        }

        return await RecordAsync(file with { Length = written.Bytes, Total = written.Bytes }, written, announced: true, cancellation);
    }

    private ValueTask<DatafileSnapshot> SnapshotAsync(BlockRequest block, string? loose, CancellationToken cancellation) =>
        DatafileSnapshot.ReadAsync(store, block.Owner, block.Name, loose, cancellation, block.Account);

    private async ValueTask<BlockOutcome> StoreAsync(BlockRequest block, DatafileSnapshot now, Stream body, CancellationToken cancellation)
    {
        bool announced = block.Offset == 0;
        string id = announced ? await AnnounceAsync(cancellation) : now.Upload!.Id;
        WrittenBlocks? written;
        try
        {
            written = await BlockWriter.WriteAsync(volume, id, block.Offset, body, block.Length, cancellation);
        }
        catch (PermanentFault)
        {
            DatafileSnapshot then = await SnapshotAsync(block, id, cancellation);
            if (announced ? then.IsLoose : then.Upload?.Id == id)
            {
                await DiscardAsync(announced ? id : null, null);
                throw;
            }

            // It took so long that its folder was swept away meanwhile.
            return new BlockOutcome.TooSlow();
        }
        catch when (announced)
        {
            await DiscardAsync(id, null);
            throw;
        }

        if (written?.Bytes != block.Length)
        {
            await DiscardAsync(announced ? id : null, written);
            throw new EndOfStreamException("the body has not as many bytes as were announced");
        }

        if (block.Crc32C is { } crc && crc != written.Crc32C)
        {
            await DiscardAsync(announced ? id : null, written);
            return new BlockOutcome.WrongChecksum(false, written.Crc32C);
        }

        return await RecordAsync(block, written, announced, cancellation);
    }

    private async ValueTask<string> AnnounceAsync(CancellationToken cancellation)
    {
        string id = BlockFiles.NewId();
        await _records.AnnounceAsync(id, cancellation);
        return id;
    }

    /// <summary>Records what is written, as often as others were first; what cannot be recorded goes.</summary>
    private async ValueTask<BlockOutcome> RecordAsync(BlockRequest block, WrittenBlocks written, bool announced, CancellationToken cancellation)
    {
        BlockOutcome? outcome = null;
        bool recorded = false;
        while (outcome is null)
        {
            BlockVerdict verdict = BlockVerdict.Of(block, await SnapshotAsync(block, announced ? written.Id : null, cancellation));
            if (verdict.Outcome is { } refused)
            {
                outcome = refused;
            }
            else if (announced && !verdict.Now.IsLoose)
            {
                outcome = new BlockOutcome.TooSlow();
            }
            else if (verdict.IfSame is not null)
            {
                await using var again = new BlockStream(OpenWritten(written, block));
                outcome = await TryCompareAsync(block, verdict, again, cancellation);
            }
            else
            {
                (outcome, recorded) = await TryRecordAsync(block, verdict.Now, written, announced, cancellation);
            }
        }

        if (!recorded)
        {
            await DiscardAsync(announced ? written.Id : null, written);
        }

        return outcome;
    }

    private async ValueTask<(BlockOutcome? Outcome, bool Recorded)> TryRecordAsync(
        BlockRequest block, DatafileSnapshot now, WrittenBlocks written, bool announced, CancellationToken cancellation)
    {
        if (!announced && now.Upload!.Id != written.Id)
        {
            // Another upload has taken the place of the one that the block was written for, and come just as far.
            return (new BlockOutcome.WrongOffset(now.Upload.Received), false);
        }

        uint crc = announced ? written.Crc32C : Crc32C.Combine(now.Upload!.Crc32C, written.Crc32C, written.Bytes);
        bool gzip = announced ? written.Gzip : now.Upload!.Gzip;
        if (!block.IsLast)
        {
            var upload = new StoredUpload(written.Id, block.Total, block.End, crc, gzip, time.GetUtcNow());
            bool made = announced
                ? await _records.TryBeginAsync(now, upload, written.Names[0], cancellation)
                : await _records.TryExtendAsync(now, upload, written.Names[0], cancellation);
            return made ? (new BlockOutcome.Received(now.Shown(upload)), true) : (null, false);
        }

        return block.FileCrc32C is { } wanted && wanted != crc
            ? (new BlockOutcome.WrongChecksum(true, crc), false)
            : await TryFinishAsync(now, written, new StoredFile(written.Id, written.Index, block.Total, crc, gzip, time.GetUtcNow()), announced, cancellation);
    }

    private async ValueTask<(BlockOutcome? Outcome, bool Recorded)> TryFinishAsync(
        DatafileSnapshot now, WrittenBlocks written, StoredFile file, bool announced, CancellationToken cancellation)
    {
        List<string> blocks = announced ? [] : await _blocks.NamesAsync(file.Id, cancellation);
        blocks.AddRange(written.Names);
        BlockFiles.WriteIndex(volume, file.Id, file.Index, blocks);
        bool made = announced ? await _records.TryAddAsync(now, file, cancellation) : await _records.TryCompleteAsync(now, file, cancellation);
        if (made && !announced)
        {
            _blocks.DeleteOthers(file, blocks);
        }

        return made ? (new BlockOutcome.Done(now.Shown(file)), true) : (null, false);
    }

    /// <summary>Compares a block that was sent again with what is there of it.</summary>
    /// <returns>Null if what was there is there no more; then nothing of the body was read.</returns>
    private async ValueTask<BlockOutcome?> TryCompareAsync(BlockRequest block, BlockVerdict verdict, Stream body, CancellationToken cancellation)
    {
        using VolumeReader? there = await _blocks.TryOpenAsync(verdict, cancellation);
        return there is null ? null
            : await BlockComparison.CompareAsync(there, block.Offset, block.Length, body, cancellation) is not { } crc ? verdict.IfOther
            : block.Crc32C is { } wanted && wanted != crc ? new BlockOutcome.WrongChecksum(false, crc)
            : verdict.IfSame;
    }

    /// <remarks>Whoever ends an upload clears away blocks that no record names, even if their writer has only been too late; sent again, such a block is compared as it comes.</remarks>
    private VolumeReader OpenWritten(WrittenBlocks written, BlockRequest block)
    {
        try
        {
            return block.Offset == 0
                ? new JoinedBlocks(volume, written.Id, written.Names, written.Bytes, block.Name)
                : volume.Open(BlockFiles.Path(written.Id, written.Names[0]));
        }
        catch (FileNotFoundException gone)
        {
            throw new TransientFault($"the upload of '{block.Name}' ended while a block was stored; send the block again", gone);
        }
    }

    /// <summary>Removes what was written in vain. What cannot be removed now is swept away with its id.</summary>
    private async ValueTask DiscardAsync(string? announced, WrittenBlocks? written)
    {
        try
        {
            if (announced is not null)
            {
                volume.Delete(BlockFiles.Folder(announced));
                await _records.ForgetAsync(announced, CancellationToken.None);
            }
            else if (written is not null)
            {
                written.Names.Append(written.Index).ToList().ForEach(name => volume.Delete(BlockFiles.Path(written.Id, name)));
            }
        }
        catch (Exception e) when (e is TransientFault or PermanentFault)
        {
            // See above.
        }
    }
}
