using Katanemimena.Core;

namespace Katanemimena.Service;

/// <summary>Changes of records, each one transaction on what a snapshot saw; false if that was no longer so, and then nothing has changed.</summary>
/// <remarks>Every id is at any moment that of one datafile, of one upload, or loose; and the bytes stored are the sum over the owner's records, and what ended jobs keep.
/// A transaction that throws <see cref="TransientFault"/> may have been made.</remarks>
internal sealed class DatafileRecords(IKeyValueStore store, TimeProvider time)
{
    /// <summary>Announces an id, so that its blocks are found and swept away if no record ever names it.</summary>
    internal async ValueTask AnnounceAsync(string id, CancellationToken cancellation)
    {
        bool made = await TryAsync([KeyCondition.Absent(DatafileKeys.LooseId(id))], [LooseNow(id)], cancellation);
        Invariant.Holds(made, "an id is given once");
    }

    /// <summary>Takes back an announced id, whose blocks are gone.</summary>
    internal async ValueTask ForgetAsync(string id, CancellationToken cancellation) => await TryAsync([], [Delete(DatafileKeys.LooseId(id))], cancellation);

    /// <summary>Makes a datafile of announced blocks, in the place of the one that has the name. A hidden one is noted as sent along with a job that is not stored yet.</summary>
    internal ValueTask<bool> TryAddAsync(DatafileSnapshot now, StoredFile file, CancellationToken cancellation) => TryAsync(
        [now.StillLoose(file.Id), now.SameFile, now.SameStored, .. now.SameAccount, .. now.SameSubmission],
        [
            .. now.SameSubmission.Select(submission => DatafileDocuments.Put(submission.Key, new SentAlong(time.GetUtcNow()), DatafileDocuments.Default.SentAlong)),
            DatafileDocuments.Put(now.SameFile.Key, file, DatafileDocuments.Default.StoredFile),
            DatafileDocuments.PutNumber(now.SameStored.Key, now.StoredBytes - (now.File?.Bytes ?? 0) + file.Bytes),
            Delete(DatafileKeys.LooseId(file.Id)),
            .. Loosen(now.File),
        ],
        cancellation);

    /// <summary>Begins an upload with an announced block.</summary>
    internal ValueTask<bool> TryBeginAsync(DatafileSnapshot now, StoredUpload upload, string block, CancellationToken cancellation) => TryAsync(
        [now.StillLoose(upload.Id), now.SameUpload, now.SameStored, .. now.SameAccount],
        [
            DatafileDocuments.Put(now.SameUpload.Key, upload, DatafileDocuments.Default.StoredUpload),
            DatafileDocuments.PutNumber(now.SameStored.Key, now.StoredBytes + upload.Total),
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
            DatafileDocuments.PutNumber(now.SameStored.Key, now.StoredBytes - (now.File?.Bytes ?? 0)),
            .. DeleteUpload(now, file.Id),
            .. Loosen(now.File),
        ],
        cancellation);

    /// <summary>Removes a datafile; its blocks become loose.</summary>
    internal ValueTask<bool> TryDeleteAsync(DatafileSnapshot now, CancellationToken cancellation) => TryAsync(
        [now.SameFile, now.SameStored],
        [Delete(now.SameFile.Key), DatafileDocuments.PutNumber(now.SameStored.Key, now.StoredBytes - now.File!.Bytes), .. Loosen(now.File)],
        cancellation);

    /// <summary>Removes an upload; its blocks become loose.</summary>
    internal ValueTask<bool> TryDropAsync(DatafileSnapshot now, CancellationToken cancellation) => TryAsync(
        [now.SameUpload, now.SameStored],
        [
            DatafileDocuments.PutNumber(now.SameStored.Key, now.StoredBytes - now.Upload!.Total),
            .. DeleteUpload(now, now.Upload.Id),
            LooseNow(now.Upload.Id),
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

    private KeyWrite.Put LooseNow(string id) =>
        DatafileDocuments.Put(DatafileKeys.LooseId(id), new LooseBlocks(time.GetUtcNow()), DatafileDocuments.Default.LooseBlocks);

    private IEnumerable<KeyWrite> Loosen(StoredFile? file) => file is null ? [] : [LooseNow(file.Id)];

    private static KeyWrite[] DeleteUpload(DatafileSnapshot now, string id) =>
        [Delete(now.SameUpload.Key), new KeyWrite.Delete(KeyRange.Prefix(DatafileKeys.BlocksOf(id)))];

    private static KeyWrite.Delete Delete(string key) => new(KeyRange.One(key));
}
