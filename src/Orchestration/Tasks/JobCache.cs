using System.Collections.Concurrent;
using Katanemimena.Core;

namespace Katanemimena.Orchestration;

/// <summary>Specifications and plans of the jobs a process works for. Neither ever changes, so each is read once. Safe for several threads.</summary>
internal sealed class JobCache(JobStore jobs, IVolume volume)
{
    private const int EntriesMax = 64;

    private readonly ConcurrentDictionary<JobId, JobSpec> _specs = new();
    private readonly ConcurrentDictionary<string, ChunkPlan> _chunks = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, ShufflePlan> _shuffles = new(StringComparer.Ordinal);

    /// <summary>A job's specification, or null if there is no such job (any more).</summary>
    public async ValueTask<JobSpec?> SpecAsync(JobId job, CancellationToken cancellation)
    {
        if (!_specs.TryGetValue(job, out JobSpec? spec) && (spec = await jobs.SpecAsync(job, cancellation)) is not null)
        {
            Add(_specs, job, spec);
        }

        return spec;
    }

    /// <summary>A chunk plan.</summary>
    /// <exception cref="PermanentFault">Its file is gone: the job has ended, or cannot go on.</exception>
    public ChunkPlan Chunks(string path) => Plan(_chunks, path, RecordJson.Default.ChunkPlan);

    /// <summary>A shuffle plan.</summary>
    /// <exception cref="PermanentFault">Its file is gone: the job has ended, or cannot go on.</exception>
    public ShufflePlan Shuffle(string path) => Plan(_shuffles, path, RecordJson.Default.ShufflePlan);

    private T Plan<T>(ConcurrentDictionary<string, T> plans, string path, System.Text.Json.Serialization.Metadata.JsonTypeInfo<T> type)
        where T : class
    {
        if (!plans.TryGetValue(path, out T? plan))
        {
            plan = volume.Read(path, type);
            Add(plans, path, plan);
        }

        return plan;
    }

    private static void Add<TKey, TValue>(ConcurrentDictionary<TKey, TValue> entries, TKey key, TValue value)
        where TKey : notnull
    {
        if (entries.Count >= EntriesMax)
        {
            entries.Clear();
        }

        entries[key] = value;
    }
}
