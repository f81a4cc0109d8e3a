using FsCheck;
using FsCheck.Fluent;
using Katanemimena.Core;
using Katanemimena.Orchestration;
using Xunit;

namespace Katanemimena.Tests.Unit.Orchestration;

public sealed class PartitionPackerTests
{
    private static readonly Config s_config = Config.QuickThrowOnFailure.WithReplay(20240506, 7);

    private static readonly Arbitrary<(long[] Bytes, int Tasks)> s_cases = Arb.From(
        from bytes in Gen.ArrayOf(Gen.Frequency((3, Gen.Choose(0, 1000)), (1, Gen.Choose(0, 1_000_000)), (1, Gen.Constant(0))))
        from tasks in Gen.Choose(1, 12)
        select (bytes.Select(size => (long)size).ToArray(), tasks));

    [Fact]
    public void Every_partition_with_bytes_is_in_exactly_one_group_and_no_group_is_empty() => Check.One(s_config, Prop.ForAll(s_cases, each =>
    {
        IReadOnlyList<IReadOnlyList<int>> groups = PartitionPacker.Pack(each.Bytes, each.Tasks);
        IEnumerable<int> expected = Enumerable.Range(0, each.Bytes.Length).Where(partition => each.Bytes[partition] > 0);
        return groups.Count <= each.Tasks
            && groups.All(group => group.Count > 0 && group.SequenceEqual(group.Order()))
            && groups.SelectMany(group => group).Order().SequenceEqual(expected.Any() ? expected : [0]);
    }));

    [Fact]
    public void The_largest_load_is_within_the_bound_of_longest_processing_time_first() => Check.One(s_config, Prop.ForAll(s_cases, each =>
    {
        long[] largest = [.. each.Bytes.OrderDescending()];
        long load = PartitionPacker.Pack(each.Bytes, each.Tasks).Max(group => group.Sum(partition => each.Bytes.ElementAtOrDefault(partition)));

        // No packing is better than these: the mean load, the largest partition, and two of the R + 1 largest together.
        double best = Math.Max((double)each.Bytes.Sum() / each.Tasks, largest.FirstOrDefault());
        if (largest.Length > each.Tasks)
        {
            best = Math.Max(best, largest[each.Tasks - 1] + largest[each.Tasks]);
        }

        // Against these lower bounds the greedy step alone promises the mean plus the last partition placed.
        return load <= Math.Max(4.0 / 3.0 * best, ((double)each.Bytes.Sum() / each.Tasks) + ((1 - (1.0 / each.Tasks)) * LastOfLargest(each.Bytes, each.Tasks)));
    }));

    [Fact]
    public void Packing_twice_gives_the_same() => Check.One(s_config, Prop.ForAll(s_cases, each =>
        PartitionPacker.Pack(each.Bytes, each.Tasks).SelectMany(group => group).SequenceEqual(PartitionPacker.Pack(each.Bytes, each.Tasks).SelectMany(group => group))));

    [Fact]
    public void Tasks_with_most_bytes_come_first() => Assert.Equal([[1], [0, 2]], PartitionPacker.Pack([5, 20, 7], 2));

    [Fact]
    public void Without_any_bytes_there_is_one_task() => Assert.Equal([[0]], PartitionPacker.Pack([0, 0, 0], 3));

    [Theory]
    [InlineData(0, 4, 3L << 20, 1, 3)]
    [InlineData(0, 4, 100L << 20, 1, 4)]
    [InlineData(0, 4, 10, 1, 1)]
    [InlineData(0, 4, 0, 0, 1)]
    [InlineData(0, 4, 10, 2_500_000, 3)]
    [InlineData(0, 4, 10, 1_000_000_000, 4)]
    [InlineData(7, 4, 10, 1, 7)]
    public void Automatic_reducers_are_one_a_worker_but_no_more_than_bytes_or_values_are_worth(int reducers, int workers, long bytes, long values, int expected) =>
        Assert.Equal(expected, PartitionPacker.Tasks([bytes], values, new JobOptions { Reducers = reducers, Workers = workers }));

    [Theory]
    [InlineData(0, 1, 1)]
    [InlineData(1, 8, 1)]
    [InlineData(0, 2, 8)]
    [InlineData(1000, 1, 4000)]
    public void Partitions_are_a_few_for_each_reducer(int reducers, int workers, int expected) =>
        Assert.Equal(expected, PartitionCount.For(new JobOptions { Reducers = reducers, Workers = workers }));

    /// <summary>The smallest partition that can have been the last one put onto the largest load, or a larger one.</summary>
    private static long LastOfLargest(long[] bytes, int tasks) => bytes.OrderDescending().ElementAtOrDefault(tasks);
}
