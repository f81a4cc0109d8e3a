using Katanemimena.Core;
using Katanemimena.Orchestration;

namespace Katanemimena.Service;

/// <summary>The datafiles of all owners. Any number of instances may work on one store and one volume; safe for several threads.</summary>
/// <remarks>
/// The truth is the key-value store; the volume has blocks that never change. A datafile whose record is there can be read; one whose record goes can still be read by
/// whoever found it before: its blocks stay for <see cref="DatafileSweeper.LooseTime"/>, and for as long as an open job reads them.
/// Every method may throw <see cref="TransientFault"/> (a change may then have been made) and, where it touches the volume, <see cref="PermanentFault"/>. Names and
/// owners that break their rules are an <see cref="ArgumentException"/>: see <see cref="DatafileName"/>.
/// </remarks>
public sealed class DatafileStore(IKeyValueStore store, IVolume volume, TimeProvider time)
{
    /// <summary>Most bytes of a block: 32 MiB.</summary>
    public const int BlockBytesMax = 32 << 20;

    /// <summary>Least bytes of a block that is not the last: 1 MiB.</summary>
    public const int BlockBytesMin = 1 << 20;

    /// <summary>Most inputs that are found for a job: 10,000, which is more than a specification has room for.</summary>
    public const int InputsMax = 10_000;

    private readonly DatafileRecords _records = new(store, time);
    private readonly DatafileUploads _uploads = new(store, volume, time);
    private readonly DatafileResolver _resolver = new(store);

    /// <summary>Finds a datafile, hidden ones too; null if there is none.</summary>
    public async ValueTask<Datafile?> FindAsync(string owner, string name, CancellationToken cancellation)
    {
        DatafileSnapshot now = await ReadAsync(owner, name, cancellation);
        return now.File is { } file ? now.Shown(file) : null;
    }

    /// <summary>Lists datafiles, without hidden ones.</summary>
    /// <param name="owner">Whose.</param>
    /// <param name="prefix">What their names begin with; may be empty.</param>
    /// <param name="after">The name after which the page begins; it need not be there; null or empty for the first page.</param>
    /// <param name="limit">Most of them; 1 or more.</param>
    /// <param name="cancellation">Stops reading.</param>
    /// <exception cref="ArgumentException">Prefix or beginning is none of a name.</exception>
    public async ValueTask<DatafilePage> ListAsync(string owner, string prefix, string? after, int limit, CancellationToken cancellation)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(limit, 1);
        if (!DatafileName.IsBeginning(prefix) || !DatafileName.IsBeginning(after ?? ""))
        {
            throw new ArgumentException("no name begins like that", nameof(prefix));
        }

        List<Datafile> files = [];
        foreach (KeyRange range in DatafileResolver.Visible(owner, prefix, after))
        {
            RangeResult found = await store.RangeAsync(range with { Limit = limit + 1 - files.Count }, cancellation);
            files.AddRange(found.Keys.Select(key => DatafileResolver.Read(owner, key)));
            if (files.Count > limit)
            {
                return new DatafilePage(files[..limit], files[limit - 1].Name);
            }
        }

        return new DatafilePage(files, null);
    }

    /// <summary>Bytes an owner has stored: of datafiles, hidden ones too, of uploads as large as they are to be, of programs of jobs, and of what ended jobs keep. What was deleted or
    /// replaced counts until its blocks are gone: for <see cref="DatafileSweeper.LooseTime"/>, and for as long as an open job reads them.</summary>
    public async ValueTask<long> StoredBytesAsync(string owner, CancellationToken cancellation)
    {
        RangeResult found = await store.RangeAsync(KeyRange.One(DatafileKeys.Stored(owner)), cancellation);
        return StoredBytes.Read(found.First);
    }

    /// <summary>How far an upload is; null if there is none.</summary>
    public async ValueTask<DatafileUpload?> UploadAsync(string owner, string name, CancellationToken cancellation) =>
        (await ReadAsync(owner, name, cancellation)).ShownUpload;

    /// <summary>Takes in a block of an upload, or a whole datafile. What came before is answered as if it were new, if it has the same bytes.</summary>
    /// <param name="block">What it is.</param>
    /// <param name="body">Its bytes, as many as announced.</param>
    /// <param name="cancellation">Nothing is recorded, or all is.</param>
    /// <exception cref="ArgumentException">It can be no block: <see cref="BlockRequest.Check"/>.</exception>
    /// <exception cref="EndOfStreamException">The body has fewer bytes than announced, or more.</exception>
    public ValueTask<BlockOutcome> PutAsync(BlockRequest block, Stream body, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(block);
        DatafileName.Require(block.Name);
        return block.Check() is { } trouble ? throw new ArgumentException(trouble, nameof(block)) : _uploads.PutAsync(block, body, cancellation);
    }

    /// <summary>Stores a stream of any length as a datafile that is not there yet.</summary>
    /// <param name="owner">Whose it is.</param>
    /// <param name="name">Its name; hidden if it begins with <see cref="DatafileName.Hidden"/>.</param>
    /// <param name="body">Its bytes, to the end.</param>
    /// <param name="storedBytesMax">Most bytes the owner may have stored.</param>
    /// <param name="cancellation">Nothing is recorded, or all is.</param>
    /// <returns><see cref="BlockOutcome.Done"/>, or why not: <see cref="BlockOutcome.Exists"/>, <see cref="BlockOutcome.OverQuota"/>, <see cref="BlockOutcome.TooSlow"/>.</returns>
    public ValueTask<BlockOutcome> AddAsync(string owner, string name, Stream body, long storedBytesMax, CancellationToken cancellation) =>
        AddAsync(new BlockRequest { Owner = owner, Name = name, Length = 0, Total = 0, StoredBytesMax = storedBytesMax }, body, cancellation);

    /// <summary>The same within all that holds for the owner.</summary>
    /// <param name="owner">Whose it is.</param>
    /// <param name="name">Its name.</param>
    /// <param name="body">Its bytes, to the end.</param>
    /// <param name="standing">How the owner stands.</param>
    /// <param name="cancellation">Nothing is recorded, or all is.</param>
    /// <returns>The same, or <see cref="BlockOutcome.TooMany"/> or <see cref="BlockOutcome.NoAccount"/>.</returns>
    public ValueTask<BlockOutcome> AddAsync(string owner, string name, Stream body, UserStanding standing, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(standing);
        var file = new BlockRequest
        {
            Owner = owner, Name = name, Length = 0, Total = 0, StoredBytesMax = standing.StoredBytesMax, DatafilesMax = standing.DatafilesMax, Account = standing.Account,
        };
        return AddAsync(file, body, cancellation);
    }

    /// <summary>What has to hold when a job is stored that data was sent along with; its key goes with that. What no job has had within <see cref="DatafileSweeper.LooseTime"/> is deleted.</summary>
    /// <param name="owner">Whose data.</param>
    /// <param name="name">Name of any of it, which <see cref="AddAsync(string, string, Stream, UserStanding, CancellationToken)"/> has stored.</param>
    /// <param name="cancellation">Stops reading.</param>
    /// <returns>Null if it was deleted meanwhile.</returns>
    public async ValueTask<KeyCondition?> SentAsync(string owner, string name, CancellationToken cancellation)
    {
        RangeResult found = await store.RangeAsync(KeyRange.One(DatafileKeys.SentWith(owner, name)), cancellation);
        return found.First is { } sent && DatafileDocuments.Read(sent, DatafileDocuments.Default.SentAlong) is { Doomed: false } ? new KeyCondition(sent.Key, sent.ModifyRevision) : null;
    }

    /// <summary>Deletes data that was sent along with a job that was not stored or has ended, and that it was.</summary>
    /// <param name="owner">Whose data.</param>
    /// <param name="names">Hidden names, all of one submission; what is not there does nothing.</param>
    /// <param name="cancellation">What is left is swept away later.</param>
    public async ValueTask DeleteSentAsync(string owner, IReadOnlyCollection<string> names, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(names);
        foreach (string name in names)
        {
            await DeleteAsync(owner, name, cancellation);
        }

        foreach (string submission in names.Select(name => DatafileKeys.SentWith(owner, name)).Distinct(StringComparer.Ordinal))
        {
            await _records.ForgetSentAsync(submission, cancellation);
        }
    }

    /// <summary>Opens a datafile for reading; it holds one block open at a time.</summary>
    /// <exception cref="PermanentFault">Its blocks are gone or damaged.</exception>
    public VolumeReader Open(Datafile file)
    {
        ArgumentNullException.ThrowIfNull(file);
        return BlockFiles.Open(volume, file.Id, file.Stored.Index, file.Bytes, file.Name);
    }

    /// <summary>Finds the inputs of a job.</summary>
    /// <param name="owner">Whose datafiles.</param>
    /// <param name="patterns">
    /// Each is a name, a folder (what comes before a <c>/</c> in names) or a glob. They count in the order given, and a datafile named twice counts twice. A folder stands for all
    /// datafiles below it, a glob for all datafiles and folders it matches, each datafile once: by name in ordinal order, without those of which a part below
    /// the folder begins with a dot. Globs know <c>*</c>, <c>?</c>, <c>[…]</c>, and <c>**</c> as a part for any number of folders. Hidden datafiles are never found.
    /// </param>
    /// <param name="cancellation">Stops reading.</param>
    /// <returns>Inputs with all that <see cref="DatafileReader"/> needs. A job with them has to be stored within <see cref="DatafileSweeper.LooseTime"/>; otherwise it fails if a datafile was deleted meanwhile.</returns>
    /// <exception cref="PermanentFault">A pattern matches nothing; the message names it. Or there are more than <see cref="InputsMax"/> inputs.</exception>
    public ValueTask<IReadOnlyList<InputFile>> ResolveAsync(string owner, IReadOnlyList<string> patterns, CancellationToken cancellation) =>
        _resolver.ResolveAsync(owner, patterns, cancellation);

    /// <summary>Deletes a datafile. Jobs that read it go on reading it, and it counts until its blocks are gone: see <see cref="StoredBytesAsync"/>. Of a hidden one, which no job reads that
    /// is not over, the blocks go at once.</summary>
    /// <returns>False if there is none.</returns>
    public async ValueTask<bool> DeleteAsync(string owner, string name, CancellationToken cancellation)
    {
        while (await ReadAsync(owner, name, cancellation) is { File: not null } now)
        {
            if (await _records.TryDeleteAsync(now, cancellation))
            {
                if (DatafileName.IsHidden(name))
                {
                    await ClearAsync(now.File.Id, cancellation);
                }

                return true;
            }
        }

        return false;
    }

    /// <summary>Drops an upload with all that came of it.</summary>
    /// <returns>False if there is none.</returns>
    public async ValueTask<bool> DropUploadAsync(string owner, string name, CancellationToken cancellation)
    {
        while (await ReadAsync(owner, name, cancellation) is { Upload: not null } now)
        {
            if (await _records.TryDropAsync(now, cancellation))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Deletes all that an owner has: datafiles, hidden ones too, and uploads. For an account that is deleted, so that a later one of the same name finds nothing.</summary>
    /// <remarks>What is added meanwhile may stay.</remarks>
    public async ValueTask DeleteAllAsync(string owner, CancellationToken cancellation)
    {
        string uploads = DatafileKeys.UploadsOf(owner);
        await foreach (KeyValue key in StorePages.ReadAsync(store, KeyRange.Prefix(uploads), cancellation))
        {
            await DropUploadAsync(owner, key.Key[uploads.Length..], cancellation);
        }

        string files = DatafileKeys.FilesOf(owner);
        await foreach (KeyValue key in StorePages.ReadAsync(store, KeyRange.Prefix(files), cancellation))
        {
            await DeleteAsync(owner, key.Key[files.Length..], cancellation);
        }
    }

    /// <summary>Removes the blocks of a datafile that nobody reads any more. What cannot be removed now is swept away.</summary>
    private async ValueTask ClearAsync(string id, CancellationToken cancellation)
    {
        try
        {
            volume.Delete(BlockFiles.Folder(id));
        }
        catch (PermanentFault)
        {
            return;
        }

        await _records.ForgetAsync(id, cancellation);
    }

    private ValueTask<BlockOutcome> AddAsync(BlockRequest file, Stream body, CancellationToken cancellation)
    {
        DatafileName.Require(file.Name);
        return _uploads.AddAsync(file, body, cancellation);
    }

    private ValueTask<DatafileSnapshot> ReadAsync(string owner, string name, CancellationToken cancellation)
    {
        DatafileName.Require(name);
        return DatafileSnapshot.ReadAsync(store, owner, name, null, cancellation);
    }
}
