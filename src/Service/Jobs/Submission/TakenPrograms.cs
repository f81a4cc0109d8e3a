using Katanemimena.Core;
using Katanemimena.Orchestration;
using Katanemimena.Wire;

namespace Katanemimena.Service;

/// <summary>The programs of one job that is being submitted: counted among their owner's bytes before the first is written, and dropped again unless the job was stored.</summary>
internal sealed class TakenPrograms : IAsyncDisposable
{
    private readonly JobParts _parts;
    private readonly string _id;
    private bool _kept;

    private TakenPrograms(JobParts parts, string id, KeyCondition? unswept) => (_parts, _id, Unswept) = (parts, id, unswept);

    /// <summary>Holds until the programs are swept away; null if there are none but commands.</summary>
    internal KeyCondition? Unswept { get; }

    /// <summary>Where the programs are to be written.</summary>
    internal string Folder => ProgramFolders.Of(_parts.CodeFolder, _id);

    internal CodeFile Mapper { get; set; } = null!;

    internal CodeFile? Reducer { get; set; }

    internal CodeFile? Combiner { get; set; }

    /// <summary>Begins to take programs in.</summary>
    /// <param name="parts">What the service stands on.</param>
    /// <param name="request">Whose they are.</param>
    /// <param name="bytes">How many bytes are to be written; null if only commands are named.</param>
    /// <param name="cancellation">What was counted by then is swept away.</param>
    /// <exception cref="JobRefused">They are over the quota, or the account is no more; nothing was counted.</exception>
    internal static async ValueTask<TakenPrograms> BeginAsync(JobParts parts, SubmitRequest request, long? bytes, CancellationToken cancellation)
    {
        string id = BlockFiles.NewId();
        return new TakenPrograms(parts, id, bytes is { } count ? await CountAsync(parts, request, id, count, cancellation) : null);
    }

    /// <summary>The job was stored, or may have been: the programs stay for an hour, and until the job is over.</summary>
    internal void Keep() => _kept = true;

    /// <summary>Drops the programs of a job that is over.</summary>
    /// <exception cref="PermanentFault">They cannot be deleted.</exception>
    internal static async ValueTask DropAsync(JobParts parts, JobSpec spec, CancellationToken cancellation)
    {
        foreach (string id in ProgramFolders.IdsOf(spec))
        {
            await DropAsync(parts, id, cancellation);
        }
    }

    /// <summary>Drops what no job has. What cannot be dropped now is swept away later.</summary>
    public async ValueTask DisposeAsync()
    {
        try
        {
            if (!_kept && Unswept is not null)
            {
                await DropAsync(_parts, _id, CancellationToken.None);
            }
        }
        catch (Exception fault) when (fault is TransientFault or PermanentFault)
        {
            _parts.Report?.Invoke(nameof(TakenPrograms), fault);
        }
    }

    private static async ValueTask DropAsync(JobParts parts, string id, CancellationToken cancellation)
    {
        ProgramFolders.Delete(parts.CodeFolder, id);
        await new DatafileRecords(parts.Store, parts.Time).ForgetAsync(id, cancellation);
    }

    private static async ValueTask<KeyCondition> CountAsync(JobParts parts, SubmitRequest request, string id, long bytes, CancellationToken cancellation)
    {
        (string gate, string loose, KeyCondition account) = (DatafileKeys.Stored(request.Owner), DatafileKeys.LooseId(id), request.Standing.Account);
        while (true)
        {
            IReadOnlyList<RangeResult> reads = await new JobStore(parts.Store).ReadAsync([KeyRange.One(gate), KeyRange.One(account.Key)], cancellation);
            KeyValue? sum = reads[0].First;
            long stored = StoredBytes.Read(sum);
            if (!account.HoldsOf(reads[1].First))
            {
                throw JobRefused.NoAccount();
            }

            if (stored + bytes > request.Standing.StoredBytesMax)
            {
                throw new JobRefused(ProblemCodes.OverQuota,
                    $"you have {stored} bytes stored, and with the {bytes} of these programs it would be more than the {request.Standing.StoredBytesMax} that are allowed: {JobRefused.HowToMakeRoom}");
            }

            var transaction = new Transaction
            {
                Conditions = [KeyCondition.Absent(loose), KeyCondition.Unchanged(gate, sum), account],
                Writes =
                [
                    DatafileDocuments.Put(loose, new LooseBlocks(parts.Time.GetUtcNow(), Owner: request.Owner, Bytes: bytes, Programs: true), DatafileDocuments.Default.LooseBlocks),
                    StoredBytes.Write(gate, stored + bytes),
                ],
            };
            if (await parts.Store.TransactAsync(transaction, cancellation) is { Succeeded: true, Revision: var revision })
            {
                return new KeyCondition(loose, revision);
            }
        }
    }
}
