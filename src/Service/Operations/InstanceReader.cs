using System.Buffers.Text;
using Katanemimena.Core;
using Katanemimena.Orchestration;
using Katanemimena.Wire;

namespace Katanemimena.Service;

/// <summary>Reads who is alive and what they do.</summary>
public sealed class InstanceReader(IKeyValueStore store)
{
    private readonly OpenJobReader _jobs = new(store);

    /// <summary>Processes that are alive, and managers that ever were. What they do is read after that, so it may be a moment newer.</summary>
    /// <exception cref="TransientFault">The store cannot be reached.</exception>
    public async ValueTask<InstancesDocument> ReadAsync(CancellationToken cancellation)
    {
        IReadOnlyList<RangeResult> members = await new JobStore(store).ReadAsync([KeyRange.Prefix(JobKeys.Instances), KeyRange.Prefix(JobKeys.Managers)], cancellation);
        IReadOnlyList<OpenJob> jobs = await _jobs.ReadAsync(Live, cancellation);
        ILookup<string, string> running = jobs.SelectMany(Running).ToLookup(task => task.Process, task => task.Task, StringComparer.Ordinal);
        return new InstancesDocument([.. members[0].Keys.Select(key => Instance(key, running))], [.. Managers(members[1].Keys, jobs)]);
    }

    private static KeyRange[] Live(JobId job) => [KeyRange.Prefix(JobKeys.Live(job, TaskStage.Map)), KeyRange.Prefix(JobKeys.Live(job, TaskStage.Reduce))];

    private static InstanceDocument Instance(KeyValue key, ILookup<string, string> running)
    {
        string id = key.Key[JobKeys.Instances.Length..];
        var record = InstanceRecord.Read(key);
        return new InstanceDocument
        {
            Id = id,
            Manager = record.Manager.Length > 0 ? record.Manager : null,
            Workers = record.Workers,
            Started = record.Started,
            Running = [.. running[id]],
        };
    }

    /// <summary>Tasks with the process that runs each, which the attempt's token names.</summary>
    private static IEnumerable<(string Process, string Task)> Running(OpenJob job) =>
        from stage in (TaskStage[])[TaskStage.Map, TaskStage.Reduce]
        from key in job.Reads[stage == TaskStage.Map ? 0 : 1].Keys
        let attempt = JobKeys.ParseTask(key.Key, JobKeys.Live(job.Id, stage))
        select (TokenMint.ProcessOf(attempt.Token), new TaskId(job.Id, stage, attempt.Index).ToString());

    private static IEnumerable<ManagerDocument> Managers(IReadOnlyList<KeyValue> keys, IReadOnlyList<OpenJob> jobs)
    {
        HashSet<string> alive = [.. keys.Select(key => JobKeys.ManagerOf(key.Key)).OfType<string>()];
        Dictionary<string, long> given = keys.Where(key => JobKeys.SequenceOf(key.Key) is not null).ToDictionary(key => JobKeys.SequenceOf(key.Key)!, Number);
        return from name in alive.Union(given.Keys).Order(StringComparer.Ordinal)
               select new ManagerDocument(name, alive.Contains(name), jobs.Count(job => job.Id.Manager == name && !job.State.Ended), given.GetValueOrDefault(name));
    }

    private static long Number(KeyValue key) => Utf8Parser.TryParse(key.Value.Span, out long number, out _) ? number : 0;
}
