using Katanemimena.Core;

namespace Katanemimena.Orchestration;

/// <summary>Puts right what messages and workers that were lost have left: its own manager's jobs, and those of managers that are gone.</summary>
/// <param name="parts">What the manager works with.</param>
/// <param name="manager">Its name.</param>
/// <param name="cache">Specifications and plans.</param>
/// <param name="looksAfter">Jobs to look after; null for all.</param>
/// <param name="backups">Whether tasks far slower than their peers get a second attempt: worth it where workers differ, as machines do.</param>
internal sealed class Reconciler(
    CoordinatorParts parts, string manager, JobCache cache, Func<JobId, bool>? looksAfter = null, bool backups = true)
{
    /// <summary>Time between two looks.</summary>
    public static readonly TimeSpan Every = TimeSpan.FromSeconds(5);

    private readonly JobStore _jobs = new(parts.Store);
    private readonly AttemptStore _attempts = new(parts.Store);
    private readonly JobSurveyor _surveyor = new(parts.Store, parts.Queue, parts.Queues, cache, parts.Time);
    private readonly TaskSender _sender = new(parts.Store, parts.Queue, parts.Queues, parts.Time);
    private readonly JobSubmitter _submitter = new(parts.Store, parts.Queue, parts.Queues);
    private readonly Dictionary<JobId, JobWatchdog> _watchdogs = [];

    /// <summary>Whether anybody was at a task of a job when it was last surveyed.</summary>
    private readonly Dictionary<JobId, bool> _running = [];

    /// <summary>Looks every <see cref="Every"/> until stopped.</summary>
    public async Task RunAsync(CancellationToken stop)
    {
        while (true)
        {
            await Task.Delay(Every, parts.Time, stop);
            try
            {
                await TickAsync(stop);
            }
            catch (Exception e) when (!stop.IsCancellationRequested)
            {
                parts.Report?.Invoke(nameof(Reconciler), e);
            }
        }
    }

    /// <summary>Looks once at every open job that is this manager's to look after.</summary>
    public async ValueTask TickAsync(CancellationToken stop)
    {
        IReadOnlyList<JobId> open = await _jobs.OpenAsync(null, stop);
        HashSet<string> alive = await AliveAsync(stop);
        foreach (JobId gone in _watchdogs.Keys.Except(open).ToList())
        {
            _watchdogs.Remove(gone);
            _running.Remove(gone);
        }

        IReadOnlySet<string> idle = await IdleQueuesAsync(open, stop);
        foreach (JobId job in open.Where(job => IsMine(job, alive)))
        {
            bool known = _watchdogs.TryGetValue(job, out JobWatchdog? watchdog);
            watchdog ??= _watchdogs[job] = new JobWatchdog(backups);
            try
            {
                if (!known && job.Manager != manager)
                {
                    // Whoever is gone may have taken the stage message with it.
                    await _submitter.WakeAsync(job, restart: false, stop);
                }

                await LookAsync(job, watchdog, idle, stop);
            }
            catch (Exception e) when (!stop.IsCancellationRequested)
            {
                // One job's trouble must not keep the others waiting; the next look does what this one could not.
                parts.Report?.Invoke(nameof(Reconciler), e);
            }
        }
    }

    private async ValueTask LookAsync(JobId job, JobWatchdog watchdog, IReadOnlySet<string> idle, CancellationToken stop)
    {
        _running.Remove(job);
        if (await _surveyor.SurveyAsync(job, stop) is { } survey)
        {
            _running[job] = survey.Attempts.Any(attempt => attempt.Live);
            bool workersIdle = survey.Stored.State.Stage is { } stage && idle.Contains(parts.Queues.Tasks(stage));
            foreach (Remedy remedy in watchdog.Look(survey with { WorkersIdle = workersIdle }))
            {
                await ApplyAsync(job, survey, remedy, stop);
            }
        }
    }

    /// <summary>A manager's own jobs; and of managers that are gone, by the first one alive.</summary>
    private bool IsMine(JobId job, HashSet<string> alive) =>
        looksAfter?.Invoke(job) != false && (job.Manager == manager || (!alive.Contains(job.Manager) && alive.Min(StringComparer.Ordinal) == manager));

    /// <summary>The queues that workers take from, if at the last look none was at a task. Not known, so empty, where other managers' jobs are open; workers that do not say where
    /// they take tasks from are none.</summary>
    private async ValueTask<IReadOnlySet<string>> IdleQueuesAsync(IReadOnlyList<JobId> open, CancellationToken stop)
    {
        if (!open.All(job => _running.TryGetValue(job, out bool running) && !running))
        {
            return new HashSet<string>();
        }

        RangeResult instances = await parts.Store.RangeAsync(KeyRange.Prefix(JobKeys.Instances), stop);
        return instances.Keys.Select(InstanceRecord.Read).Where(instance => instance.Workers > 0).SelectMany(instance => instance.Queues ?? []).ToHashSet(StringComparer.Ordinal);
    }

    private async ValueTask<HashSet<string>> AliveAsync(CancellationToken stop)
    {
        RangeResult found = await parts.Store.RangeAsync(KeyRange.Prefix(JobKeys.Managers), stop);
        return [.. found.Keys.Select(key => JobKeys.ManagerOf(key.Key)).OfType<string>()];
    }

    private async ValueTask ApplyAsync(JobId job, JobSurvey survey, Remedy remedy, CancellationToken stop)
    {
        switch (remedy)
        {
            case Remedy.WakeManager:
                await _submitter.WakeAsync(job, restart: false, stop);
                break;
            case Remedy.SendTask send:
                await _sender.SendAsync(job, survey.Stored, survey.Stored.State.Stage!.Value, send.Index, send.Backup, stop);
                break;
            case Remedy.FailJob fail:
                await FailAsync(new TaskId(job, survey.Stored.State.Stage!.Value, fail.Index), fail, stop);
                break;
        }
    }

    private async ValueTask FailAsync(TaskId task, Remedy.FailJob fail, CancellationToken stop)
    {
        IReadOnlyList<FailureCard> cards = await _attempts.CardsAsync(task, stop);
        DateTimeOffset now = parts.Time.GetUtcNow();
        JobFailed failed = fail.FailedOut && cards.Count > 0
            ? new JobFailed(cards[0].Error, cards[0], now)
            : TaskWorker.LostTooOften(task, fail.Lost, now) with { Card = cards.Count > 0 ? cards[0] : null };
        if (await _jobs.EndAsync(task.Job, failed, stop))
        {
            await _submitter.WakeAsync(task.Job, restart: false, stop);
        }
    }
}
