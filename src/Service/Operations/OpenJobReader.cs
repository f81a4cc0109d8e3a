using Katanemimena.Core;
using Katanemimena.Orchestration;

namespace Katanemimena.Service;

/// <summary>A job that has not ended or not been cleaned up yet.</summary>
/// <param name="Id">The job.</param>
/// <param name="State">Where it stands.</param>
/// <param name="Reads">The answers to what else was asked of it.</param>
internal sealed record OpenJob(JobId Id, JobState State, IReadOnlyList<RangeResult> Reads);

/// <summary>Reads the open jobs, several in one transaction.</summary>
internal sealed class OpenJobReader(IKeyValueStore store)
{
    private readonly JobStore _jobs = new(store);

    /// <summary>Reads all open jobs; one that is deleted meanwhile is left out.</summary>
    /// <param name="ranges">What else to read of each, at the same revision as its state; the same number for all.</param>
    /// <param name="cancellation">Stops reading.</param>
    public async ValueTask<IReadOnlyList<OpenJob>> ReadAsync(Func<JobId, IReadOnlyList<KeyRange>> ranges, CancellationToken cancellation)
    {
        IReadOnlyList<JobId> ids = await _jobs.OpenAsync(manager: null, cancellation);
        if (ids.Count == 0)
        {
            return [];
        }

        int readsOfOne = 1 + ranges(ids[0]).Count;
        List<OpenJob> jobs = new(ids.Count);
        foreach (JobId[] some in ids.Chunk(KeyValueRules.OperationsMax / readsOfOne))
        {
            IReadOnlyList<RangeResult> reads = await _jobs.ReadAsync([.. some.SelectMany(id => (KeyRange[])[KeyRange.One(JobKeys.State(id)), .. ranges(id)])], cancellation);
            for (int index = 0; index < some.Length; index++)
            {
                RangeResult[] own = [.. reads.Skip(index * readsOfOne).Take(readsOfOne)];
                if (own[0].Keys is [var state])
                {
                    jobs.Add(new OpenJob(some[index], JobDocuments.ReadState(state.Value.Span), own[1..]));
                }
            }
        }

        return jobs;
    }
}
