using Katanemimena.Core;

namespace Katanemimena.Service;

/// <summary>Clears away what nobody needs any more: uploads given up, data sent along with jobs that were never stored, blocks without a record, and programs of jobs that are over.
/// Any number of instances may sweep at once; one instance sweeps once at a time, and is to be kept, since it knows what it has read.</summary>
/// <param name="store">The truth.</param>
/// <param name="volume">Where the blocks are.</param>
/// <param name="time">Clock.</param>
/// <param name="report">Told of records that are damaged, by their keys; they are passed over. Null for nobody.</param>
/// <param name="codeFolder">Where the programs are: <see cref="JobParts.CodeFolder"/>; null to leave programs alone.</param>
public sealed class DatafileSweeper(IKeyValueStore store, IVolume volume, TimeProvider time, Action<string, Exception>? report = null, string? codeFolder = null)
{
    /// <summary>How long blocks without a record, and programs, stay at least: 1 h. A block that is being sent has so long to arrive, and who has found a datafile has so long to store
    /// the job that reads it, or to read it; far longer than clocks of instances differ.</summary>
    public static readonly TimeSpan LooseTime = TimeSpan.FromHours(1);

    /// <summary>How long an upload waits for its next block: a day.</summary>
    public static readonly TimeSpan UploadTime = TimeSpan.FromDays(1);

    private readonly DatafileRecords _records = new(store, time);
    private readonly SentAlongSweep _sent = new(store, new DatafileStore(store, volume, time), new DatafileRecords(store, time), time);
    private readonly DatafilesInUse _inUse = new(store, report);

    /// <summary>Sweeps once; to be called every minute or so. Costs three reads when there is nothing to do, and reads the specification of every open job once.</summary>
    /// <exception cref="TransientFault">The store cannot be reached; what is left is swept next time.</exception>
    /// <exception cref="PermanentFault">Some blocks or programs cannot be deleted; all others were.</exception>
    public async ValueTask SweepAsync(CancellationToken cancellation)
    {
        await ForEachAsync(DatafileKeys.Uploads, key => DropUploadAsync(key, cancellation), cancellation);
        await ForEachAsync(DatafileKeys.Sent, key => _sent.SweepAsync(key, cancellation), cancellation);
        await DeleteLooseAsync(cancellation);
    }

    /// <summary>Does something with every key of a prefix; a damaged document keeps the others from nothing.</summary>
    private async ValueTask ForEachAsync(string prefix, Func<KeyValue, ValueTask> sweep, CancellationToken cancellation)
    {
        await foreach (KeyValue key in StorePages.ReadAsync(store, KeyRange.Prefix(prefix), cancellation))
        {
            try
            {
                await sweep(key);
            }
            catch (PermanentFault damage)
            {
                report?.Invoke(nameof(DatafileSweeper), damage);
            }
        }
    }

    private async ValueTask DropUploadAsync(KeyValue key, CancellationToken cancellation)
    {
        if (IsGivenUp(DatafileDocuments.Read(key, DatafileDocuments.Default.StoredUpload)))
        {
            (string owner, string name) = DatafileKeys.ParseUpload(key.Key);
            DatafileSnapshot now = await DatafileSnapshot.ReadAsync(store, owner, name, null, cancellation);
            if (IsGivenUp(now.Upload))
            {
                // If another instance changes something first, there is a next time.
                await _records.TryDropAsync(now, cancellation);
            }
        }
    }

    /// <summary>Deletes blocks: which ones are due is read before which jobs are open. So a job that was not open yet can only have found a datafile whose blocks are not due.</summary>
    private async ValueTask DeleteLooseAsync(CancellationToken cancellation)
    {
        List<(string Id, LooseBlocks Loose, long Revision)> due = [];
        await ForEachAsync(
            DatafileKeys.Loose,
            key =>
            {
                LooseBlocks loose = DatafileDocuments.Read(key, DatafileDocuments.Default.LooseBlocks)!;
                if ((loose.Doomed || loose.Since + LooseTime <= time.GetUtcNow()) && (!loose.Programs || codeFolder is not null))
                {
                    due.Add((key.Key[DatafileKeys.Loose.Length..], loose, key.ModifyRevision));
                }

                return ValueTask.CompletedTask;
            },
            cancellation);
        if (due.Count == 0)
        {
            return;
        }

        await _inUse.LookAsync(cancellation);

        PermanentFault? trouble = null;
        foreach ((string id, LooseBlocks loose, long revision) in due.Where(one => !_inUse.Contains(one.Id)))
        {
            try
            {
                await DeleteAsync(id, loose, revision, cancellation);
            }
            catch (PermanentFault fault)
            {
                trouble ??= fault;
            }
        }

        if (trouble is not null)
        {
            throw trouble;
        }
    }

    /// <summary>Dooms the id first, so that a block which arrives at last is not recorded any more. If this process dies in between, the id is swept anew.</summary>
    private async ValueTask DeleteAsync(string id, LooseBlocks loose, long revision, CancellationToken cancellation)
    {
        string key = DatafileKeys.LooseId(id);
        var doom = new Transaction
        {
            Conditions = [new KeyCondition(key, revision)],
            Writes = [DatafileDocuments.Put(key, loose with { Doomed = true }, DatafileDocuments.Default.LooseBlocks)],
        };
        if (loose.Doomed || (await store.TransactAsync(doom, cancellation)).Succeeded)
        {
            if (loose.Programs)
            {
                ProgramFolders.Delete(codeFolder!, id);
            }
            else
            {
                volume.Delete(BlockFiles.Folder(id));
            }

            await _records.ForgetAsync(id, cancellation);
        }
    }

    private bool IsGivenUp(StoredUpload? upload) => upload is not null && upload.Touched + UploadTime <= time.GetUtcNow();
}
