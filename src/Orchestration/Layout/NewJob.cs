using System.Text;
using Katanemimena.Core;

namespace Katanemimena.Orchestration;

/// <summary>A job that is about to be stored: its documents, written once however often the transaction is tried.</summary>
internal sealed class NewJob(string manager, JobSpec spec)
{
    private readonly byte[] _specification = JobDocuments.Write(spec);
    private readonly byte[] _state = JobDocuments.Write(JobTransitions.Submit(spec.Submitted));

    /// <summary>Key of the counter of the manager's jobs.</summary>
    public string Sequence { get; } = JobKeys.Sequence(manager);

    /// <summary>The manager's next id.</summary>
    /// <param name="found">The counter, or keys that it is among; absent if the manager never had a job.</param>
    /// <param name="unchanged">Holds as long as no other job has that id.</param>
    public JobId Mint(IReadOnlyList<KeyValue> found, out KeyCondition unchanged)
    {
        KeyValue? stored = found.FirstOrDefault(key => key.Key == Sequence);
        unchanged = KeyCondition.Unchanged(Sequence, stored);
        return new JobId(manager, stored is null ? 1 : Number.Read(stored.Value.Span) + 1);
    }

    /// <summary>What every job consists of at first.</summary>
    public KeyWrite[] Writes(JobId job) =>
    [
        new KeyWrite.Put(Sequence, Number.Write(job.Number)),
        new KeyWrite.Put(JobKeys.Spec(job), _specification),
        new KeyWrite.Put(JobKeys.State(job), _state),
        new KeyWrite.Put(JobKeys.Open(job), Encoding.UTF8.GetBytes(spec.Owner)),
    ];
}
