using Katanemimena.Core;

namespace Katanemimena.Service;

/// <summary>What the store knows of one name at one revision, with the conditions that it is still so.</summary>
internal sealed class DatafileSnapshot
{
    private readonly KeyValue? _file;
    private readonly KeyValue? _upload;
    private readonly KeyValue? _stored;
    private readonly KeyValue? _loose;
    private readonly KeyValue? _sent;
    private readonly KeyCondition? _account;

    private DatafileSnapshot(string owner, string name, string? loose, KeyCondition? account, IReadOnlyList<RangeResult> reads)
    {
        (Owner, Name, _account) = (owner, name, account);
        Dictionary<string, KeyValue> found = reads.SelectMany(read => read.Keys).ToDictionary(key => key.Key, StringComparer.Ordinal);
        _file = found.GetValueOrDefault(DatafileKeys.File(owner, name));
        _upload = found.GetValueOrDefault(DatafileKeys.Upload(owner, name));
        _stored = found.GetValueOrDefault(DatafileKeys.Stored(owner));
        _loose = loose is null ? null : found.GetValueOrDefault(DatafileKeys.LooseId(loose));
        _sent = DatafileName.IsHidden(name) ? found.GetValueOrDefault(DatafileKeys.SentWith(owner, name)) : null;
        HasAccount = account is null || account.Value.HoldsOf(found.GetValueOrDefault(account.Value.Key));
        Datafiles = reads[0].Count;
        File = DatafileDocuments.Read(_file, DatafileDocuments.Default.StoredFile);
        Upload = DatafileDocuments.Read(_upload, DatafileDocuments.Default.StoredUpload);
        StoredBytes = Orchestration.StoredBytes.Read(_stored);
    }

    internal string Owner { get; }

    internal string Name { get; }

    internal StoredFile? File { get; }

    internal StoredUpload? Upload { get; }

    /// <summary>Bytes the owner has stored.</summary>
    internal long StoredBytes { get; }

    /// <summary>Datafiles the owner has, hidden ones too.</summary>
    internal long Datafiles { get; }

    /// <summary>Whether the account is still the one for which the block was taken.</summary>
    internal bool HasAccount { get; }

    /// <summary>Whether the data sent along with this datafile is being deleted, because no job came of it for too long.</summary>
    internal bool IsDoomed => DatafileDocuments.Read(_sent, DatafileDocuments.Default.SentAlong) is { Doomed: true };

    /// <summary>Whether the id that was asked for belongs to no record, and its blocks are not being swept away.</summary>
    internal bool IsLoose => DatafileDocuments.Read(_loose, DatafileDocuments.Default.LooseBlocks) is { Doomed: false };

    internal KeyCondition SameFile => KeyCondition.Unchanged(DatafileKeys.File(Owner, Name), _file);

    internal KeyCondition SameUpload => KeyCondition.Unchanged(DatafileKeys.Upload(Owner, Name), _upload);

    internal KeyCondition SameStored => KeyCondition.Unchanged(DatafileKeys.Stored(Owner), _stored);

    /// <summary>What is to hold of the owner whenever a block is recorded.</summary>
    internal IEnumerable<KeyCondition> SameAccount => _account is { } account ? [account] : [];

    /// <summary>The submission that a hidden datafile comes with is as it was seen; nothing for any other.</summary>
    internal IEnumerable<KeyCondition> SameSubmission => DatafileName.IsHidden(Name) ? [KeyCondition.Unchanged(DatafileKeys.SentWith(Owner, Name), _sent)] : [];

    /// <summary>Reads a name.</summary>
    /// <param name="store">Where from.</param>
    /// <param name="owner">Whose it is.</param>
    /// <param name="name">The name.</param>
    /// <param name="loose">An id that should belong to no record yet, or null.</param>
    /// <param name="cancellation">Stops reading.</param>
    /// <param name="account">Holds as long as the owner's account is the same; null not to mind.</param>
    internal static async ValueTask<DatafileSnapshot> ReadAsync(
        IKeyValueStore store, string owner, string name, string? loose, CancellationToken cancellation, KeyCondition? account = null)
    {
        List<KeyRange> reads =
        [
            KeyRange.Prefix(DatafileKeys.FilesOf(owner)) with { CountOnly = true },
            KeyRange.One(DatafileKeys.File(owner, name)), KeyRange.One(DatafileKeys.Upload(owner, name)), KeyRange.One(DatafileKeys.Stored(owner)),
        ];
        if (loose is not null)
        {
            reads.Add(KeyRange.One(DatafileKeys.LooseId(loose)));
        }

        if (DatafileName.IsHidden(name))
        {
            reads.Add(KeyRange.One(DatafileKeys.SentWith(owner, name)));
        }

        if (account is { } same)
        {
            reads.Add(KeyRange.One(same.Key));
        }

        return new DatafileSnapshot(owner, name, loose, account, (await store.TransactAsync(new Transaction { Reads = reads }, cancellation)).Reads);
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
}
