using Katanemimena.Core;
using Katanemimena.Orchestration;

namespace Katanemimena.Service;

/// <summary>Changes of records, each one transaction on what a snapshot saw; false if that was no longer so, and then nothing has changed.</summary>
/// <remarks>Every id is at any moment that of one datafile, of one upload, or loose; and the bytes stored are the sum over the owner's records, loose ids included, and what ended jobs keep.
/// A transaction that throws <see cref="TransientFault"/> may have been made.</remarks>
internal sealed class DatafileRecords(IKeyValueStore store, TimeProvider time)
{
    /// <summary>Announces an id, so that its blocks are found and swept away if no record ever names it.</summary>
    internal async ValueTask AnnounceAsync(string id, CancellationToken cancellation)
    {
        bool made = await TryAsync([KeyCondition.Absent(DatafileKeys.LooseId(id))], [LooseNow(id)], cancellation);
        Invariant.Holds(made, "an id is given once");
    }

    /// <summary>Takes back a loose id whose files are gone, and gives back to its owner what they counted for.</summary>
    internal async ValueTask ForgetAsync(string id, CancellationToken cancellation)
    {
        while ((await store.RangeAsync(KeyRange.One(DatafileKeys.LooseId(id)), cancellation)).First is { } found)
        {
            LooseBlocks loose = DatafileDocuments.Read(found, DatafileDocuments.Default.LooseBlocks)!;
            List<KeyCondition> conditions = [new(found.Key, found.ModifyRevision)];
            List<KeyWrite> writes = [Delete(found.Key)];
            if (loose is { Owner: { } owner, Bytes: > 0 })
            {
                string stored = DatafileKeys.Stored(owner);
                KeyValue? sum = (await store.RangeAsync(KeyRange.One(stored), cancellation)).First;
                conditions.Add(KeyCondition.Unchanged(stored, sum));
                writes.Add(StoredBytes.Write(stored, StoredBytes.Read(sum) - loose.Bytes));
            }

            if (await TryAsync(conditions, writes, cancellation))
            {
                return;
            }
        }
    }

    /// <summary>Makes a datafile of announced blocks, in the place of the one that has the name. A hidden one is noted as sent along with a job that is not stored yet.</summary>
    internal ValueTask<bool> TryAddAsync(DatafileSnapshot now, StoredFile file, CancellationToken cancellation) => TryAsync(
        [now.StillLoose(file.Id), now.SameFile, now.SameStored, .. now.SameAccount, .. now.SameSubmission],
        [
            .. now.SameSubmission.Select(submission => DatafileDocuments.Put(submission.Key, new SentAlong(time.GetUtcNow()), DatafileDocuments.Default.SentAlong)),
            DatafileDocuments.Put(now.SameFile.Key, file, DatafileDocuments.Default.StoredFile),
            StoredBytes.Write(now.SameStored.Key, now.StoredBytes + file.Bytes),
            Delete(DatafileKeys.LooseId(file.Id)),
            .. Loosen(now),
        ],
        cancellation);

    /// <summary>Begins an upload with an announced block.</summary>
    internal ValueTask<bool> TryBeginAsync(DatafileSnapshot now, StoredUpload upload, string block, CancellationToken cancellation) => TryAsync(
        [now.StillLoose(upload.Id), now.SameUpload, now.SameStored, .. now.SameAccount],
        [
            DatafileDocuments.Put(now.SameUpload.Key, upload, DatafileDocuments.Default.StoredUpload),
            StoredBytes.Write(now.SameStored.Key, now.StoredBytes + upload.Total),
            new KeyWrite.Put(DatafileKeys.BlocksOf(upload.Id) + block, ReadOnlyMemory<byte>.Empty),
            Delete(DatafileKeys.LooseId(upload.Id)),
        ],
        cancellation);

    /// <summary>Adds a block to an upload.</summary>
    internal ValueTask<bool> TryExtendAsync(DatafileSnapshot now, StoredUpload upload, string block, CancellationToken cancellation) => TryAsync(
        [now.SameUpload, .. now.SameAccount],
        [
            DatafileDocuments.Put(now.SameUpload.Key, upload, DatafileDocuments.Default.StoredUpload),
            new KeyWrite.Put(DatafileKeys.BlocksOf(upload.Id) + block, ReadOnlyMemory<byte>.Empty),
        ],
        cancellation);

    /// <summary>Makes a datafile of an upload, in the place of the one that has the name.</summary>
    internal ValueTask<bool> TryCompleteAsync(DatafileSnapshot now, StoredFile file, CancellationToken cancellation) => TryAsync(
        [now.SameUpload, now.SameFile, now.SameStored, .. now.SameAccount],
        [
            DatafileDocuments.Put(now.SameFile.Key, file, DatafileDocuments.Default.StoredFile),

            // The same number, under a new revision: one datafile more has to be seen by whoever adds another one now.
            StoredBytes.Write(now.SameStored.Key, now.StoredBytes),
            .. DeleteUpload(now, file.Id),
            .. Loosen(now),
        ],
        cancellation);

    /// <summary>Removes a datafile; its blocks become loose, and count until they are swept away.</summary>
    internal ValueTask<bool> TryDeleteAsync(DatafileSnapshot now, CancellationToken cancellation) =>
        TryAsync([now.SameFile], [Delete(now.SameFile.Key), .. Loosen(now)], cancellation);

    /// <summary>Removes an upload; its blocks become loose, and count until they are swept away.</summary>
    internal ValueTask<bool> TryDropAsync(DatafileSnapshot now, CancellationToken cancellation) => TryAsync(
        [now.SameUpload, now.SameStored],
        [
            StoredBytes.Write(now.SameStored.Key, now.StoredBytes - now.Upload!.Total + now.Upload.Received),
            .. DeleteUpload(now, now.Upload.Id),
            LooseNow(now.Upload.Id, now.Owner, now.Upload.Received),
        ],
        cancellation);

    /// <summary>Marks the data of a submission as being deleted.</summary>
    internal async ValueTask<bool> TryDoomAsync(KeyValue sent, SentAlong seen, CancellationToken cancellation) => await TryAsync(
        [new KeyCondition(sent.Key, sent.ModifyRevision)],
        [DatafileDocuments.Put(sent.Key, seen with { Doomed = true }, DatafileDocuments.Default.SentAlong)],
        cancellation);

    /// <summary>Forgets a submission whose data is gone.</summary>
    internal async ValueTask ForgetSentAsync(string key, CancellationToken cancellation) => await TryAsync([], [Delete(key)], cancellation);

    private async ValueTask<bool> TryAsync(IReadOnlyList<KeyCondition> conditions, IReadOnlyList<KeyWrite> writes, CancellationToken cancellation) =>
        (await store.TransactAsync(new Transaction { Conditions = conditions, Writes = writes }, cancellation)).Succeeded;

    private KeyWrite.Put LooseNow(string id, string? owner = null, long bytes = 0, bool doomed = false) =>
        DatafileDocuments.Put(DatafileKeys.LooseId(id), new LooseBlocks(time.GetUtcNow(), doomed, owner, bytes), DatafileDocuments.Default.LooseBlocks);

    /// <summary>Data sent along is read by no job but its own, which is over or was never stored: its blocks may go at once.</summary>
    private IEnumerable<KeyWrite> Loosen(DatafileSnapshot now) => now.File is { } file ? [LooseNow(file.Id, now.Owner, file.Bytes, DatafileName.IsHidden(now.Name))] : [];

    private static KeyWrite[] DeleteUpload(DatafileSnapshot now, string id) =>
        [Delete(now.SameUpload.Key), new KeyWrite.Delete(KeyRange.Prefix(DatafileKeys.BlocksOf(id)))];

    private static KeyWrite.Delete Delete(string key) => new(KeyRange.One(key));
}
