using Katanemimena.Core;
using Katanemimena.Orchestration;

namespace Katanemimena.Service;

/// <summary>Counts what users run.</summary>
public sealed class RunningJobs(IKeyValueStore store)
{
    private readonly OpenJobReader _jobs = new(store);

    /// <summary>How many jobs of a user have not ended.</summary>
    /// <exception cref="TransientFault">The store cannot be reached.</exception>
    public async ValueTask<int> CountAsync(string owner, CancellationToken cancellation) =>
        (await _jobs.ReadAsync(job => [KeyRange.One(JobKeys.Spec(job))], cancellation))
            .Count(job => !job.State.Ended && job.Reads[0].Keys is [var spec] && JobDocuments.ReadSpec(spec.Value.Span).Owner == owner);
}
