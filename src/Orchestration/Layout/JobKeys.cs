using System.Globalization;
using Katanemimena.Core;

namespace Katanemimena.Orchestration;

/// <summary>Where everything is in the key-value store. Numbers are decimal, without leading zeros; prefixes end in a slash, so 1 and 10 never mix.</summary>
public static class JobKeys
{
    private const string AliveSuffix = "/alive";
    private const string SequenceSuffix = "/sequence";

    /// <summary>Under the manager's lease while it lives.</summary>
    public static string ManagerAlive(string manager) => $"{Managers}{manager}{AliveSuffix}";

    /// <summary>The manager whose <see cref="ManagerAlive"/> a key is; null for any other key.</summary>
    public static string? ManagerOf(string key) =>
        key.StartsWith(Managers, StringComparison.Ordinal) && key.EndsWith(AliveSuffix, StringComparison.Ordinal) ? key[Managers.Length..^AliveSuffix.Length] : null;

    /// <summary>Prefix of all managers' keys.</summary>
    public const string Managers = "/mr/managers/";

    /// <summary>Number of jobs this manager was ever given.</summary>
    public static string Sequence(string manager) => $"{Managers}{manager}{SequenceSuffix}";

    /// <summary>The manager whose <see cref="Sequence"/> a key is; null for any other key.</summary>
    public static string? SequenceOf(string key) =>
        key.StartsWith(Managers, StringComparison.Ordinal) && key.EndsWith(SequenceSuffix, StringComparison.Ordinal) ? key[Managers.Length..^SequenceSuffix.Length] : null;

    /// <summary>Prefix of the processes alive, each under its own lease.</summary>
    public const string Instances = "/mr/instances/";

    /// <summary>One process.</summary>
    public static string Instance(string process) => Instances + process;

    /// <summary>Prefix of all jobs.</summary>
    public const string Jobs = "/mr/jobs/";

    /// <summary>Prefix of the index of jobs that have not ended or not been cleaned up yet.</summary>
    public const string OpenJobs = "/mr/open/";

    /// <summary>Prefix of the open jobs of one manager.</summary>
    public static string OpenJobsOf(string manager) => $"{OpenJobs}{manager}/";

    /// <summary>A job's entry in the index of open jobs; its value is its owner's name in UTF-8.</summary>
    public static string Open(JobId job) => OpenJobsOf(job.Manager) + Text(job.Number);

    /// <summary>Prefix of the index of registered jobs, the newest first.</summary>
    public const string Listed = "/mr/listed/all/";

    /// <summary>Prefix of the index of one owner's registered jobs, the newest first.</summary>
    public static string ListedOf(string owner) => $"/mr/listed/of/{owner}/";

    /// <summary>What follows the prefix in an entry of such an index: a number that falls as time goes on, and the job.</summary>
    public static string ListedName(DateTimeOffset submitted, JobId job) => string.Create(CultureInfo.InvariantCulture, $"{long.MaxValue - submitted.UtcTicks:D19}-{job}");

    /// <summary>Reads the job out of a <see cref="ListedName"/>.</summary>
    public static bool TryParseListed(string name, out JobId job)
    {
        job = default;
        return name.Length > 20 && name[19] == '-' && name.AsSpan(0, 19).IndexOfAnyExceptInRange('0', '9') < 0 && JobId.TryParse(name[20..], out job);
    }

    /// <summary>Changes with every job that an owner registers, so that their number is read and raised in one step.</summary>
    public static string RunningGate(string owner) => $"/mr/gates/{owner}/running";

    /// <summary>Bytes an owner has stored: of datafiles, of uploads as large as they are to be, of programs of jobs, of what ended jobs keep, and of what was deleted but is not gone yet. Every change of any of them changes it in the same step.</summary>
    public static string StoredGate(string owner) => $"/mr/gates/{owner}/stored";

    /// <summary>The job that an owner's idempotency key stands for, under a lease.</summary>
    /// <param name="owner">The owner.</param>
    /// <param name="hash">SHA-256 of the key, lower-case hexadecimal.</param>
    public static string Idempotency(string owner, string hash) => $"/mr/idempotency/{owner}/{hash}";

    /// <summary>Prefix of all keys of a job.</summary>
    public static string Job(JobId job) => $"{Jobs}{job.Manager}/{Text(job.Number)}/";

    /// <summary>A job's specification; never changes.</summary>
    public static string Spec(JobId job) => Job(job) + "spec";

    /// <summary>A job's <see cref="JobState"/>.</summary>
    public static string State(JobId job) => Job(job) + "state";

    /// <summary>What an ended job counts for in <see cref="StoredGate"/>.</summary>
    public static string Kept(JobId job) => Job(job) + "kept";

    /// <summary>Prefix of the commit records of both stages.</summary>
    public static string AllDone(JobId job) => Job(job) + "done/";

    /// <summary>Prefix of the commit records of a stage.</summary>
    public static string Done(JobId job, TaskStage stage) => AllDone(job) + Name(stage);

    /// <summary>Commit record of the winning attempt at a task.</summary>
    public static string Done(TaskId task) => Done(task.Job, task.Stage) + Text(task.Index);

    /// <summary>Prefix of the partition sizes of the committed map outputs.</summary>
    public static string AllSizes(JobId job) => Job(job) + "sizes/";

    /// <summary>Partition sizes of one committed map output; written and removed with its commit record.</summary>
    public static string Sizes(JobId job, int index) => AllSizes(job) + Text(index);

    /// <summary>Prefix of the attempts running in a stage.</summary>
    public static string Live(JobId job, TaskStage stage) => $"{Job(job)}live/{Name(stage)}";

    /// <summary>Prefix of the attempts running at a task.</summary>
    public static string Live(TaskId task) => $"{Live(task.Job, task.Stage)}{Text(task.Index)}/";

    /// <summary>A running attempt, under its worker's lease.</summary>
    public static string Live(AttemptId attempt) => Live(attempt.Task) + attempt.Token;

    /// <summary>Prefix of the attempts ever started in a stage.</summary>
    public static string Attempts(JobId job, TaskStage stage) => $"{Job(job)}attempts/{Name(stage)}";

    /// <summary>Prefix of the attempts ever started at a task.</summary>
    public static string Attempts(TaskId task) => $"{Attempts(task.Job, task.Stage)}{Text(task.Index)}/";

    /// <summary>An attempt that was started, under no lease: what remains of it if its worker dies.</summary>
    public static string Attempt(AttemptId attempt) => Attempts(attempt.Task) + attempt.Token;

    /// <summary>Prefix of all failure cards of a job.</summary>
    public static string AllFailed(JobId job) => Job(job) + "failed/";

    /// <summary>Prefix of the failure cards of a stage.</summary>
    public static string Failed(JobId job, TaskStage stage) => AllFailed(job) + Name(stage);

    /// <summary>Prefix of the failure cards of a task.</summary>
    public static string Failed(TaskId task) => $"{Failed(task.Job, task.Stage)}{Text(task.Index)}/";

    /// <summary>Failure card of an attempt.</summary>
    public static string Failed(AttemptId attempt) => Failed(attempt.Task) + attempt.Token;

    /// <summary>Reads the job out of a key of <see cref="OpenJobs"/>.</summary>
    public static bool TryParseOpen(string key, out JobId job)
    {
        job = default;
        if (!key.StartsWith(OpenJobs, StringComparison.Ordinal))
        {
            return false;
        }

        int slash = key.LastIndexOf('/');
        return slash > OpenJobs.Length && JobId.TryParse($"{key[OpenJobs.Length..slash]}-{key[(slash + 1)..]}", out job);
    }

    /// <summary>Reads the job out of any of its keys.</summary>
    public static JobId ParseJob(string key)
    {
        string[] names = key[Jobs.Length..].Split('/', 3);
        return new JobId(names[0], long.Parse(names[1], NumberStyles.None, CultureInfo.InvariantCulture));
    }

    /// <summary>Reads the task's index, and the attempt's token where there is one, out of a key below a stage's prefix.</summary>
    public static (int Index, string Token) ParseTask(string key, string stagePrefix)
    {
        ReadOnlySpan<char> rest = key.AsSpan(stagePrefix.Length);
        int slash = rest.IndexOf('/');
        ReadOnlySpan<char> index = slash < 0 ? rest : rest[..slash];
        return (int.Parse(index, NumberStyles.None, CultureInfo.InvariantCulture), slash < 0 ? "" : rest[(slash + 1)..].ToString());
    }

    private static string Name(TaskStage stage) => stage == TaskStage.Map ? "map/" : "reduce/";

    private static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);
}
