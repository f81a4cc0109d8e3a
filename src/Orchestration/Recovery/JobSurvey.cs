using Katanemimena.Core;

namespace Katanemimena.Orchestration;

/// <summary>An attempt as the store shows it.</summary>
/// <param name="Index">The task.</param>
/// <param name="Token">The attempt.</param>
/// <param name="Started">When it was started.</param>
/// <param name="Live">Whether its worker keeps it alive.</param>
/// <param name="Failed">Whether it left a failure card.</param>
internal sealed record AttemptSeen(int Index, string Token, DateTimeOffset Started, bool Live, bool Failed);

/// <summary>A job as a reconciler sees it at one moment. The attempts and commits are those of the stage whose tasks are out.</summary>
internal sealed record JobSurvey
{
    public required DateTimeOffset Now { get; init; }

    public required StoredState Stored { get; init; }

    /// <summary>How long each committed task took, by task.</summary>
    public IReadOnlyDictionary<int, TimeSpan> Done { get; init; } = new Dictionary<int, TimeSpan>();

    public IReadOnlyList<AttemptSeen> Attempts { get; init; } = [];

    /// <summary>About how many messages wait in the queue of the stage, those of other jobs included.</summary>
    public long Queued { get; init; }

    /// <summary>Whether there are workers that take tasks of the stage, and no worker was at a task of any job when it was last looked.</summary>
    public bool WorkersIdle { get; init; }

    public int AttemptsMax { get; init; } = 4;
}

/// <summary>Reads surveys.</summary>
internal sealed class JobSurveyor(IKeyValueStore store, ITaskQueue queue, QueueNames queues, JobCache cache, TimeProvider time)
{
    private readonly JobStore _jobs = new(store);
    private readonly JobRanges _ranges = new(store);

    /// <summary>Surveys a job, or returns null if it is gone.</summary>
    public async ValueTask<JobSurvey?> SurveyAsync(JobId job, CancellationToken cancellation)
    {
        if (await _jobs.StateAsync(job, cancellation) is not { } stored || await cache.SpecAsync(job, cancellation) is not { } spec)
        {
            return null;
        }

        var survey = new JobSurvey { Now = time.GetUtcNow(), Stored = stored, AttemptsMax = spec.Options.AttemptsMax };
        return stored.State.Stage is { } stage ? await SurveyAsync(job, survey, stage, cancellation) : survey;
    }

    private async ValueTask<JobSurvey> SurveyAsync(JobId job, JobSurvey survey, TaskStage stage, CancellationToken cancellation)
    {
        string attempts = JobKeys.Attempts(job, stage);
        string live = JobKeys.Live(job, stage);
        string done = JobKeys.Done(job, stage);
        IReadOnlyList<RangeResult> reads = await _jobs.ReadAsync([KeyRange.Prefix(attempts), KeyRange.Prefix(live), KeyRange.Prefix(done)], cancellation);
        HashSet<(int, string)> alive = [.. reads[1].Keys.Select(key => JobKeys.ParseTask(key.Key, live))];
        HashSet<(int, string)> failed = reads[0].Count > reads[1].Count + reads[2].Count ? await FailedAsync(job, stage, cancellation) : [];
        return survey with
        {
            Done = reads[2].Keys.ToDictionary(key => JobKeys.ParseTask(key.Key, done).Index, Took),
            Attempts = [.. reads[0].Keys.Select(key => See(key, JobKeys.ParseTask(key.Key, attempts)))],
            Queued = await queue.CountAsync(queues.Tasks(stage), cancellation),
        };

        AttemptSeen See(KeyValue key, (int Index, string Token) attempt) => new(
            attempt.Index,
            attempt.Token,
            RecordJson.Read(key.Value.Span, RecordJson.Default.AttemptRecord).Started,
            alive.Contains(attempt),
            failed.Contains(attempt));
    }

    private async ValueTask<HashSet<(int, string)>> FailedAsync(JobId job, TaskStage stage, CancellationToken cancellation)
    {
        string prefix = JobKeys.Failed(job, stage);
        return [.. (await _ranges.AllAsync(prefix, cancellation)).Select(key => JobKeys.ParseTask(key.Key, prefix))];
    }

    private static TimeSpan Took(KeyValue key)
    {
        CommitRecord commit = RecordJson.ReadCommit(key);
        return commit.Committed - commit.Started;
    }
}
