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

    /// <summary>Describes a job whole.</summary>
    /// <param name="job">The job.</param>
    /// <param name="tasks">Whether each task is described too; only of a job that has not been cleaned up.</param>
    /// <param name="cancellation">Stops reading.</param>
    public async ValueTask<JobDetail> DescribeAsync(FoundJob job, bool tasks, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(job);
        JobState state = job.Reading.State;
        JobSums sums = await reader.SumsAsync(job.Id, state, cancellation);
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
        for (int lookedAt = 0; jobs.Count < query.Limit && lookedAt < LookedAtMax;)
        {
            (var entries, bool more) = await reader.ListAsync(query.Owner, after, query.Limit - jobs.Count, cancellation);
            lookedAt += entries.Count;
            var wanted = entries.Where(entry => query.Label is null || entry.Job.Label == query.Label).ToList();
            IReadOnlyList<JobReading?> readings = await reader.ReadAsync([.. wanted.Select(entry => entry.Id)], cancellation);
            jobs.AddRange(wanted
                .Zip(readings)
                .Where(pair => pair.Second is not null)
                .Select(pair => JobDescription.Summary(pair.First.Job, pair.Second!))
                .Where(summary => query.State is null || summary.State == query.State));
            after = entries.Count > 0 ? entries[^1].Name : after;
            if (!more)
            {
                return new JobsDocument(jobs);
            }
        }

        return new JobsDocument(jobs, after);
    }
}
