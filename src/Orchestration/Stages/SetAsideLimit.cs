using Katanemimena.Core;

namespace Katanemimena.Orchestration;

/// <summary>The bound on records set aside by all committed attempts of a job together.</summary>
internal static class SetAsideLimit
{
    /// <summary>The failure of a job that set aside too many, with the first card in the order of stages and tasks; null if it did not.</summary>
    public static JobFailed? Exceeded(
        JobId job, JobSpec spec, IReadOnlyList<CommitRecord> maps, IReadOnlyList<CommitRecord> reduces, CoordinatorParts parts)
    {
        long total = maps.Concat(reduces).Sum(commit => (long)commit.Statistics.SetAside);
        if (total <= spec.Options.SkipBadRecordsMax)
        {
            return null;
        }

        (TaskStage stage, IReadOnlyList<CommitRecord> commits) = maps.Any(commit => commit.Statistics.SetAside > 0)
            ? (TaskStage.Map, maps)
            : (TaskStage.Reduce, reduces);
        int index = commits.TakeWhile(commit => commit.Statistics.SetAside == 0).Count();
        var attempt = new AttemptId(new TaskId(job, stage, index), commits[index].Attempt);
        FailureCard card = SetAsideFile.FirstCard(parts.Volume, JobFiles.SetAside(attempt));
        return AttemptCommitter.TooManySetAside(card, spec.Options, parts.Time.GetUtcNow());
    }
}
