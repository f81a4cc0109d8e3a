using System.Text.Json;
using System.Text.Json.Serialization;
using Katanemimena.Core;

namespace Katanemimena.Orchestration;

/// <summary>What an ended job counts for among the bytes that its owner has stored.</summary>
/// <param name="Job">Its specification and its files, without results that were put together; 0 until it has been cleaned up.</param>
/// <param name="Results">The results put together, by format.</param>
internal sealed record KeptBytes(long Job, SortedDictionary<string, long> Results)
{
    /// <summary>All of it.</summary>
    [JsonIgnore]
    public long Total => Job + Results.Values.Sum();

    /// <summary>Of a job that nothing was counted for yet.</summary>
    public static KeptBytes None => new(0, []);

    /// <summary>The same with one result more.</summary>
    public KeptBytes With(string format, long bytes) => this with { Results = new(Results, StringComparer.Ordinal) { [format] = bytes } };
}

/// <summary>What the store says of a job and of its owner's bytes at one revision, with the conditions that it is still so.</summary>
internal sealed class KeptView
{
    private readonly JobId _job;
    private readonly string _gate;
    private readonly KeyValue? _kept;
    private readonly KeyValue? _stored;

    private KeptView(JobId job, string gate, IReadOnlyList<RangeResult> reads)
    {
        (_job, _gate, StateRevision, IsListed) = (job, gate, reads[0].First?.ModifyRevision, reads[1].Count > 0);
        (_kept, _stored) = (reads[2].First, reads[3].First);
        Kept = _kept is null ? null : RecordJson.Read(_kept.Value.Span, KeptJson.Default.KeptBytes);
    }

    /// <summary>Revision of the job's state; null if there is no such job.</summary>
    public long? StateRevision { get; }

    /// <summary>Whether the job is in its owner's list: what others keep counts for nobody.</summary>
    public bool IsListed { get; }

    /// <summary>What the job counts for now; null if nothing was counted yet.</summary>
    public KeptBytes? Kept { get; }

    /// <summary>Hold as long as neither has changed.</summary>
    public KeyCondition[] Unchanged => [KeyCondition.Unchanged(JobKeys.Kept(_job), _kept), KeyCondition.Unchanged(_gate, _stored)];

    /// <summary>Reads it.</summary>
    /// <param name="store">The truth.</param>
    /// <param name="job">The job.</param>
    /// <param name="spec">Its specification.</param>
    /// <param name="cancellation">Stops reading.</param>
    public static async ValueTask<KeptView> ReadAsync(IKeyValueStore store, JobId job, JobSpec spec, CancellationToken cancellation)
    {
        string gate = JobKeys.StoredGate(spec.Owner);
        KeyRange[] reads =
        [
            KeyRange.One(JobKeys.State(job)),
            KeyRange.One(JobKeys.ListedOf(spec.Owner) + JobKeys.ListedName(spec.Submitted, job)) with { CountOnly = true },
            KeyRange.One(JobKeys.Kept(job)),
            KeyRange.One(gate),
        ];
        return new KeptView(job, gate, (await store.TransactAsync(new Transaction { Reads = reads }, cancellation)).Reads);
    }

    /// <summary>The writes that let the job count for so much, on condition of <see cref="Unchanged"/>.</summary>
    public KeyWrite[] Count(KeptBytes kept) =>
        [new KeyWrite.Put(JobKeys.Kept(_job), JsonSerializer.SerializeToUtf8Bytes(kept, KeptJson.Default.KeptBytes)), Stored(kept.Total)];

    /// <summary>The writes that let it count no more when its own keys go, on condition of <see cref="Unchanged"/>.</summary>
    public KeyWrite[] GiveBack() => Kept is null ? [] : [Stored(0)];

    private KeyWrite.Put Stored(long bytes) => StoredBytes.Write(_gate, StoredBytes.Read(_stored) - (Kept?.Total ?? 0) + bytes);
}

/// <summary>The document as JSON in UTF-8.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(KeptBytes))]
internal sealed partial class KeptJson : JsonSerializerContext;
