using Katanemimena.Core;

namespace Katanemimena.Orchestration;

/// <summary>Reads a job as its owner sees it.</summary>
internal sealed class StatusReader(IKeyValueStore store)
{
    /// <summary>The status, or null if there is no such job.</summary>
    public async ValueTask<JobStatus?> ReadAsync(JobId job, CancellationToken cancellation)
    {
        TransactionResult result = await store.TransactAsync(
            new Transaction
            {
                Reads =
                [
                    KeyRange.One(JobKeys.State(job)),
                    JobStore.Count(JobKeys.Done(job, TaskStage.Map)),
                    JobStore.Count(JobKeys.Live(job, TaskStage.Map)),
                    JobStore.Count(JobKeys.Attempts(job, TaskStage.Map)),
                    JobStore.Count(JobKeys.Done(job, TaskStage.Reduce)),
                    JobStore.Count(JobKeys.Live(job, TaskStage.Reduce)),
                    JobStore.Count(JobKeys.Attempts(job, TaskStage.Reduce)),
                ],
            },
            cancellation);
        if (JobStore.ToState(result.Reads[0]) is not { State: { } state })
        {
            return null;
        }

        return new JobStatus
        {
            Id = job,
            Phase = state.Phase,
            Map = state.Totals?.Map ?? Progress(state.MapTasks, result.Reads, first: 1),
            Reduce = state.Totals?.Reduce ?? Progress(state.ReduceTasks, result.Reads, first: 4),
            Error = state.Error,
            ErrorOfMachine = state.ErrorOfMachine,
            Card = state.Card,
            Version = result.Revision,
        };
    }

    private static StageProgress Progress(int tasks, IReadOnlyList<RangeResult> reads, int first)
    {
        int done = (int)reads[first].Count;
        int running = (int)reads[first + 1].Count;
        int attempts = (int)reads[first + 2].Count;
        return new StageProgress { Total = tasks, Done = done, Running = running, Attempts = attempts, Failed = Math.Max(0, attempts - running - done) };
    }
}
