using Katanemimena.Core;

namespace Katanemimena.Orchestration;

/// <summary>What a reconciler is to do for a job.</summary>
internal abstract record Remedy
{
    /// <summary>Send the stage message, which seems to be lost.</summary>
    internal sealed record WakeManager : Remedy;

    /// <summary>Send a task again, or a second attempt beside a slow one.</summary>
    internal sealed record SendTask(int Index, bool Backup) : Remedy;

    /// <summary>Fail the job: a task's attempts are used up.</summary>
    internal sealed record FailJob(int Index, int Lost, bool FailedOut) : Remedy;
}

/// <summary>Judges from one survey to the next whether a job is stuck. Keeps what it saw and did; does no I/O.</summary>
/// <remarks>A remedy is only due when nothing has moved for a while, and a while doubles each time it was tried: so a long
/// queue is not made longer by it. A task whose worker died is sent again at once, since its message is hidden or gone.</remarks>
/// <param name="backups">Whether to send second attempts beside slow ones.</param>
internal sealed class JobWatchdog(bool backups = true)
{
    /// <summary>How long nothing moves before something is held to be lost.</summary>
    public static readonly TimeSpan Quiet = TimeSpan.FromSeconds(5);

    /// <summary>The same for a task whose message may well wait in the queue: it holds at least as many messages as tasks wait.</summary>
    public static readonly TimeSpan QuietQueued = TimeSpan.FromSeconds(120);

    /// <summary>The same once all workers have been idle for so long: they ask the queue every 2 s, so a message that they could have is taken; this one is hidden, or gone.</summary>
    public static readonly TimeSpan QuietIdle = TimeSpan.FromSeconds(30);

    /// <summary>Added for each further task of the stage while a task was never begun: its message may still be on its way, since a manager sends hundreds a second, or tens on a busy day.</summary>
    public static readonly TimeSpan QuietPerTask = TimeSpan.FromMilliseconds(20);

    /// <summary>Longest wait between two tries of one remedy.</summary>
    public static readonly TimeSpan QuietMax = TimeSpan.FromMinutes(10);

    /// <summary>A backup is for attempts that have run this many times the median of their peers.</summary>
    public const double BackupFactor = 3;

    /// <summary>No backup before an attempt has run this long.</summary>
    public static readonly TimeSpan BackupAfter = TimeSpan.FromSeconds(10);

    private readonly Dictionary<int, Waiting> _waiting = [];
    private readonly HashSet<int> _backedUp = [];
    private long _revision = -1;
    private Waiting _stage = new(default, 0, 0);
    private DateTimeOffset? _idleSince;

    /// <summary>Judges a survey.</summary>
    public IReadOnlyList<Remedy> Look(JobSurvey survey)
    {
        if (survey.Stored.Revision != _revision)
        {
            _revision = survey.Stored.Revision;
            _stage = new Waiting(survey.Now, 0, 0);
            _waiting.Clear();
            _backedUp.Clear();
        }

        return survey.Stored.State.Stage is { } stage && survey.Done.Count < survey.Stored.State.Tasks(stage)
            ? LookAtTasks(survey, stage)
            : LookAtStage(survey);
    }

    private Remedy[] LookAtStage(JobSurvey survey)
    {
        if (!_stage.Due(survey.Now, Quiet))
        {
            return [];
        }

        _stage = _stage.Again(survey.Now);
        return [new Remedy.WakeManager()];
    }

    private List<Remedy> LookAtTasks(JobSurvey survey, TaskStage stage)
    {
        _stage = new Waiting(survey.Now, 0, 0);
        _idleSince = survey.WorkersIdle ? _idleSince ?? survey.Now : null;
        ILookup<int, AttemptSeen> attempts = survey.Attempts.ToLookup(attempt => attempt.Index);
        int[] open = [.. Enumerable.Range(0, survey.Stored.State.Tasks(stage)).Where(index => !survey.Done.ContainsKey(index))];
        int[] waiting = [.. open.Where(index => !attempts[index].Any(attempt => attempt.Live) && survey.Stored.State.IsSent(index, survey.Done.ContainsKey))];
        var remedies = new List<Remedy>();
        foreach (int index in open)
        {
            int failed = attempts[index].Count(attempt => attempt.Failed);
            int lost = attempts[index].Count(attempt => attempt is { Failed: false, Live: false });
            if (failed >= survey.AttemptsMax || lost >= AttemptLimits.LostMax(survey.AttemptsMax))
            {
                return [new Remedy.FailJob(index, lost, failed >= survey.AttemptsMax)];
            }
        }

        foreach (int index in open.Except(waiting))
        {
            _waiting.Remove(index);
        }

        remedies.AddRange(waiting.Where(index => IsDue(survey, index, [.. attempts[index]], waiting.Length)).Select(index => new Remedy.SendTask(index, Backup: false)));
        if (backups && waiting.Length == 0)
        {
            remedies.AddRange(open.Where(index => IsSlow(survey, [.. attempts[index]]) && _backedUp.Add(index)).Select(index => new Remedy.SendTask(index, Backup: true)));
        }

        return remedies;
    }

    /// <summary>Whether a task that nobody runs is to be sent again.</summary>
    private bool IsDue(JobSurvey survey, int index, AttemptSeen[] attempts, int waiting)
    {
        if (!_waiting.TryGetValue(index, out Waiting? since) || since.Attempts != attempts.Length)
        {
            _waiting[index] = new Waiting(survey.Now, 0, attempts.Length);
            return false;
        }

        bool lost = attempts.MaxBy(attempt => attempt.Started) is { Failed: false };
        bool mayBeQueued = !lost && survey.Queued >= waiting;
        if (!since.Due(survey.Now, mayBeQueued ? (survey.Now - _idleSince >= QuietIdle ? QuietIdle : QuietQueued) : attempts.Length > 0 ? Quiet : QuietUnbegun(survey)))
        {
            return false;
        }

        _waiting[index] = since.Again(survey.Now);
        return true;
    }

    private static TimeSpan QuietUnbegun(JobSurvey survey) => Quiet + (QuietPerTask * (survey.Stored.State.Tasks(survey.Stored.State.Stage!.Value) - 1));

    /// <summary>Whether a task runs far longer than its peers, near the end of its stage. Three quarters of the stage must be done.</summary>
    private static bool IsSlow(JobSurvey survey, AttemptSeen[] attempts)
    {
        AttemptSeen[] live = [.. attempts.Where(attempt => attempt.Live)];
        int tasks = survey.Stored.State.Tasks(survey.Stored.State.Stage!.Value);
        if (live.Length != 1 || survey.Done.Count == 0 || survey.Done.Count < tasks - (tasks / 4))
        {
            return false;
        }

        TimeSpan[] peers = [.. survey.Done.Values.Order()];
        TimeSpan slow = peers[peers.Length / 2] * BackupFactor;
        return survey.Now - live[0].Started > (slow > BackupAfter ? slow : BackupAfter);
    }

    /// <summary>Since when something waits, how often the remedy was tried, and after how many attempts.</summary>
    private sealed record Waiting(DateTimeOffset Since, int Tries, int Attempts)
    {
        public bool Due(DateTimeOffset now, TimeSpan quiet)
        {
            double seconds = Math.Min(quiet.TotalSeconds * Math.Pow(2, Math.Min(Tries, 20)), QuietMax.TotalSeconds);
            return now - Since >= TimeSpan.FromSeconds(seconds);
        }

        public Waiting Again(DateTimeOffset now) => this with { Since = now, Tries = Tries + 1 };
    }
}
