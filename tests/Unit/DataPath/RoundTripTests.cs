using Katanemimena.DataPath;
using Xunit;

namespace Katanemimena.Tests.Unit.DataPath;

public class RoundTripTests
{
    public static TheoryData<int, int, long> Shapes()
    {
        var data = new TheoryData<int, int, long>();
        foreach (int partitions in (int[])[1, 3, 64])
        {
            foreach (long memory in (long[])[40 << 10, 200 << 10, 8 << 20])
            {
                for (int seed = 0; seed < 6; seed++)
                {
                    data.Add(seed, partitions, memory);
                }
            }
        }

        return data;
    }

    [Theory]
    [MemberData(nameof(Shapes))]
    public void Pairs_come_back_grouped_sorted_and_in_order_of_arrival(int seed, int partitions, long memory)
    {
        var rig = new Rig();
        List<Pair> pairs = Pairs.Random(seed, 4000);
        Rig.Write(rig.Options(partitions, memory) with { MergeFactorMax = seed % 2 == 0 ? 2 : null }, pairs, "run");
        Assert.Equal(Rig.Show(Rig.Expected(pairs)), Rig.Show(rig.Read(["run"])));
        Assert.Equal(["run"], rig.Volume.List(""));
        Assert.Equal(0, rig.Pool.Outstanding);
    }

    [Fact]
    public void Small_budget_spills_and_counts_it()
    {
        var rig = new Rig();
        List<Pair> pairs = Pairs.Random(1, 4000);
        var meter = new WorkMeter();
        Rig.Write(rig.Options(3, 40 << 10) with { Meter = meter }, pairs, "run");
        Assert.True(meter.Spills > 3);
        Assert.True(meter.SpillBytes > 10_000);
    }

    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(1000)]
    public void Runs_merge_by_file_order_whatever_the_merge_factor(int factor)
    {
        var rig = new Rig();
        List<Pair> all = [];
        List<string> paths = [];
        for (int run = 0; run < 9; run++)
        {
            List<Pair> pairs = Pairs.Random(run % 3, 300);
            all.AddRange(pairs);
            paths.Add($"run-{run}");
            Rig.Write(rig.Options(5), pairs, paths[^1]);
        }

        Assert.Equal(Rig.Show(Rig.Expected(all)), Rig.Show(rig.Read(paths, factor: factor)));
        Assert.Equal(paths.Order(StringComparer.Ordinal), rig.Volume.List(""));
        Assert.Equal(0, rig.Pool.Outstanding);
    }

    [Fact]
    public void Partitions_together_hold_each_key_once()
    {
        var rig = new Rig();
        List<Pair> pairs = Pairs.Random(11, 3000);
        Rig.Write(rig.Options(7), pairs, "run");
        List<Group> low = rig.Read(["run"], [0, 2, 3]);
        List<Group> high = rig.Read(["run"], [1, 4, 5, 6]);
        Assert.All(low, g => Assert.Contains(PartitionFunction.Of(g.Key, 7), (int[])[0, 2, 3]));
        Assert.Equal(
            Rig.Show(Rig.Expected(pairs)),
            Rig.Show(low.Concat(high).OrderBy(g => Convert.ToHexString(g.Key), StringComparer.Ordinal)));
    }

    [Fact]
    public void Empty_buffer_makes_an_empty_run()
    {
        var rig = new Rig();
        RunSummary run = Rig.Write(rig.Options(64), [], "run");
        Assert.Equal(new long[64], run.PartitionBytes);
        Assert.Empty(rig.Read(["run"]));
        Assert.Empty(rig.Read([]));
    }

    [Fact]
    public void Keys_and_values_far_larger_than_the_budget_pass_through()
    {
        var rig = new Rig();
        var random = new Random(5);
        List<Pair> pairs = [];
        for (int i = 0; i < 12; i++)
        {
            byte[] key = new byte[i % 3 == 0 ? 900_000 : 3];
            key[^1] = (byte)(i % 5);
            byte[] value = new byte[i % 2 == 0 ? 1_500_000 : 7];
            random.NextBytes(value);
            pairs.Add(new Pair(key, value));
            pairs.Add(new Pair([1, (byte)i], value));
        }

        Rig.Write(rig.Options(2, 300_000), pairs, "run");
        Assert.Equal(Rig.Show(Rig.Expected(pairs)), Rig.Show(rig.Read(["run"], memory: 100_000)));
        Assert.Equal(0, rig.Pool.Outstanding);
    }

    [Fact]
    public void Equal_neighbours_are_written_once()
    {
        var rig = new Rig();
        RunSummary run = Rig.Write(rig.Options(1), Enumerable.Repeat(Pair.Of("word", "1"), 100_000), "run");
        Assert.InRange(run.PartitionBytes[0], 1, 16);
        Assert.Equal(100_000, rig.Read(["run"])[0].Values.Count);
    }

    [Fact]
    public void Values_not_read_are_passed_over()
    {
        var rig = new Rig();
        List<Pair> pairs = Pairs.Random(3, 1000);
        Rig.Write(rig.Options(2), pairs, "a");
        Rig.Write(rig.Options(2), pairs, "b");
        using PartMerger merger = PartMerger.Open(
            [Rig.Reference("a"), Rig.Reference("b")], null, rig.Volume, 1 << 20, 1 << 20, null, CancellationToken.None);
        List<string> keys = [];
        while (merger.NextGroup())
        {
            keys.Add(Convert.ToHexString(merger.Key));
            if (keys.Count % 2 == 0)
            {
                merger.NextValue();
            }
        }

        Assert.Equal(Rig.Expected(pairs).Select(g => Convert.ToHexString(g.Key)), keys);
    }
}
