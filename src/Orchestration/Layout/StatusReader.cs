using Katanemimena.Core;

namespace Katanemimena.Orchestration;

/// <summary>Reads a job as its owner sees it.</summary>
internal sealed class StatusReader(IKeyValueStore store)
{
    private const int ReadsOfJob = 7;

    /// <summary>Most jobs of one transaction.</summary>
    public const int TogetherMax = KeyValueRules.OperationsMax / ReadsOfJob;

    /// <summary>The status, or null if there is no such job.</summary>
    public async ValueTask<JobStatus?> ReadAsync(JobId job, CancellationToken cancellation) => (await ReadingAsync(job, cancellation))?.Status;

    /// <summary>State and status, or null if there is no such job.</summary>
    public async ValueTask<JobReading?> ReadingAsync(JobId job, CancellationToken cancellation) => (await ReadingsAsync([job], cancellation))[0];

    /// <summary>State and status of several jobs, at most <see cref="TogetherMax"/>, in the order given; null for one that does not exist.</summary>
    public async ValueTask<IReadOnlyList<JobReading?>> ReadingsAsync(IReadOnlyList<JobId> jobs, CancellationToken cancellation)
    {
        TransactionResult result = await store.TransactAsync(new Transaction { Reads = [.. jobs.SelectMany(Reads)] }, cancellation);
        return [.. jobs.Select((job, index) => Reading(job, result.Revision, [.. result.Reads.Skip(index * ReadsOfJob).Take(ReadsOfJob)]))];
    }

    private static KeyRange[] Reads(JobId job) =>
    [
        KeyRange.One(JobKeys.State(job)),
        JobStore.Count(JobKeys.Done(job, TaskStage.Map)),
        JobStore.Count(JobKeys.Live(job, TaskStage.Map)),
        JobStore.Count(JobKeys.Attempts(job, TaskStage.Map)),
        JobStore.Count(JobKeys.Done(job, TaskStage.Reduce)),
        JobStore.Count(JobKeys.Live(job, TaskStage.Reduce)),
        JobStore.Count(JobKeys.Attempts(job, TaskStage.Reduce)),
    ];

    private static JobReading? Reading(JobId job, long revision, RangeResult[] reads) =>
        JobStore.ToState(reads[0]) is not { State: { } state } ? null : new JobReading(state, new JobStatus
        {
            Id = job,
            Phase = state.Phase,
            Map = state.Totals?.Map ?? Progress(state.MapTasks, reads, first: 1),
            Reduce = state.Totals?.Reduce ?? Progress(state.ReduceTasks, reads, first: 4),
            Error = state.Error,
            ErrorOfMachine = state.ErrorOfMachine,
            Card = state.Card,
            Version = revision,
        });

    private static StageProgress Progress(int tasks, RangeResult[] reads, int first)
    {
        int done = (int)reads[first].Count;
        int running = (int)reads[first + 1].Count;
        int attempts = (int)reads[first + 2].Count;
        return new StageProgress { Total = tasks, Done = done, Running = running, Attempts = attempts, Failed = Math.Max(0, attempts - running - done) };
    }
}
