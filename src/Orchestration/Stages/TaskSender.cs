using Katanemimena.Core;

namespace Katanemimena.Orchestration;

/// <summary>Sends task messages.</summary>
internal sealed class TaskSender(IKeyValueStore store, ITaskQueue queue, QueueNames queues, TimeProvider time)
{
    /// <summary>Messages under way at a time.</summary>
    private const int Together = 16;

    private readonly JobRanges _ranges = new(store);

    /// <summary>Sends every task of the stage that has neither a commit record nor a running attempt, and whose turn has come.</summary>
    /// <param name="job">The job.</param>
    /// <param name="stored">Its state, in that stage.</param>
    /// <param name="stage">The stage.</param>
    /// <param name="fresh">Whether none was ever sent, so there is nothing to look up.</param>
    /// <param name="stop">Stops sending.</param>
    public async ValueTask SendOpenAsync(JobId job, StoredState stored, TaskStage stage, bool fresh, CancellationToken stop)
    {
        HashSet<int> done = [];
        IEnumerable<int> tasks = Enumerable.Range(0, stored.State.Tasks(stage));
        if (!fresh)
        {
            done = await IndexesAsync(JobKeys.Done(job, stage), stop);
            HashSet<int> live = await IndexesAsync(JobKeys.Live(job, stage), stop);
            tasks = tasks.Where(index => !done.Contains(index) && !live.Contains(index));
        }

        tasks = tasks.Where(index => stored.State.IsSent(index, done.Contains));

        foreach (int[] some in tasks.Chunk(Together))
        {
            await Task.WhenAll(some.Select(index => SendAsync(job, stored, stage, index, backup: false, stop).AsTask()));
        }
    }

    /// <summary>Sends one task.</summary>
    public ValueTask SendAsync(JobId job, StoredState stored, TaskStage stage, int index, bool backup, CancellationToken stop)
    {
        string? plan = stage == TaskStage.Map ? stored.State.ChunkPlan : stored.State.ShufflePlan;
        Invariant.Holds(plan is not null, "a stage whose tasks are out has a plan");
        var message = new TaskMessage(job.ToString(), stage, index, stored.Revision, plan, backup, stored.State.SendWindow) { Sent = time.GetUtcNow() };
        return queue.SendAsync(queues.Tasks(stage), message.Write(), TimeSpan.Zero, stop);
    }

    private async ValueTask<HashSet<int>> IndexesAsync(string prefix, CancellationToken stop) =>
        [.. (await _ranges.AllAsync(prefix, stop)).Select(key => JobKeys.ParseTask(key.Key, prefix).Index)];
}
