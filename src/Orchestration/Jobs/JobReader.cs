using Katanemimena.Core;

namespace Katanemimena.Orchestration;

/// <summary>A job as it stood at one moment.</summary>
/// <param name="State">Its state.</param>
/// <param name="Status">The same with the progress of its tasks.</param>
public sealed record JobReading(JobState State, JobStatus Status);

/// <summary>A task as it stood at one moment.</summary>
/// <param name="Id">The task.</param>
/// <param name="Attempts">Attempts started.</param>
/// <param name="Running">Attempts running.</param>
/// <param name="Failed">Attempts that left a failure card.</param>
/// <param name="Worker">Process of the attempt that committed, or of the last one started; null if none was.</param>
/// <param name="Started">When that attempt was started.</param>
/// <param name="Committed">When it was committed; null if none was.</param>
public sealed record TaskReading(TaskId Id, int Attempts, int Running, int Failed, string? Worker, DateTimeOffset? Started, DateTimeOffset? Committed);

/// <summary>Reads jobs for those who want to see them. Every method may throw <see cref="TransientFault"/>.</summary>
public sealed class JobReader(IKeyValueStore store, IVolume volume)
{
    /// <summary>Most jobs whose readings are one read of the store.</summary>
    public const int TogetherMax = StatusReader.TogetherMax;

    private readonly JobStore _jobs = new(store);
    private readonly JobRanges _ranges = new(store);
    private readonly StatusReader _status = new(store);

    /// <summary>A job's specification, which never changes; null if there is no such job.</summary>
    public ValueTask<JobSpec?> SpecAsync(JobId job, CancellationToken cancellation) => _jobs.SpecAsync(job, cancellation);

    /// <summary>A job as it stands, from one transaction; null if there is none.</summary>
    public ValueTask<JobReading?> ReadAsync(JobId job, CancellationToken cancellation) => _status.ReadingAsync(job, cancellation);

    /// <summary>A page of registered jobs, the newest first.</summary>
    /// <param name="owner">Whose; null for everybody's.</param>
    /// <param name="after">Name of the last entry of the page before; null for the first page.</param>
    /// <param name="limit">Most entries, 1 or more.</param>
    /// <param name="cancellation">Stops reading.</param>
    /// <returns>Entries by their name, and whether there are more.</returns>
    public async ValueTask<(IReadOnlyList<(string Name, JobId Id, ListedJob Job)> Entries, bool More)> ListAsync(
        string? owner, string? after, int limit, CancellationToken cancellation)
    {
        string prefix = owner is null ? JobKeys.Listed : JobKeys.ListedOf(owner);
        KeyRange all = KeyRange.Prefix(prefix) with { Limit = limit };
        RangeResult page = await store.RangeAsync(after is null ? all : all with { Start = prefix + after + "\0" }, cancellation);
        var entries = new List<(string, JobId, ListedJob)>(page.Keys.Count);
        foreach (KeyValue key in page.Keys)
        {
            string name = key.Key[prefix.Length..];
            if (JobKeys.TryParseListed(name, out JobId job))
            {
                entries.Add((name, job, RecordJson.Read(key.Value.Span, RegisterJson.Default.ListedJob)));
            }
        }

        return (entries, page.Count > page.Keys.Count);
    }

    /// <summary>Several jobs as they stand, in the order given; null for one that is no more.</summary>
    public async ValueTask<IReadOnlyList<JobReading?>> ReadAsync(IReadOnlyList<JobId> jobs, CancellationToken cancellation)
    {
        var readings = new List<JobReading?>(jobs.Count);
        foreach (JobId[] some in jobs.Chunk(StatusReader.TogetherMax))
        {
            readings.AddRange(await _status.ReadingsAsync(some, cancellation));
        }

        return readings;
    }

    /// <summary>The manifest of a completed job; null for any other.</summary>
    /// <exception cref="PermanentFault">Its file is missing or damaged.</exception>
    public JobManifest? Manifest(JobState state) => state is { Phase: JobPhase.Completed, Manifest: { } manifest } ? volume.Read(manifest, JobDocuments.Default.JobManifest) : null;

    /// <summary>The sums over the attempts committed so far; for a completed job, those of its manifest.</summary>
    public async ValueTask<JobSums> SumsAsync(JobId job, JobState state, CancellationToken cancellation)
    {
        if (Manifest(state) is { } manifest)
        {
            return new JobSums(manifest.Map, manifest.Reduce, manifest.ShuffleBytes, manifest.Counters) { Sandbox = manifest.Sandbox };
        }

        if (state.Totals is not null)
        {
            return state.Totals.Sums ?? ManifestBuilder.Sums(new StageCommits([], 0), new StageCommits([], 0), state);
        }

        IReadOnlyList<CommitRecord> maps = await _ranges.CommitsAsync(job, TaskStage.Map, cancellation);
        IReadOnlyList<CommitRecord> reduces = await _ranges.CommitsAsync(job, TaskStage.Reduce, cancellation);
        return ManifestBuilder.Sums(new StageCommits(maps, maps.Count), new StageCommits(reduces, reduces.Count), state);
    }

    /// <summary>The tasks of a job that has not been cleaned up; null for any other.</summary>
    public async ValueTask<IReadOnlyList<TaskReading>?> TasksAsync(JobId job, JobState state, CancellationToken cancellation)
    {
        if (state.Totals is not null)
        {
            return null;
        }

        var tasks = new List<TaskReading>();
        foreach (TaskStage stage in Enum.GetValues<TaskStage>())
        {
            tasks.AddRange(await _ranges.TasksAsync(job, stage, state.Tasks(stage), cancellation));
        }

        return tasks;
    }

    /// <summary>The failure cards of a job's attempts, by stage, task and attempt.</summary>
    public async ValueTask<IReadOnlyList<FailureCard>> CardsAsync(JobId job, CancellationToken cancellation)
    {
        List<FailureCard> cards = await _ranges.CardsAsync(job, cancellation);
        return cards.Count == 0 && await _jobs.StateAsync(job, cancellation) is { State.Cards: { } file }
            ? volume.Read(file, JobDocuments.Default.ListFailureCard)
            : cards;
    }
}
