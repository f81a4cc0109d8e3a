using System.Text;
using Katanemimena.Core;
using Katanemimena.DataPath;
using Xunit;

namespace Katanemimena.Tests.Unit.DataPath;

public class ReduceExecutorTests
{
    [Theory]
    [InlineData(null)]
    [InlineData(2)]
    public void Identity_gives_every_pair_of_its_partitions_in_order(int? factor)
    {
        (Rig rig, List<Pair> pairs, string[] runs) = ThreeRuns();
        ReduceOutcome outcome = ReduceExecutor.Run(rig.Reduce(new Code(), runs, [0, 2]), rig.Pool, factor);
        List<Pair> mine = [.. pairs.Where(p => PartitionFunction.Of(p.Key, 3) is 0 or 2)];
        Assert.Equal(Rig.Show(Rig.Expected(mine)), Rig.Show(rig.Read(["part"])));
        Assert.Equal(mine.Count, outcome.Statistics.RecordsIn);
        Assert.Equal(mine.Count, outcome.Statistics.RecordsOut);
        Assert.Equal(Rig.Expected(mine).Count, outcome.Statistics.Groups);
        Assert.Equal(factor is null, outcome.Statistics.Spills == 0);
        Assert.Equal([.. runs.Append("part").Order(StringComparer.Ordinal)], rig.Volume.List(""));
        Assert.Equal(0, rig.Pool.Outstanding);
    }

    [Fact]
    public void Outcome_has_size_and_checksum_of_the_part_file()
    {
        (Rig rig, _, string[] runs) = ThreeRuns();
        ReduceOutcome outcome = ReduceExecutor.Run(rig.Reduce(new Code(), runs, [1]), rig.Pool, null);
        using VolumeReader reader = rig.Volume.Open("part");
        byte[] bytes = new byte[reader.Length];
        reader.Read(0, bytes);
        Assert.Equal(bytes.Length, outcome.PartBytes);
        Assert.Equal(Crc32C.Append(0, bytes).ToString("x8", System.Globalization.CultureInfo.InvariantCulture), outcome.PartCrc32C);
    }

    [Theory]
    [InlineData(4 << 20)]
    [InlineData(200 << 10)]
    public void Keys_emitted_out_of_order_are_sorted_and_stay_stable(long memory)
    {
        (Rig rig, _, string[] runs) = ThreeRuns();
        List<Pair> emitted = Pairs.Random(77, 20_000);
        int ordered = 500;
        List<Pair> start = [.. Rig.Expected(emitted.Take(ordered)).SelectMany(g => g.Values.Select(v => new Pair(g.Key, v)))];
        List<Pair> all = [.. start, .. emitted.Skip(ordered)];
        var code = new Code { OnReduce = (_, output) => all.ForEach(p => output.Add(p.Key, p.Value)) };
        ReduceOutcome outcome = ReduceExecutor.Run(rig.Reduce(code, runs, [0], memory), rig.Pool, null);
        Assert.Equal(Rig.Show(Rig.Expected(all)), Rig.Show(rig.Read(["part"])));
        Assert.Equal(all.Count, outcome.Statistics.RecordsOut);
        Assert.Equal([.. runs.Append("part").Order(StringComparer.Ordinal)], rig.Volume.List(""));
        Assert.Equal(0, rig.Pool.Outstanding);
    }

    [Fact]
    public void Reducer_that_fails_after_going_out_of_order_leaves_no_file()
    {
        (Rig rig, _, string[] runs) = ThreeRuns();
        var code = new Code
        {
            OnReduce = (_, output) =>
            {
                output.Add("b"u8, "1"u8);
                output.Add("a"u8, "2"u8);
                throw new UserCodeFault(new FailureCard { Stage = "reduce", Error = "gave up" });
            },
        };
        Assert.Throws<UserCodeFault>(() => ReduceExecutor.Run(rig.Reduce(code, runs, [0]), rig.Pool, null));
        Assert.Equal(runs, rig.Volume.List(""));
        Assert.Equal(0, rig.Pool.Outstanding);
    }

    [Fact]
    public void Value_longer_than_the_limit_is_the_reducers_fault()
    {
        (Rig rig, _, string[] runs) = ThreeRuns();
        var code = new Code { OnReduce = (_, output) => output.Add("k"u8, new byte[(1 << 20) + 1]) };
        var fault = Assert.Throws<UserCodeFault>(() => ReduceExecutor.Run(rig.Reduce(code, runs, [0]), rig.Pool, null));
        Assert.Equal("reducer", fault.Card.Role);
        Assert.Contains("1048577", fault.Card.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Reducer_that_reads_nothing_still_has_its_input_verified()
    {
        (Rig rig, _, string[] runs) = ThreeRuns();
        var code = new Code { OnReduce = (_, output) => output.Add("k"u8, "v"u8) };
        ReduceOutcome outcome = ReduceExecutor.Run(rig.Reduce(code, runs, [0, 1, 2]), rig.Pool, null);
        Assert.Equal(0, outcome.Statistics.Groups);
        Assert.Equal("k", Encoding.ASCII.GetString(Assert.Single(rig.Read(["part"])).Key));
    }

    [Fact]
    public void Cancelled_attempt_leaves_nothing()
    {
        using var source = new CancellationTokenSource();
        var rig = new Rig { Attempt = new AttemptContext { Id = Rig.Id("m0"), Cancellation = source.Token } };
        Rig.Write(rig.Options(1, 8 << 20), Enumerable.Range(0, 300_000).Select(i => Pair.Of($"key{i}", "x")), "run");
        var code = new Code
        {
            OnReduce = (groups, output) =>
            {
                source.Cancel();
                Code.Identity(groups, output);
            },
        };
        Assert.ThrowsAny<OperationCanceledException>(() => ReduceExecutor.Run(rig.Reduce(code, ["run"], [0]), rig.Pool, null));
        Assert.Equal(["run"], rig.Volume.List(""));
        Assert.Equal(0, rig.Pool.Outstanding);
    }

    [Fact]
    public void Repeats_added_at_once_are_the_same_as_added_one_by_one()
    {
        (Rig rig, _, string[] runs) = ThreeRuns();
        var code = new Code
        {
            OnReduce = (_, output) =>
            {
                var repeats = Assert.IsAssignableFrom<IRepeatPairSink>(output);
                repeats.Add("a"u8, "x"u8, 3);
                repeats.Add("a"u8, "x"u8);
                repeats.Add("a"u8, "y"u8, 2);
            },
        };
        ReduceOutcome outcome = ReduceExecutor.Run(rig.Reduce(code, runs, [0]), rig.Pool, null);
        Assert.Equal(6, outcome.Statistics.RecordsOut);
        Assert.Equal("61: 78 78 78 78 79 79", Rig.Show(rig.Read(["part"])));
    }

    private static (Rig Rig, List<Pair> All, string[] Runs) ThreeRuns()
    {
        var rig = new Rig();
        List<Pair> all = [];
        string[] runs = ["run-0", "run-1", "run-2"];
        for (int run = 0; run < runs.Length; run++)
        {
            List<Pair> pairs = Pairs.Random(5, 900)[(run * 100)..];
            all.AddRange(pairs);
            Rig.Write(rig.Options(3), pairs, runs[run]);
        }

        return (rig, all, runs);
    }
}
