using Katanemimena.Core;
using Katanemimena.Orchestration;

namespace Katanemimena.Service;

/// <summary>Clears away what nobody needs any more: uploads given up, and blocks without a record. Any number of instances may sweep at once.</summary>
public sealed class DatafileSweeper(IKeyValueStore store, IVolume volume, TimeProvider time)
{
    /// <summary>How long blocks without a record stay at least: 1 h. A block that is being sent has so long to arrive, and who has found a datafile has so long to store
    /// the job that reads it, or to read it; far longer than clocks of instances differ.</summary>
    public static readonly TimeSpan LooseTime = TimeSpan.FromHours(1);

    /// <summary>How long an upload waits for its next block: a day.</summary>
    public static readonly TimeSpan UploadTime = TimeSpan.FromDays(1);

    private readonly DatafileRecords _records = new(store, time);

    /// <summary>Sweeps once; to be called every minute or so. Costs two reads when there is nothing to do.</summary>
    /// <exception cref="TransientFault">The store cannot be reached; what is left is swept next time.</exception>
    /// <exception cref="PermanentFault">Some blocks cannot be deleted; all others were.</exception>
    public async ValueTask SweepAsync(CancellationToken cancellation)
    {
        await DropUploadsAsync(cancellation);
        await DeleteLooseAsync(cancellation);
    }

    private async ValueTask DropUploadsAsync(CancellationToken cancellation)
    {
        await foreach (KeyValue key in StorePages.ReadAsync(store, KeyRange.Prefix(DatafileKeys.Uploads), cancellation))
        {
            if (!IsGivenUp(DatafileDocuments.Read(key, DatafileDocuments.Default.StoredUpload)))
            {
                continue;
            }

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
        await foreach (KeyValue key in StorePages.ReadAsync(store, KeyRange.Prefix(DatafileKeys.Loose), cancellation))
        {
            LooseBlocks loose = DatafileDocuments.Read(key, DatafileDocuments.Default.LooseBlocks)!;
            if (loose.Since + LooseTime <= time.GetUtcNow())
            {
                due.Add((key.Key[DatafileKeys.Loose.Length..], loose, key.ModifyRevision));
            }
        }

        if (due.Count == 0)
        {
            return;
        }

        HashSet<string> read = await ReadByJobsAsync(cancellation);
        PermanentFault? trouble = null;
        foreach ((string id, LooseBlocks loose, long revision) in due.Where(one => !read.Contains(one.Id)))
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
            volume.Delete(BlockFiles.Folder(id));
            await _records.ForgetAsync(id, cancellation);
        }
    }

    private bool IsGivenUp(StoredUpload? upload) => upload is not null && upload.Touched + UploadTime <= time.GetUtcNow();

    /// <summary>The ids that jobs read which have not ended.</summary>
    private async ValueTask<HashSet<string>> ReadByJobsAsync(CancellationToken cancellation)
    {
        var jobs = new JobStore(store);
        HashSet<string> ids = new(StringComparer.Ordinal);
        foreach (JobId job in await jobs.OpenAsync(null, cancellation))
        {
            JobSpec? spec = await jobs.SpecAsync(job, cancellation);
            foreach (InputFile input in spec?.Inputs ?? [])
            {
                if (DatafileSource.TryParse(input.Source, out string id, out _))
                {
                    ids.Add(id);
                }
            }
        }

        return ids;
    }
}
