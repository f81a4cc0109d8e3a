using Katanemimena.Core;
using Katanemimena.Orchestration;
using Katanemimena.Wire;

namespace Katanemimena.Service;

/// <summary>Which jobs are wanted.</summary>
public sealed record JobQuery
{
    /// <summary>Whose; null for everybody's.</summary>
    public string? Owner { get; init; }

    /// <summary>In which state, as <see cref="JobSummary.State"/> names it; null for any.</summary>
    public string? State { get; init; }

    /// <summary>With exactly this label; null for any.</summary>
    public string? Label { get; init; }

    /// <summary><see cref="JobsDocument.Next"/> of the page before; null for the first.</summary>
    public string? After { get; init; }

    /// <summary>Most jobs of a page, 1 or more.</summary>
    public int Limit { get; init; } = 50;
}

/// <summary>A job that its caller may see.</summary>
/// <param name="Id">The job.</param>
/// <param name="Spec">Its specification.</param>
/// <param name="Reading">How it stands.</param>
public sealed record FoundJob(JobId Id, JobSpec Spec, JobReading Reading);

/// <summary>Finds jobs and describes them. Every method may throw <see cref="TransientFault"/>.</summary>
public sealed class JobCatalogue(JobReader reader)
{
    /// <summary>Most jobs looked at for one page, so that a page of few among many does not take for ever.</summary>
    private const int LookedAtMax = 2_000;

    /// <summary>Entries of the register read at once where not every one is wanted.</summary>
    private const int EntriesAtOnce = 200;

    /// <summary>Finds a job.</summary>
    /// <param name="caller">Who asks.</param>
    /// <param name="id">The job's id; anything.</param>
    /// <param name="cancellation">Stops reading.</param>
    /// <exception cref="JobRefused">There is none, or it is another's.</exception>
    public async ValueTask<FoundJob> FindAsync(JobCaller caller, string id, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(caller);
        return JobId.TryParse(id, out JobId job)
            && await reader.SpecAsync(job, cancellation) is { } spec
            && (caller.IsAdmin || spec.Owner == caller.Name)
            && await reader.ReadAsync(job, cancellation) is { } reading
                ? new FoundJob(job, spec, reading)
                : throw JobRefused.NotFound(id);
    }

    /// <summary>Describes a job whole. Without its tasks, a job that has not ended costs no read here, however many tasks it has.</summary>
    /// <param name="job">The job.</param>
    /// <param name="tasks">Whether each task is described too, only of a job that has not been cleaned up; and, of a job that has not ended, what its tasks read, wrote and took.</param>
    /// <param name="cancellation">Stops reading.</param>
    public async ValueTask<JobDetail> DescribeAsync(FoundJob job, bool tasks, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(job);
        JobState state = job.Reading.State;
        JobSums sums = tasks || state.Ended ? await reader.SumsAsync(job.Id, state, cancellation) : JobSums.None;
        IReadOnlyList<TaskReading>? each = tasks ? await reader.TasksAsync(job.Id, state, cancellation) : null;
        return JobDescription.Detail(job, sums, each);
    }

    /// <summary>A page of jobs, the newest first. It may have fewer than were asked for and yet not be the last one.</summary>
    /// <exception cref="JobRefused"><see cref="JobQuery.After"/> is of no page.</exception>
    public async ValueTask<JobsDocument> ListAsync(JobQuery query, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(query);
        if (query.After is not null && !JobKeys.TryParseListed(query.After, out _))
        {
            throw JobRefused.Invalid("after", "is not the 'next' of a page");
        }

        var jobs = new List<JobSummary>();
        string? after = query.After;
        for (int lookedAt = 0; lookedAt < LookedAtMax;)
        {
            bool all = query.Label is null && query.State is null;
            (var entries, bool more) = await reader.ListAsync(query.Owner, after, all ? query.Limit - jobs.Count : EntriesAtOnce, cancellation);
            int taken = await TakeAsync(query, entries, jobs, cancellation);
            lookedAt += taken;
            after = taken > 0 ? entries[taken - 1].Name : after;
            if (taken == entries.Count && !more)
            {
                return new JobsDocument(jobs);
            }

            if (jobs.Count == query.Limit)
            {
                break;
            }
        }

        return new JobsDocument(jobs, after);
    }

    /// <summary>Adds the jobs of entries that are wanted, until there are as many as the limit. Reads no more of them than that needs.</summary>
    /// <returns>Entries looked at.</returns>
    private async ValueTask<int> TakeAsync(
        JobQuery query, IReadOnlyList<(string Name, JobId Id, ListedJob Job)> entries, List<JobSummary> jobs, CancellationToken cancellation)
    {
        int[] wanted = [.. Enumerable.Range(0, entries.Count).Where(index => query.Label is null || entries[index].Job.Label == query.Label)];
        for (int first = 0; first < wanted.Length;)
        {
            int[] some = [.. wanted.Skip(first).Take(query.State is null ? Math.Min(query.Limit - jobs.Count, JobReader.TogetherMax) : JobReader.TogetherMax)];
            IReadOnlyList<JobReading?> readings = await reader.ReadAsync([.. some.Select(index => entries[index].Id)], cancellation);
            foreach ((int index, JobReading? reading) in some.Zip(readings))
            {
                if (reading is not null && JobDescription.Summary(entries[index].Job, reading) is var summary && (query.State is null || summary.State == query.State))
                {
                    jobs.Add(summary);
                    if (jobs.Count == query.Limit)
                    {
                        return index + 1;
                    }
                }
            }

            first += some.Length;
        }

        return entries.Count;
    }
}
