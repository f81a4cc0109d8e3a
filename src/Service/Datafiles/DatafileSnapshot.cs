using Katanemimena.Core;

namespace Katanemimena.Service;

/// <summary>What the store knows of one name at one revision, with the conditions that it is still so.</summary>
internal sealed class DatafileSnapshot
{
    private readonly KeyValue? _file;
    private readonly KeyValue? _upload;
    private readonly KeyValue? _stored;
    private readonly KeyValue? _loose;

    private DatafileSnapshot(string owner, string name, IReadOnlyList<RangeResult> reads)
    {
        (Owner, Name) = (owner, name);
        (_file, _upload, _stored) = (Only(reads[0]), Only(reads[1]), Only(reads[2]));
        _loose = reads.Count > 3 ? Only(reads[3]) : null;
        File = DatafileDocuments.Read(_file, DatafileDocuments.Default.StoredFile);
        Upload = DatafileDocuments.Read(_upload, DatafileDocuments.Default.StoredUpload);
        StoredBytes = DatafileDocuments.ReadNumber(_stored);
    }

    internal string Owner { get; }

    internal string Name { get; }

    internal StoredFile? File { get; }

    internal StoredUpload? Upload { get; }

    /// <summary>Bytes the owner has stored.</summary>
    internal long StoredBytes { get; }

    /// <summary>Whether the id that was asked for belongs to no record, and its blocks are not being swept away.</summary>
    internal bool IsLoose => DatafileDocuments.Read(_loose, DatafileDocuments.Default.LooseBlocks) is { Doomed: false };

    internal KeyCondition SameFile => new(DatafileKeys.File(Owner, Name), _file?.ModifyRevision ?? 0);

    internal KeyCondition SameUpload => new(DatafileKeys.Upload(Owner, Name), _upload?.ModifyRevision ?? 0);

    internal KeyCondition SameStored => new(DatafileKeys.Stored(Owner), _stored?.ModifyRevision ?? 0);

    /// <summary>Reads a name.</summary>
    /// <param name="store">Where from.</param>
    /// <param name="owner">Whose it is.</param>
    /// <param name="name">The name.</param>
    /// <param name="loose">An id that should belong to no record yet, or null.</param>
    /// <param name="cancellation">Stops reading.</param>
    internal static async ValueTask<DatafileSnapshot> ReadAsync(IKeyValueStore store, string owner, string name, string? loose, CancellationToken cancellation)
    {
        List<KeyRange> reads = [KeyRange.One(DatafileKeys.File(owner, name)), KeyRange.One(DatafileKeys.Upload(owner, name)), KeyRange.One(DatafileKeys.Stored(owner))];
        if (loose is not null)
        {
            reads.Add(KeyRange.One(DatafileKeys.LooseId(loose)));
        }

        return new DatafileSnapshot(owner, name, (await store.TransactAsync(new Transaction { Reads = reads }, cancellation)).Reads);
    }

    /// <summary>The upload for those outside.</summary>
    internal DatafileUpload? ShownUpload => Upload is { } upload ? Shown(upload) : null;

    internal DatafileUpload Shown(StoredUpload upload) => new(Name, upload.Total, upload.Received, upload.Touched);

    internal Datafile Shown(StoredFile file) => new(Owner, Name, file);

    /// <summary>The id asked for still belongs to no record, and was not swept away.</summary>
    internal KeyCondition StillLoose(string id)
    {
        Invariant.Holds(_loose?.Key == DatafileKeys.LooseId(id) && IsLoose, "the id was found loose");
        return new(_loose.Key, _loose.ModifyRevision);
    }

    private static KeyValue? Only(RangeResult found) => found.Keys.Count == 0 ? null : found.Keys[0];
}
