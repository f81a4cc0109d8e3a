using Katanemimena.Core;

namespace Katanemimena.Orchestration;

/// <summary>The result stage: writes the manifest of a job whose tasks have all committed.</summary>
internal sealed class ResultStage(CoordinatorParts parts)
{
    private readonly JobStore _jobs = new(parts.Store);
    private readonly JobRanges _ranges = new(parts.Store);

    public async ValueTask<StageOutcome> WriteAsync(JobId job, JobState state, CancellationToken stop)
    {
        JobSpec? spec = await _jobs.SpecAsync(job, stop);
        Invariant.Holds(spec is not null, "a job with a state has a specification");
        StageCommits map = await CommitsAsync(job, TaskStage.Map, stop);
        StageCommits reduce = await CommitsAsync(job, TaskStage.Reduce, stop);
        long[] bytes = await _ranges.PartitionBytesAsync(job, state.Partitions, stop);
        if (map.Commits.Count != state.MapTasks || reduce.Commits.Count != state.ReduceTasks)
        {
            throw new TransientFault($"job {job} changed while its manifest was made");
        }

        if (SetAsideLimit.Exceeded(job, spec, map.Commits, reduce.Commits, parts) is { } failed)
        {
            return new StageOutcome(failed);
        }

        string file = JobFiles.Manifest(job, parts.Mint.Next());
        parts.Volume.Write(file, ManifestBuilder.Build(job, spec, state, map, reduce, bytes), JobDocuments.Default.JobManifest);
        return new StageOutcome(new ManifestWritten(file, parts.Time.GetUtcNow()), file);
    }

    private async ValueTask<StageCommits> CommitsAsync(JobId job, TaskStage stage, CancellationToken stop)
    {
        IReadOnlyList<CommitRecord> commits = await _ranges.CommitsAsync(job, stage, stop);
        RangeResult attempts = await parts.Store.RangeAsync(JobStore.Count(JobKeys.Attempts(job, stage)), stop);
        return new StageCommits(commits, (int)attempts.Count);
    }
}
