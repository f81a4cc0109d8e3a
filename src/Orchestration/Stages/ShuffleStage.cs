using Katanemimena.Core;

namespace Katanemimena.Orchestration;

/// <summary>The shuffle stage: packs partitions onto reduce tasks and writes down which runs they read.</summary>
/// <remarks>Once packed, a job keeps its packing: after a map output was lost and made again, only the runs change. What the new
/// output holds is the same, so parts that were committed before stay right.</remarks>
internal sealed class ShuffleStage(CoordinatorParts parts)
{
    private readonly JobStore _jobs = new(parts.Store);
    private readonly JobRanges _ranges = new(parts.Store);

    public async ValueTask<StageOutcome> PackAsync(JobId job, JobState state, CancellationToken stop)
    {
        JobSpec? spec = await _jobs.SpecAsync(job, stop);
        Invariant.Holds(spec is not null, "a job with a state has a specification");
        IReadOnlyList<CommitRecord> maps = await _ranges.CommitsAsync(job, TaskStage.Map, stop);
        if (maps.Count != state.MapTasks)
        {
            throw new TransientFault($"job {job} changed while its partitions were packed");
        }

        if (SetAsideLimit.Exceeded(job, spec, maps, [], parts) is { } failed)
        {
            return new StageOutcome(failed);
        }

        IReadOnlyList<IReadOnlyList<int>> groups = await GroupsAsync(job, spec, state, maps.Sum(commit => commit.Statistics.RecordsOut), stop);
        string file = JobFiles.ShufflePlan(job, parts.Mint.Next());
        parts.Volume.Write(file, new ShufflePlan(groups, [.. maps.Select(commit => commit.Attempt)]), RecordJson.Default.ShufflePlan);
        return new StageOutcome(new PartitionsPacked(file, groups.Count, parts.Time.GetUtcNow()), file);
    }

    private async ValueTask<IReadOnlyList<IReadOnlyList<int>>> GroupsAsync(JobId job, JobSpec spec, JobState state, long values, CancellationToken stop)
    {
        if (state.ShufflePlan is null)
        {
            long[] bytes = await _ranges.PartitionBytesAsync(job, state.Partitions, stop);
            return PartitionPacker.Pack(bytes, PartitionPacker.Tasks(bytes, values, spec.Options));
        }

        return parts.Volume.Read(state.ShufflePlan, RecordJson.Default.ShufflePlan).Groups;
    }
}
