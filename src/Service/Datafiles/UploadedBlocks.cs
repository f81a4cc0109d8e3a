using Katanemimena.Core;

namespace Katanemimena.Service;

/// <summary>What is there of uploads and datafiles, for blocks that come again.</summary>
internal sealed class UploadedBlocks(IKeyValueStore store, IVolume volume)
{
    /// <summary>The blocks of an upload, by offset. If they change meanwhile, so does the upload's record, on which all else depends.</summary>
    internal async ValueTask<List<string>> NamesAsync(string id, CancellationToken cancellation)
    {
        string prefix = DatafileKeys.BlocksOf(id);
        return await StorePages.ReadAsync(store, KeyRange.Prefix(prefix), cancellation).Select(key => key.Key[prefix.Length..]).ToListAsync(cancellation);
    }

    /// <summary>Opens what a block is to be compared with.</summary>
    /// <returns>Null if the upload has ended since.</returns>
    internal async ValueTask<VolumeReader?> TryOpenAsync(BlockVerdict verdict, CancellationToken cancellation)
    {
        if (!verdict.OfUpload)
        {
            StoredFile file = verdict.Now.File!;
            return BlockFiles.Open(volume, file.Id, file.Index, file.Bytes, verdict.Now.Name);
        }

        // More blocks may have come since the snapshot, but those that it counts are among them; unless the upload has ended.
        StoredUpload upload = verdict.Now.Upload!;
        List<string> blocks = await NamesAsync(upload.Id, cancellation);
        blocks.RemoveAll(name => BlockFiles.Offset(name) >= upload.Received);
        return blocks.Count == 0 && !await IsUnderWayAsync(upload, verdict.Now, cancellation)
            ? null
            : new JoinedBlocks(volume, upload.Id, blocks, upload.Received, verdict.Now.Name);
    }

    /// <summary>Removes blocks that were written for an upload but never recorded, because their writer died or another was quicker.</summary>
    internal void DeleteOthers(StoredFile file, IEnumerable<string> blocks)
    {
        HashSet<string> kept = [.. blocks.Append(file.Index).Select(name => BlockFiles.Path(file.Id, name))];
        try
        {
            foreach (string path in volume.List(BlockFiles.Folder(file.Id)).Where(path => !kept.Contains(path)))
            {
                volume.Delete(path);
            }
        }
        catch (PermanentFault)
        {
            // They take room until the datafile is deleted; the datafile is good all the same.
        }
    }

    private async ValueTask<bool> IsUnderWayAsync(StoredUpload upload, DatafileSnapshot then, CancellationToken cancellation) =>
        (await DatafileSnapshot.ReadAsync(store, then.Owner, then.Name, null, cancellation)).Upload?.Id == upload.Id;
}
