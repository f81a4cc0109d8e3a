using System.Text.Json;
using Katanemimena.Core;
using Katanemimena.Orchestration;

namespace Katanemimena.Service;

/// <summary>Which ids the open jobs read, or run the programs of. A specification never changes, so each is read once, and forgotten when its job has been cleaned up.</summary>
/// <remarks>For one caller at a time.</remarks>
internal sealed class DatafilesInUse(IKeyValueStore store, Action<string, Exception>? report)
{
    private readonly JobStore _jobs = new(store);
    private readonly Dictionary<JobId, HashSet<string>> _ids = [];

    /// <summary>Takes note of all jobs that are open now. Specifications may have a megabyte each, so they are read one at a time; of each only the ids are kept.</summary>
    /// <exception cref="TransientFault">The store cannot be reached; what was read is not read again.</exception>
    internal async ValueTask LookAsync(CancellationToken cancellation)
    {
        IReadOnlyList<JobId> open = await _jobs.OpenAsync(null, cancellation);
        foreach (JobId ended in _ids.Keys.Except(open).ToList())
        {
            _ids.Remove(ended);
        }

        foreach (JobId job in open.Where(job => !_ids.ContainsKey(job)).ToList())
        {
            _ids[job] = await ReadAsync(job, cancellation);
        }
    }

    /// <summary>Whether one of the jobs reads an id.</summary>
    internal bool Contains(string id) => _ids.Values.Any(ids => ids.Contains(id));

    /// <summary>The ids that a job reads. One whose specification is damaged reads none: nobody can run it.</summary>
    private async ValueTask<HashSet<string>> ReadAsync(JobId job, CancellationToken cancellation)
    {
        HashSet<string> ids = new(StringComparer.Ordinal);
        try
        {
            if (await _jobs.SpecAsync(job, cancellation) is not { } spec)
            {
                return ids;
            }

            ids.UnionWith(ProgramFolders.IdsOf(spec));
            foreach (InputFile input in spec.Inputs)
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
