using Katanemimena.Core;
using Katanemimena.Orchestration;

namespace Katanemimena.Service;

/// <summary>How much there is to do, and who does it, at one moment.</summary>
public sealed record ClusterFigures
{
    /// <summary>Whether the store could be read; if not, the figures of jobs and members are empty.</summary>
    public bool StoreAnswers { get; init; }

    /// <summary>Whether the queues could be read; if not, <see cref="QueueMessages"/> is empty.</summary>
    public bool QueueAnswers { get; init; }

    /// <summary>About how many messages each queue holds, by its name.</summary>
    public IReadOnlyDictionary<string, long> QueueMessages { get; init; } = new Dictionary<string, long>();

    /// <summary>Open jobs by where they stand; every phase is there.</summary>
    public IReadOnlyDictionary<JobPhase, int> OpenJobs { get; init; } = new Dictionary<JobPhase, int>();

    /// <summary>Tasks and attempts of the open jobs, by stage.</summary>
    public IReadOnlyDictionary<TaskStage, StageProgress> Tasks { get; init; } = new Dictionary<TaskStage, StageProgress>();

    /// <summary>Managers that are alive.</summary>
    public int Managers { get; init; }

    /// <summary>Processes that run workers.</summary>
    public int WorkerProcesses { get; init; }

    /// <summary>Tasks that all of them together can run at once.</summary>
    public int WorkerSlots { get; init; }
}

/// <summary>Reads figures.</summary>
/// <param name="store">The store.</param>
/// <param name="queue">The queues.</param>
/// <param name="report">Told of what could not be read.</param>
public sealed class ClusterFigureReader(IKeyValueStore store, ITaskQueue queue, Action<string, Exception> report)
{
    /// <summary>What the queue for jobs that come as messages is called.</summary>
    private const string SubmitQueue = "submit";

    private static readonly QueueNames s_names = new();
    private static readonly string[] s_queues = [SubmitQueue, s_names.Stage, s_names.MapTasks, s_names.ReduceTasks];

    private readonly OpenJobReader _jobs = new(store);

    /// <summary>Reads them. A part that cannot be reached is said not to answer, and the rest is read all the same.</summary>
    public async ValueTask<ClusterFigures> ReadAsync(CancellationToken cancellation)
    {
        ClusterFigures figures = new();
        try
        {
            figures = await MembersAsync(await JobsAsync(figures, cancellation), cancellation) with { StoreAnswers = true };
        }
        catch (TransientFault fault)
        {
            report("Metrics", fault);
        }

        try
        {
            return figures with { QueueMessages = await QueuesAsync(cancellation), QueueAnswers = true };
        }
        catch (Exception fault) when (fault is TransientFault or PermanentFault)
        {
            report("Metrics", fault);
            return figures;
        }
    }

    private async ValueTask<ClusterFigures> JobsAsync(ClusterFigures figures, CancellationToken cancellation)
    {
        IReadOnlyList<OpenJob> jobs = await _jobs.ReadAsync(Counts, cancellation);
        return figures with
        {
            OpenJobs = Enum.GetValues<JobPhase>().ToDictionary(phase => phase, phase => jobs.Count(job => job.State.Phase == phase)),
            Tasks = new Dictionary<TaskStage, StageProgress>
            {
                [TaskStage.Map] = Sum(jobs.Select(job => Progress(job, TaskStage.Map))),
                [TaskStage.Reduce] = Sum(jobs.Select(job => Progress(job, TaskStage.Reduce))),
            },
        };
    }

    private async ValueTask<ClusterFigures> MembersAsync(ClusterFigures figures, CancellationToken cancellation)
    {
        IReadOnlyList<RangeResult> reads = await new JobStore(store).ReadAsync([KeyRange.Prefix(JobKeys.Instances), KeyRange.Prefix(JobKeys.Managers)], cancellation);
        InstanceRecord[] workers = [.. reads[0].Keys.Select(InstanceRecord.Read).Where(instance => instance.Workers > 0)];
        return figures with
        {
            Managers = reads[1].Keys.Count(key => JobKeys.ManagerOf(key.Key) is not null),
            WorkerProcesses = workers.Length,
            WorkerSlots = workers.Sum(instance => instance.Workers),
        };
    }

    private async ValueTask<IReadOnlyDictionary<string, long>> QueuesAsync(CancellationToken cancellation)
    {
        Dictionary<string, long> messages = [];
        foreach (string name in s_queues.SelectMany(name => (string[])[name, name + "-poison"]))
        {
            messages[name] = await queue.CountAsync(name, cancellation);
        }

        return messages;
    }

    private static KeyRange[] Counts(JobId job) =>
    [
        .. from stage in (TaskStage[])[TaskStage.Map, TaskStage.Reduce]
           from prefix in (string[])[JobKeys.Done(job, stage), JobKeys.Live(job, stage), JobKeys.Attempts(job, stage)]
           select KeyRange.Prefix(prefix) with { CountOnly = true },
    ];

    /// <summary>As a job's own status counts them.</summary>
    private static StageProgress Progress(OpenJob job, TaskStage stage)
    {
        if (job.State.Totals is { } totals)
        {
            return stage == TaskStage.Map ? totals.Map : totals.Reduce;
        }

        int first = stage == TaskStage.Map ? 0 : 3;
        (int done, int running, int attempts) = ((int)job.Reads[first].Count, (int)job.Reads[first + 1].Count, (int)job.Reads[first + 2].Count);
        return new StageProgress { Total = job.State.Tasks(stage), Done = done, Running = running, Attempts = attempts, Failed = Math.Max(0, attempts - running - done) };
    }

    private static StageProgress Sum(IEnumerable<StageProgress> stages) => stages.Aggregate(new StageProgress(), static (sum, stage) => new StageProgress
    {
        Total = sum.Total + stage.Total,
        Done = sum.Done + stage.Done,
        Running = sum.Running + stage.Running,
        Attempts = sum.Attempts + stage.Attempts,
        Failed = sum.Failed + stage.Failed,
    });
}
