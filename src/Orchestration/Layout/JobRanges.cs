using Katanemimena.Core;

namespace Katanemimena.Orchestration;

/// <summary>Reads whole prefixes of a job in pages, so that no answer grows with the job.</summary>
internal sealed class JobRanges(IKeyValueStore store)
{
    /// <summary>Keys a page.</summary>
    public const int PageKeys = 1000;

    /// <summary>All keys with a prefix, in key order. Pages are read one after the other, so they may stem from different revisions.</summary>
    public async ValueTask<List<KeyValue>> AllAsync(string prefix, CancellationToken cancellation)
    {
        var keys = new List<KeyValue>();
        KeyRange range = KeyRange.Prefix(prefix) with { Limit = PageKeys };
        while (true)
        {
            RangeResult page = await store.RangeAsync(range, cancellation);
            keys.AddRange(page.Keys);
            if (page.Keys.Count == page.Count || page.Keys.Count == 0)
            {
                return keys;
            }

            range = range with { Start = page.Keys[^1].Key + "\0" };
        }
    }

    /// <summary>The commit records of a stage by task, ascending.</summary>
    public async ValueTask<IReadOnlyList<CommitRecord>> CommitsAsync(JobId job, TaskStage stage, CancellationToken cancellation)
    {
        string prefix = JobKeys.Done(job, stage);
        List<KeyValue> keys = await AllAsync(prefix, cancellation);
        return [.. keys.OrderBy(key => JobKeys.ParseTask(key.Key, prefix).Index).Select(RecordJson.ReadCommit)];
    }

    /// <summary>The bytes of every partition, summed over the committed map outputs.</summary>
    public async ValueTask<long[]> PartitionBytesAsync(JobId job, int partitions, CancellationToken cancellation)
    {
        long[] totals = new long[partitions];
        foreach (KeyValue sizes in await AllAsync(JobKeys.AllSizes(job), cancellation))
        {
            PartitionSizes.AddTo(sizes.Value.Span, totals);
        }

        return totals;
    }

    /// <summary>The tasks of a stage, ascending.</summary>
    public async ValueTask<IReadOnlyList<TaskReading>> TasksAsync(JobId job, TaskStage stage, int tasks, CancellationToken cancellation)
    {
        ILookup<int, KeyValue> attempts = await ByTaskAsync(JobKeys.Attempts(job, stage), cancellation);
        ILookup<int, KeyValue> live = await ByTaskAsync(JobKeys.Live(job, stage), cancellation);
        ILookup<int, KeyValue> failed = await ByTaskAsync(JobKeys.Failed(job, stage), cancellation);
        ILookup<int, KeyValue> done = await ByTaskAsync(JobKeys.Done(job, stage), cancellation);
        return [.. Enumerable.Range(0, tasks).Select(index =>
        {
            CommitRecord? commit = done[index].Select(RecordJson.ReadCommit).FirstOrDefault();
            AttemptRecord? last = attempts[index].MaxBy(key => key.CreateRevision) is { } key ? RecordJson.Read(key.Value.Span, RecordJson.Default.AttemptRecord) : null;
            return new TaskReading(
                new TaskId(job, stage, index), attempts[index].Count(), live[index].Count(), failed[index].Count(),
                commit?.Worker ?? last?.Worker, commit?.Started ?? last?.Started, commit?.Committed);
        })];
    }

    /// <summary>The failure cards of a job, by stage, task and age.</summary>
    public async ValueTask<List<FailureCard>> CardsAsync(JobId job, CancellationToken cancellation)
    {
        var cards = new List<FailureCard>();
        foreach (TaskStage stage in Enum.GetValues<TaskStage>())
        {
            string prefix = JobKeys.Failed(job, stage);
            List<KeyValue> keys = await AllAsync(prefix, cancellation);
            cards.AddRange(keys
                .OrderBy(key => (JobKeys.ParseTask(key.Key, prefix).Index, key.CreateRevision))
                .Select(key => JobDocuments.ReadCard(key.Value.Span)));
        }

        return cards;
    }

    private async ValueTask<ILookup<int, KeyValue>> ByTaskAsync(string prefix, CancellationToken cancellation) =>
        (await AllAsync(prefix, cancellation)).ToLookup(key => JobKeys.ParseTask(key.Key, prefix).Index);
}
