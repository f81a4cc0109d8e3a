using System.Text.Json;
using Katanemimena.Core;
using Katanemimena.Orchestration;

namespace Katanemimena.Tests.Simulation;

/// <summary>A promise of the engine was broken.</summary>
internal sealed class Violation(string what) : Exception(what);

/// <summary>Follows every transaction, and says when one breaks a promise: commits once, in its own stage and epoch; no reduce before all
/// maps; states change along the allowed edges and the last ones absorb; attempts are bounded; committed files stay.</summary>
internal sealed class SimChecker(Func<string, string> rename)
{
    private static readonly HashSet<(JobPhase, JobPhase)> s_edges =
    [
        (JobPhase.Submitted, JobPhase.Mapping), (JobPhase.Mapping, JobPhase.Shuffling), (JobPhase.Shuffling, JobPhase.Reducing),
        (JobPhase.Reducing, JobPhase.Mapping), (JobPhase.Reducing, JobPhase.Completed),
    ];

    private readonly Dictionary<JobId, JobModel> _jobs = [];

    public Violation? Found { get; private set; }

    public int Commits { get; private set; }

    public int MapsReopened { get; private set; }

    public IReadOnlyDictionary<JobId, JobModel> Jobs => _jobs;

    /// <summary>Takes in a transaction that was carried out.</summary>
    public void OnTransaction(Transaction transaction, long revision)
    {
        foreach (IGrouping<JobId, KeyWrite> ofJob in transaction.Writes.Where(write => KeyOf(write).StartsWith(JobKeys.Jobs, StringComparison.Ordinal)).GroupBy(write => JobKeys.ParseJob(KeyOf(write))))
        {
            if (!_jobs.TryGetValue(ofJob.Key, out JobModel? job))
            {
                _jobs[ofJob.Key] = job = new JobModel();
            }

            Take(ofJob.Key, job, [.. ofJob], revision);
        }
    }

    /// <summary>A file, or all below a folder, is deleted or replaced.</summary>
    public void OnFileChange(string path, bool exact)
    {
        foreach ((JobId id, JobModel job) in _jobs)
        {
            if (!job.State.Ended || job.State.Phase == JobPhase.Completed)
            {
                foreach (((TaskStage stage, int index), string token) in job.Done.Where(done => !job.State.Ended || done.Key.Stage == TaskStage.Reduce))
                {
                    string file = rename(JobFiles.Output(new AttemptId(new TaskId(id, stage, index), token)));
                    Require(file != path && (exact || !file.StartsWith(path + "/", StringComparison.Ordinal)), $"committed file {file} was deleted or replaced");
                }
            }
        }
    }

    public void Require(bool holds, string what)
    {
        if (!holds)
        {
            Found ??= new Violation(what);
        }
    }

    private static string KeyOf(KeyWrite write) => write is KeyWrite.Put put ? put.Key : ((KeyWrite.Delete)write).Range.Start;

    private void Take(JobId id, JobModel job, List<KeyWrite> writes, long revision)
    {
        JobState before = job.State;
        string prefix = JobKeys.Job(id);
        long stateRevision = job.StateRevision;
        foreach (KeyWrite.Put put in writes.OfType<KeyWrite.Put>().Where(put => put.Key == JobKeys.State(id)))
        {
            JobState next = JobDocuments.ReadState(put.Value.Span);
            TakeState(id, job, next);
            (job.State, job.StateRevision) = (next, revision);
        }

        foreach (KeyWrite write in writes)
        {
            string[] names = KeyOf(write)[prefix.Length..].Split('/');
            switch (names[0], write)
            {
                case ("done", KeyWrite.Put put):
                    TakeCommit(id, job, before, stateRevision, Task(names), put);
                    break;
                case ("done", KeyWrite.Delete) when names.Length == 3:
                    Require(before.Phase == JobPhase.Reducing && job.State.Phase == JobPhase.Mapping, $"{id}: a commit record was removed while the job was {before.Phase}");
                    job.Done.Remove(Task(names));
                    MapsReopened++;
                    break;
                case ("attempts", KeyWrite.Put):
                    TakeStart(id, job, before, stateRevision, Task(names), names[3]);
                    break;
                case ("attempts", KeyWrite.Delete) when names.Length == 4:
                    job.Attempts.Remove((Task(names), names[3]));
                    break;
                case ("failed", KeyWrite.Put):
                    job.Failed[Task(names)] = job.Failed.GetValueOrDefault(Task(names)) + 1;
                    break;
                default:
                    break;
            }
        }
    }

    private void TakeState(JobId id, JobModel job, JobState next)
    {
        JobState before = job.State;
        if (job.StateRevision == 0)
        {
            Require(next.Phase == JobPhase.Submitted, $"{id} began as {next.Phase}");
            return;
        }

        bool allowed = before.Phase == next.Phase
            ? before.Ended
            : s_edges.Contains((before.Phase, next.Phase)) || (!before.Ended && next.Phase is JobPhase.Failed or JobPhase.Cancelled);
        Require(allowed && !(before.Ended && before.Phase != next.Phase), $"{id} went from {before.Phase} to {next.Phase}");
        Require(next.Epoch == before.Epoch + (before.Phase == JobPhase.Reducing && next.Phase == JobPhase.Mapping ? 1 : 0), $"{id}: epoch {before.Epoch} became {next.Epoch}");
        if (before.Phase == JobPhase.Mapping && next.Phase == JobPhase.Shuffling)
        {
            Require(job.CountDone(TaskStage.Map) == before.MapTasks, $"{id} left the maps with {job.CountDone(TaskStage.Map)} of {before.MapTasks}");
        }

        if (next.Phase == JobPhase.Completed)
        {
            Require(job.CountDone(TaskStage.Map) == before.MapTasks && job.CountDone(TaskStage.Reduce) == before.ReduceTasks, $"{id} completed without all commits");
        }
    }

    private void TakeStart(JobId id, JobModel job, JobState state, long stateRevision, (TaskStage Stage, int Index) task, string token)
    {
        job.Attempts[(task, token)] = job.Started[(task, token)] = stateRevision;
        Require(state.Stage == task.Stage, $"{id}: attempt at {task} while {state.Phase}");
        Require(task.Stage == TaskStage.Map || job.CountDone(TaskStage.Map) == state.MapTasks, $"{id}: reduce {task.Index} began before all maps");
        Require(!job.Done.ContainsKey(task), $"{id}: attempt at {task}, which had committed");
        int started = job.Attempts.Keys.Count(each => each.Item1 == task);
        Require(started <= AttemptLimits.StartedMax(SimWorld.AttemptsMax) + 1, $"{id}: {started} attempts at {task}");
    }

    private void TakeCommit(JobId id, JobModel job, JobState state, long stateRevision, (TaskStage Stage, int Index) task, KeyWrite.Put put)
    {
        string token = JsonSerializer.Deserialize(put.Value.Span, RecordJson.Default.CommitRecord)!.Attempt;
        Commits++;
        Require(!job.Done.TryGetValue(task, out string? first), $"{id}: {task} committed twice, by {first} and {token}");
        Require(state.Stage == task.Stage, $"{id}: {task} committed while {state.Phase}");
        Require(job.Started.GetValueOrDefault((task, token), -1) == stateRevision, $"{id}: {task} was committed by {token}, started in another stage or epoch");
        Require(task.Stage == TaskStage.Map || job.CountDone(TaskStage.Map) == state.MapTasks, $"{id}: reduce {task.Index} committed before all maps");
        job.Done[task] = token;
    }

    private static (TaskStage Stage, int Index) Task(string[] names) =>
        (names[1] == "map" ? TaskStage.Map : TaskStage.Reduce, int.Parse(names[2], System.Globalization.CultureInfo.InvariantCulture));

    /// <summary>What the checker knows of one job.</summary>
    internal sealed class JobModel
    {
        public JobState State { get; set; } = new();

        public long StateRevision { get; set; }

        public Dictionary<(TaskStage Stage, int Index), string> Done { get; } = [];

        public Dictionary<((TaskStage Stage, int Index) Task, string Token), long> Attempts { get; } = [];

        /// <summary>Revision of the state at which every attempt was started, those taken back included.</summary>
        public Dictionary<((TaskStage Stage, int Index) Task, string Token), long> Started { get; } = [];

        public Dictionary<(TaskStage Stage, int Index), int> Failed { get; } = [];

        public int CountDone(TaskStage stage) => Done.Keys.Count(task => task.Stage == stage);
    }
}
