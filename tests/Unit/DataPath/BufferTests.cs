using System.Globalization;
using System.Text;
using Katanemimena.Core;
using Katanemimena.DataPath;
using Xunit;

namespace Katanemimena.Tests.Unit.DataPath;

public class BufferTests
{
    [Fact]
    public void Adding_a_pair_allocates_nothing()
    {
        var rig = new Rig();
        using var buffer = new MapOutputBuffer(rig.Options(64, 64 << 20) with { Fold = new AddFold() });
        byte[] key = "key-000000"u8.ToArray();
        byte[] value = new byte[8];
        Fill(buffer, key, value, 50_000);

        // The least of three: what the runtime allocates once, as it compiles code anew, is not what a pair costs, which each of them would show.
        long least = long.MaxValue;
        for (int round = 0; round < 3; round++)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            Fill(buffer, key, value, 200_000);
            least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
        }

        Assert.InRange(least, 0, 2000);
    }

    [Fact]
    public void Merging_a_pair_allocates_nothing()
    {
        var rig = new Rig();
        string[] paths = ["a", "b", "c"];
        foreach (string path in paths)
        {
            Rig.Write(rig.Options(4, 16 << 20), Enumerable.Range(0, 20_000).Select(i => Pair.Of($"key{i}", path)), path);
        }

        // Twice: what the runtime allocates the first time that code runs is not what a pair costs.
        MergeAll(rig, paths, out _);
        Assert.Equal(59_997, MergeAll(rig, paths, out long allocated));
        Assert.InRange(allocated, 0, 2000);
    }

    private static long MergeAll(Rig rig, string[] paths, out long allocated)
    {
        using PartMerger merger = PartMerger.Open([.. paths.Select(Rig.Reference)], null, rig.Volume, 8 << 20, 1 << 20, null, CancellationToken.None);
        merger.NextGroup();
        long before = GC.GetAllocatedBytesForCurrentThread();
        long values = 0;
        while (merger.NextGroup())
        {
            while (merger.NextValue())
            {
                values += merger.Value.Length;
            }
        }

        allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        return values;
    }

    [Theory]
    [InlineData(1, 1 << 20)]
    [InlineData(64, 4 << 20)]
    [InlineData(1024, 8 << 20)]
    public void Memory_stays_within_the_budget(int partitions, long memory)
    {
        var rig = new Rig();
        var watch = new PeakVolume(rig.Volume, rig.Pool);
        BufferOptions options = rig.Options(partitions, memory) with { Volume = watch };
        using (var buffer = new MapOutputBuffer(options))
        {
            byte[] key = "key-000000"u8.ToArray();
            for (int i = 0; i < 60_000; i++)
            {
                Encoding.ASCII.TryGetBytes(((i * 7919L) % 1_000_000).ToString("d6", CultureInfo.InvariantCulture), key.AsSpan(4), out _);
                buffer.Add(key, "some value that is not short"u8);
                watch.Look();
            }

            buffer.Finish("run");
        }

        Assert.InRange(watch.Peak, 1, memory * 5 / 4);
        Assert.Equal(0, rig.Pool.Outstanding);
    }

    [Fact]
    public void Merge_of_more_files_than_may_be_open_stays_within_the_budget()
    {
        const long memory = 1 << 20;
        var rig = new Rig();
        List<Pair> pairs = Pairs.Random(11, 60_000);
        List<string> runs = [];
        foreach (Pair[] some in pairs.Chunk(600))
        {
            runs.Add($"run-{runs.Count}");
            Rig.Write(rig.Options(partitions: 200), some, runs[^1]);
        }

        var watch = new PeakVolume(rig.Volume, rig.Pool);
        var plan = new MergePlan(watch, memory, 64 << 20, "scratch", rig.Pool) { FilesMax = 90 };
        using (PartMerger merger = plan.Open([.. runs.Select(Rig.Reference)], null, CancellationToken.None))
        {
            Assert.Equal(Rig.Show(Rig.Expected(pairs)), Rig.Show(Rig.Drain(merger)));
        }

        Assert.InRange(watch.Peak, 1, memory * 5 / 4);
        Assert.Equal(0, rig.Pool.Outstanding);
    }

    [Fact]
    public void Merge_of_large_values_holds_one_of_them_at_a_time()
    {
        const long memory = 1 << 20;
        const int valueBytes = 300_000;
        var rig = new Rig();
        string[] runs = [.. Enumerable.Range(0, 40).Select(i => $"run-{i}")];
        foreach (string run in runs)
        {
            Rig.Write(rig.Options(partitions: 1), Enumerable.Range(0, 5).Select(i => new Pair([(byte)i], new byte[valueBytes])), run);
        }

        long most = 0;
        int values = 0;
        var plan = new MergePlan(rig.Volume, memory, 64 << 20, "scratch", rig.Pool);
        using (PartMerger merger = plan.Open([.. runs.Select(Rig.Reference)], null, CancellationToken.None))
        {
            while (merger.NextGroup())
            {
                while (merger.NextValue())
                {
                    values++;
                    most = Math.Max(most, rig.Pool.Outstanding);
                }
            }
        }

        Assert.Equal(200, values);
        Assert.InRange(most, valueBytes, memory + (2 * valueBytes));
    }

    [Fact]
    public void Files_left_to_be_merged_hold_no_memory()
    {
        var rig = new Rig();
        using var buffer = new MapOutputBuffer(rig.Options(4, 256 << 10));
        Pairs.Random(3, 30_000).ForEach(p => buffer.Add(p.Key, p.Value));
        Assert.InRange(buffer.FinishFiles().Count, 2, int.MaxValue);
        Assert.InRange(rig.Pool.Outstanding, 0, 16 << 10);
    }

    [Fact]
    public void Repeating_keys_are_compacted_instead_of_spilled()
    {
        var rig = new Rig();
        var meter = new WorkMeter();
        Rig.Write(rig.Options(2, 2 << 20) with { Meter = meter }, Enumerable.Range(0, 400_000).Select(i => Pair.Of($"word{i % 50}", "1")), "run");
        Assert.Equal(0, meter.Spills);
        List<Group> read = rig.Read(["run"]);
        Assert.Equal(50, read.Count);
        Assert.All(read, g => Assert.Equal(8000, g.Values.Count));
    }

    [Theory]
    [InlineData("key")]
    [InlineData("value")]
    public void Pair_longer_than_the_limit_is_the_mappers_fault(string which)
    {
        var rig = new Rig();
        using var buffer = new MapOutputBuffer(rig.Options() with { RecordBytesMax = 100 });
        buffer.Add(new byte[100], new byte[100]);
        var fault = Assert.Throws<UserCodeFault>(() => buffer.Add(new byte[which == "key" ? 101 : 1], new byte[which == "key" ? 1 : 101]));
        Assert.Contains($"a {which} of 101 bytes", fault.Card.Error, StringComparison.Ordinal);
        Assert.Equal("map", fault.Card.Stage);
    }

    [Fact]
    public void Buffer_dropped_half_way_gives_everything_back()
    {
        var rig = new Rig();
        using (var buffer = new MapOutputBuffer(rig.Options(4, 60 << 10)))
        {
            Pairs.Random(1, 5000).ForEach(p => buffer.Add(p.Key, p.Value));
            buffer.Add(new byte[500_000], new byte[700_000]);
            Assert.NotEmpty(rig.Volume.List("scratch"));
        }

        Assert.Empty(rig.Volume.List(""));
        Assert.Equal(0, rig.Pool.Outstanding);
    }

    [Fact]
    public void Keys_with_long_shared_prefixes_and_zeros_sort_by_their_bytes()
    {
        var rig = new Rig();
        List<Pair> pairs = [];
        for (int zeros = 0; zeros < 40; zeros++)
        {
            pairs.Add(new Pair(new byte[zeros], [1]));
            pairs.Add(new Pair([.. new byte[zeros], 1], [2]));
            pairs.Add(new Pair([.. new byte[zeros], 255], [3]));
            pairs.Add(new Pair([.. Enumerable.Repeat((byte)'a', zeros * 8)], [4]));
            pairs.Add(new Pair([.. Enumerable.Repeat((byte)'a', zeros * 8), .. new byte[zeros]], [5]));
        }

        for (int i = 0; i < 2000; i++)
        {
            pairs.Add(Pair.Of($"https://example.org/a/long/common/path/{i * 31 % 2000}/end", "x"));
        }

        Rig.Write(rig.Options(1, 8 << 20), pairs, "run");
        Assert.Equal(Rig.Show(Rig.Expected(pairs)), Rig.Show(rig.Read(["run"])));
    }

    private static void Fill(MapOutputBuffer buffer, byte[] key, byte[] value, int count)
    {
        for (int i = 0; i < count; i++)
        {
            (i * 7919 % 5000).TryFormat(key.AsSpan(4), out _, "d6", CultureInfo.InvariantCulture);
            buffer.Add(key, value);
        }
    }

    /// <summary>Notes the most memory rented whenever files are touched or it is told to look.</summary>
    private sealed class PeakVolume(IVolume inner, NativePool pool) : IVolume
    {
        public long Peak { get; private set; }

        public void Look() => Peak = Math.Max(Peak, pool.Outstanding);

        public VolumeWriter Create(string path) => Seen(inner.Create(path));

        public VolumeReader Open(string path) => Seen(inner.Open(path));

        public bool Exists(string path) => inner.Exists(path);

        public IReadOnlyList<string> List(string folder) => inner.List(folder);

        public void Delete(string path)
        {
            Look();
            inner.Delete(path);
        }

        private T Seen<T>(T value)
        {
            Look();
            return value;
        }
    }
}
