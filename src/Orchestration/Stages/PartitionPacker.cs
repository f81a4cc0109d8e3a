using Katanemimena.Core;

namespace Katanemimena.Orchestration;

/// <summary>Packs partitions onto reduce tasks by measured bytes, so that skew is evened out. Pure.</summary>
/// <remarks>Longest processing time first: the largest partition goes to the task with the least bytes so far. The largest load is at
/// most 4/3 − 1/(3R) times the best possible (R. L. Graham, "Bounds on Multiprocessing Timing Anomalies", SIAM J. Appl. Math. 17, 1969).</remarks>
public static class PartitionPacker
{
    /// <summary>Bytes that make a reduce task worth its while, when the number of tasks is automatic: 1 MiB.</summary>
    public const long AutoBytesMin = 1L << 20;

    /// <summary>Values that make a reduce task worth its while as well, however few bytes they take: 1,000,000. Run files hold equal values once, reducers see each.</summary>
    public const long AutoValuesMin = 1_000_000;

    /// <summary>How many reduce tasks a job gets: as asked for, else one a worker but no more than its bytes or values are worth; at least 1.</summary>
    /// <param name="partitionBytes">Size of each partition.</param>
    /// <param name="values">Pairs that the mappers emitted; a combiner may have left fewer.</param>
    /// <param name="options">Of the job.</param>
    public static int Tasks(IReadOnlyList<long> partitionBytes, long values, JobOptions options)
    {
        if (options.Reducers > 0)
        {
            return options.Reducers;
        }

        long byBytes = (partitionBytes.Sum() + AutoBytesMin - 1) / AutoBytesMin;
        long byValues = (values + AutoValuesMin - 1) / AutoValuesMin;
        return (int)Math.Clamp(Math.Max(byBytes, byValues), 1, PartitionCount.Reducers(options));
    }

    /// <summary>Packs the partitions.</summary>
    /// <param name="partitionBytes">Size of each partition, 0 or more.</param>
    /// <param name="tasks">Most groups to make; 1 or more.</param>
    /// <returns>The partitions of each reduce task, ascending, tasks with most bytes first. Every partition that has bytes is in exactly one
    /// group; empty ones are in none. No group is empty, unless there are no bytes at all: then the one group has partition 0.</returns>
    public static IReadOnlyList<IReadOnlyList<int>> Pack(IReadOnlyList<long> partitionBytes, int tasks)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(tasks, 1);
        int[] largestFirst = [.. Enumerable.Range(0, partitionBytes.Count).Where(p => partitionBytes[p] > 0).OrderByDescending(p => partitionBytes[p]).ThenBy(p => p)];
        if (largestFirst.Length == 0)
        {
            return [[0]];
        }

        var groups = new PriorityQueue<List<int>, (long Bytes, int Group)>();
        var packed = new List<(long Bytes, int Group, List<int> Partitions)>();
        for (int group = 0; group < Math.Min(tasks, largestFirst.Length); group++)
        {
            groups.Enqueue([], (0, group));
        }

        foreach (int partition in largestFirst)
        {
            groups.TryDequeue(out List<int>? group, out (long Bytes, int Group) load);
            group!.Add(partition);
            groups.Enqueue(group, (checked(load.Bytes + partitionBytes[partition]), load.Group));
        }

        while (groups.TryDequeue(out List<int>? group, out (long Bytes, int Group) load))
        {
            group.Sort();
            packed.Add((load.Bytes, load.Group, group));
        }

        return [.. packed.OrderByDescending(group => group.Bytes).ThenBy(group => group.Group).Select(group => group.Partitions)];
    }
}
