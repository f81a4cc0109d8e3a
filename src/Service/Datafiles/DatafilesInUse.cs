using System.Text.Json;
using Katanemimena.Core;
using Katanemimena.Orchestration;

namespace Katanemimena.Service;

/// <summary>Which ids the open jobs read. A specification never changes, so each is read once, and forgotten when its job has been cleaned up.</summary>
/// <remarks>For one caller at a time.</remarks>
internal sealed class DatafilesInUse(IKeyValueStore store, Action<string, Exception>? report)
{
    /// <summary>Most specifications read by one look: they may have a megabyte each.</summary>
    internal const int SpecsMax = 200;

    private readonly JobStore _jobs = new(store);
    private readonly Dictionary<JobId, HashSet<string>> _ids = [];

    /// <summary>Takes note of the jobs that are open now.</summary>
    /// <returns>False if there are more new ones than are read at once: look again later.</returns>
    internal async ValueTask<bool> TryLookAsync(CancellationToken cancellation)
    {
        IReadOnlyList<JobId> open = await _jobs.OpenAsync(null, cancellation);
        foreach (JobId ended in _ids.Keys.Except(open).ToList())
        {
            _ids.Remove(ended);
        }

        JobId[] unread = [.. open.Where(job => !_ids.ContainsKey(job))];
        foreach (JobId job in unread.Take(SpecsMax))
        {
            _ids[job] = await ReadAsync(job, cancellation);
        }

        return unread.Length <= SpecsMax;
    }

    /// <summary>Whether one of the jobs reads an id.</summary>
    internal bool Contains(string id) => _ids.Values.Any(ids => ids.Contains(id));

    /// <summary>The ids that a job reads. One whose specification is damaged reads none: nobody can run it.</summary>
    private async ValueTask<HashSet<string>> ReadAsync(JobId job, CancellationToken cancellation)
    {
        HashSet<string> ids = new(StringComparer.Ordinal);
        try
        {
            foreach (InputFile input in (await _jobs.SpecAsync(job, cancellation))?.Inputs ?? [])
            {
                if (DatafileSource.TryParse(input.Source, out string id, out _))
                {
                    ids.Add(id);
                }
            }
        }
        catch (JsonException damage)
        {
            report?.Invoke(nameof(DatafileSweeper), new PermanentFault($"the document under '{JobKeys.Spec(job)}' is damaged, and passed over: {damage.Message}", damage));
        }

        return ids;
    }
}
