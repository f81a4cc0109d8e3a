using System.Text;
using Katanemimena.Core;
using Katanemimena.DataPath;
using Xunit;

namespace Katanemimena.Tests.Unit.DataPath;

public class CombinerTests
{
    private static readonly string[] s_words = [.. Enumerable.Range(0, 300).Select(i => $"word{i * i % 997}")];

    [Theory]
    [InlineData(1, 8 << 20)]
    [InlineData(16, 8 << 20)]
    [InlineData(16, 100 << 10)]
    [InlineData(3, 48 << 10)]
    public void Fold_leaves_one_value_a_key(int partitions, long memory)
    {
        var rig = new Rig();
        List<Pair> pairs = Numbers(30_000);
        Rig.Write(rig.Options(partitions, memory) with { Fold = new AddFold() }, pairs, "run");
        List<Group> read = rig.Read(["run"]);
        Assert.All(read, g => Assert.Single(g.Values));
        Assert.Equal(Sums(Rig.Expected(pairs)), Sums(read));
        Assert.Equal(0, rig.Pool.Outstanding);
    }

    [Fact]
    public void Value_that_does_not_fold_is_kept_as_it_is_and_in_its_place()
    {
        var rig = new Rig();
        byte[] one = BitConverter.GetBytes(1L);
        List<Pair> pairs = [new([1], one), new([1], one), new([1], [7]), new([1], one), new([1], one), new([1], [7])];
        Rig.Write(rig.Options(1) with { Fold = new AddFold() }, pairs, "run");
        Assert.Equal("01: 0200000000000000 07 0200000000000000 07", Rig.Show(rig.Read(["run"])));
    }

    [Fact]
    public void Fold_that_throws_leaves_nothing()
    {
        var rig = new Rig();
        Assert.Throws<UserCodeFault>(() => Rig.Write(rig.Options(1, 8 << 20) with { Fold = new FailingFold() }, Numbers(100_000), "run"));
        Assert.Empty(rig.Volume.List(""));
        Assert.Equal(0, rig.Pool.Outstanding);
    }

    [Fact]
    public void Fold_counts_repeats_added_at_once()
    {
        var rig = new Rig();
        using (var buffer = new MapOutputBuffer(rig.Options(1) with { Fold = new AddFold() }))
        {
            buffer.Add("k"u8, BitConverter.GetBytes(2L), 5);
            buffer.Add("k"u8, BitConverter.GetBytes(1L), 3);
            buffer.Finish("run");
        }

        Assert.Equal("6B: 0D00000000000000", Rig.Show(rig.Read(["run"])));
    }

    [Theory]
    [InlineData(1, 16 << 20)]
    [InlineData(16, 8 << 20)]
    [InlineData(16, 300 << 10)]
    [InlineData(3, 100 << 10)]
    public void Combiner_runs_over_each_spill_and_over_the_merge(int partitions, long memory)
    {
        var rig = new Rig();
        List<Pair> pairs = [.. s_words.Concat(s_words).Concat(Enumerable.Range(0, 40_000).Select(i => s_words[i * 7 % 300] + (i % 40))).Select((w, i) => Pair.Of(w, $"{i % 7}"))];
        var code = new Code();
        Rig.Write(Combined(rig, code, partitions, memory), pairs, "run");
        List<Group> read = rig.Read(["run"]);
        Assert.All(read, g => Assert.Single(g.Values));
        Assert.Equal(TextSums(Rig.Expected(pairs)), TextSums(read));
        Assert.True(memory > 1 << 20 ? code.Combines == 1 : code.Combines > 2);
        Assert.Equal(["run"], rig.Volume.List(""));
        Assert.Equal(0, rig.Pool.Outstanding);
    }

    [Fact]
    public void Combiner_that_emits_out_of_order_is_sorted()
    {
        var rig = new Rig();
        List<Pair> pairs = [.. s_words.Concat(s_words).Select(w => Pair.Of(w, "1"))];
        var code = new Code
        {
            OnCombine = (groups, output) =>
            {
                var kept = new List<(byte[] Key, long Sum)>();
                while (groups.NextGroup())
                {
                    kept.Add((groups.Key.ToArray(), Code.Sum(groups)));
                }

                kept.Reverse();
                kept.ForEach(k => output.Add(k.Key, Encoding.ASCII.GetBytes($"{k.Sum}")));
            },
        };
        Rig.Write(Combined(rig, code, 8, 8 << 20), pairs, "run");
        Assert.Equal(TextSums(Rig.Expected(pairs)), TextSums(rig.Read(["run"])));
    }

    [Fact]
    public void Combiner_that_emits_nothing_leaves_keys_of_one_value_only()
    {
        var rig = new Rig();
        string[] words = [.. s_words.Distinct()];
        List<Pair> pairs = [.. words.Select(w => Pair.Of(w, "1")), .. words.Take(100).Select(w => Pair.Of(w, "2"))];
        var code = new Code { OnCombine = (groups, _) => Rig.Drain(groups) };
        Rig.Write(Combined(rig, code, 1, 8 << 20), pairs, "run");
        Assert.Equal(words.Length - 100, rig.Read(["run"]).Count);
    }

    [Theory]
    [InlineData(64, 64)]
    [InlineData(65, 0)]
    public void Equal_values_go_past_the_combiner_until_they_are_many(int values, int kept)
    {
        var rig = new Rig();
        List<Pair> pairs = [.. Enumerable.Repeat(Pair.Of("equal", "1"), values), Pair.Of("other", "1"), Pair.Of("other", "2")];
        var code = new Code { OnCombine = (groups, _) => Rig.Drain(groups) };
        Rig.Write(Combined(rig, code, 1, 8 << 20), pairs, "run");
        Assert.Equal(kept, rig.Read(["run"]).Sum(group => group.Values.Count));
    }

    [Fact]
    public void Combiner_that_stops_reading_loses_nothing_it_has_not_taken()
    {
        var rig = new Rig();
        List<Pair> pairs = [.. s_words.Concat(s_words).Select(w => Pair.Of(w, "1"))];
        var code = new Code { OnCombine = (_, _) => { } };
        Rig.Write(Combined(rig, code, 8, 8 << 20), pairs, "run");
        Assert.Equal(Rig.Show(Rig.Expected(pairs)), Rig.Show(rig.Read(["run"])));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(64)]
    public void Combiner_that_emits_foreign_keys_is_refused_by_name(int partitions)
    {
        var rig = new Rig();
        List<Pair> pairs = [.. s_words.Select(w => Pair.Of(w, "1")), .. s_words.Select(w => Pair.Of(w, "2"))];
        const string foreign = "OTHER";
        var code = new Code
        {
            OnCombine = (groups, output) =>
            {
                groups.NextGroup();
                output.Add(Encoding.ASCII.GetBytes(foreign), "1"u8);
            },
        };
        var fault = Assert.Throws<UserCodeFault>(() => Rig.Write(Combined(rig, code, partitions, 8 << 20), pairs, "run"));
        Assert.Equal("combiner", fault.Card.Role);
        Assert.Equal(foreign, Encoding.ASCII.GetString(fault.Card.Record!));
        Assert.Equal([], rig.Volume.List(""));
        Assert.Equal(0, rig.Pool.Outstanding);
    }

    [Fact]
    public void Combiner_is_not_run_where_no_key_comes_twice()
    {
        var rig = new Rig();
        var code = new Code();
        Rig.Write(Combined(rig, code, 4, 8 << 20), Enumerable.Range(0, 1000).Select(i => Pair.Of($"k{i}", "1")), "run");
        Assert.Equal(0, code.Combines);
        Assert.Equal(1000, rig.Read(["run"]).Count);
    }

    private sealed class FailingFold : IValueFold
    {
        private int _calls;

        public bool TryFold(Span<byte> accumulator, ReadOnlySpan<byte> value, long repeat) =>
            ++_calls > 5000 ? throw new UserCodeFault(new FailureCard { Stage = "combine", Error = "gave up" }) : false;
    }

    private static BufferOptions Combined(Rig rig, Code code, int partitions, long memory) =>
        rig.Options(partitions, memory) with { Combine = (groups, output) => code.Combine(rig.Attempt, groups, output) };

    private static List<Pair> Numbers(int count)
    {
        var random = new Random(4);
        return [.. Enumerable.Range(0, count).Select(_ => new Pair(Encoding.ASCII.GetBytes(s_words[random.Next(300)] + random.Next(9)), BitConverter.GetBytes(random.NextInt64(1000))))];
    }

    private static List<string> Sums(IEnumerable<Group> groups) =>
        [.. groups.Select(g => $"{Convert.ToHexString(g.Key)}={g.Values.Sum(v => BitConverter.ToInt64(v))}")];

    private static List<string> TextSums(IEnumerable<Group> groups) =>
        [.. groups.Select(g => $"{Convert.ToHexString(g.Key)}={g.Values.Sum(v => long.Parse(Encoding.ASCII.GetString(v), System.Globalization.CultureInfo.InvariantCulture))}")];
}
