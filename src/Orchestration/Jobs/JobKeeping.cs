using Katanemimena.Core;

namespace Katanemimena.Orchestration;

/// <summary>Counts results that are put together after a job's end among the bytes that its owner has stored. They are given back when the job is deleted.</summary>
/// <remarks>May throw <see cref="TransientFault"/>, and may then be called again.</remarks>
public sealed class JobKeeping(IKeyValueStore store)
{
    /// <summary>Counts a result, once per format however often it is put together. To be called before the file is published, so that none is there uncounted.</summary>
    /// <param name="job">The job.</param>
    /// <param name="spec">Its specification.</param>
    /// <param name="format">Name of the format.</param>
    /// <param name="bytes">Its size.</param>
    /// <param name="cancellation">It may have been counted all the same.</param>
    /// <returns>False if the job is no more: nobody would delete the file.</returns>
    public async ValueTask<bool> CountAsync(JobId job, JobSpec spec, string format, long bytes, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(spec);
        while (await KeptView.ReadAsync(store, job, spec, cancellation) is { StateRevision: { } state } now)
        {
            KeptBytes kept = now.Kept ?? KeptBytes.None;
            if (!now.IsListed || kept.Results.ContainsKey(format))
            {
                return true;
            }

            var transaction = new Transaction { Conditions = [new KeyCondition(JobKeys.State(job), state), .. now.Unchanged], Writes = now.Count(kept.With(format, bytes)) };
            if ((await store.TransactAsync(transaction, cancellation)).Succeeded)
            {
                return true;
            }
        }

        return false;
    }
}
