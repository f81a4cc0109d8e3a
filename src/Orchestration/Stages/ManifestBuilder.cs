using Katanemimena.Core;
using Katanemimena.DataPath;

namespace Katanemimena.Orchestration;

/// <summary>What the keys of a finished stage say.</summary>
/// <param name="Commits">Commit records by task, ascending, one each.</param>
/// <param name="Attempts">Attempts started.</param>
internal sealed record StageCommits(IReadOnlyList<CommitRecord> Commits, int Attempts);

/// <summary>Builds the manifest of a job whose tasks have all committed. Pure: who builds it twice gets the same.</summary>
internal static class ManifestBuilder
{
    public static JobManifest Build(
        JobId job, JobSpec spec, JobState state, StageCommits map, StageCommits reduce, IReadOnlyList<long> partitionBytes)
    {
        Invariant.Holds(map.Commits.Count == state.MapTasks && reduce.Commits.Count == state.ReduceTasks, "every task of a finished job has a commit record");
        long shuffleBytes = map.Commits.Sum(commit => commit.Bytes);
        long segmentBytes = partitionBytes.Sum();
        return new JobManifest
        {
            Job = job.ToString(),
            Inputs = spec.Inputs,
            Code = spec.Combiner is null ? [spec.Mapper, spec.Reducer] : [spec.Mapper, spec.Combiner, spec.Reducer],
            Parts = [.. reduce.Commits.Select((commit, index) => Part(new TaskId(job, TaskStage.Reduce, index), commit))],
            Values = reduce.Commits.Count == 0 ? ValueFormat.Text : reduce.Commits[0].Values,
            Map = Stage(map, state.MapStarted),
            Reduce = Stage(reduce, state.ReduceStarted),
            ShuffleBytes = shuffleBytes,
            LargestPartitionShare = segmentBytes == 0 ? 0 : (double)partitionBytes.Max() / segmentBytes,
            Counters = Counters([.. map.Commits, .. reduce.Commits]),
            SetAsideFiles = [.. SetAside(job, TaskStage.Map, map), .. SetAside(job, TaskStage.Reduce, reduce)],
            Sandbox = Weakest([.. map.Commits, .. reduce.Commits]),
            Submitted = spec.Submitted,
            Finished = map.Commits.Concat(reduce.Commits).Select(commit => commit.Committed).DefaultIfEmpty(spec.Submitted).Max(),
        };
    }

    /// <summary>The weakest level of all; null if one is not known.</summary>
    private static SandboxLevel? Weakest(IReadOnlyList<CommitRecord> commits) =>
        commits.Any(commit => commit.Sandbox is null) ? null : commits.Min(commit => commit.Sandbox);

    /// <summary>The sums over the attempts committed so far of a job that is not completed.</summary>
    public static JobSums Sums(StageCommits map, StageCommits reduce, JobState state) => new(
        Stage(map, state.MapStarted), Stage(reduce, state.ReduceStarted), map.Commits.Sum(commit => commit.Bytes), Counters([.. map.Commits, .. reduce.Commits]))
    {
        Sandbox = Weakest([.. map.Commits, .. reduce.Commits]),
    };

    private static ManifestPart Part(TaskId task, CommitRecord commit) =>
        new(JobFiles.Output(new AttemptId(task, commit.Attempt)), commit.Attempt, commit.Bytes, commit.Crc32C);

    private static IEnumerable<string> SetAside(JobId job, TaskStage stage, StageCommits commits) =>
        commits.Commits
            .Select((commit, index) => (commit, Attempt: new AttemptId(new TaskId(job, stage, index), commit.Attempt)))
            .Where(each => each.commit.Statistics.SetAside > 0)
            .Select(each => JobFiles.SetAside(each.Attempt));

    private static ManifestStage Stage(StageCommits stage, DateTimeOffset? started)
    {
        IEnumerable<TaskStatistics> each = stage.Commits.Select(commit => commit.Statistics);
        return new ManifestStage
        {
            Tasks = stage.Commits.Count,
            Attempts = stage.Attempts,
            Failed = stage.Attempts - stage.Commits.Count,
            RecordsIn = each.Sum(task => task.RecordsIn),
            BytesIn = each.Sum(task => task.BytesIn),
            RecordsOut = each.Sum(task => task.RecordsOut),
            BytesOut = each.Sum(task => task.BytesOut),
            Groups = each.Sum(task => task.Groups),
            Spills = each.Sum(task => task.Spills),
            SpillBytes = each.Sum(task => task.SpillBytes),
            SetAside = each.Sum(task => task.SetAside),
            Elapsed = stage.Commits.Count == 0 ? TimeSpan.Zero : stage.Commits.Max(commit => commit.Committed) - (started ?? DateTimeOffset.MinValue),
            WaitTime = Sum(stage.Commits.Select(commit => commit.WaitTime)),
            OpenTime = Sum(stage.Commits.Select(commit => commit.OpenTime)),
            UserTime = Sum(each.Select(task => task.UserTime)),
            SortTime = Sum(each.Select(task => task.SortTime)),
            WriteTime = Sum(each.Select(task => task.WriteTime)),
        };
    }

    private static SortedDictionary<string, long> Counters(IEnumerable<CommitRecord> commits)
    {
        var sums = new SortedDictionary<string, long>(StringComparer.Ordinal);
        foreach ((string name, long amount) in commits.SelectMany(commit => commit.Counters))
        {
            sums[name] = sums.GetValueOrDefault(name) + amount;
        }

        return sums;
    }

    private static TimeSpan Sum(IEnumerable<TimeSpan> times) => TimeSpan.FromTicks(times.Sum(time => time.Ticks));
}
