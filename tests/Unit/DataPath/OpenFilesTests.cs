using Katanemimena.Core;
using Katanemimena.DataPath;
using Xunit;

namespace Katanemimena.Tests.Unit.DataPath;

public class OpenFilesTests
{
    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(8)]
    [InlineData(100)]
    public void Merge_holds_no_more_files_open_than_it_may(int filesMax)
    {
        var rig = new Rig();
        List<Pair> pairs = Pairs.Random(7, 4000);
        List<string> runs = [];
        foreach (Pair[] some in pairs.Chunk(100))
        {
            runs.Add($"run-{runs.Count}");
            Rig.Write(rig.Options(partitions: 2), some, runs[^1]);
        }

        var volume = new CountingVolume(rig.Volume);
        var plan = new MergePlan(volume, 1 << 20, 64 << 20, "scratch", rig.Pool) { FilesMax = filesMax };
        using (PartMerger merger = plan.Open([.. runs.Select(Rig.Reference)], null, CancellationToken.None))
        {
            Assert.Equal(Rig.Show(Rig.Expected(pairs)), Rig.Show(Rig.Drain(merger)));
        }

        Assert.InRange(volume.OpenMost, 1, filesMax + 1); // one more while an intermediate file replaces those it is made of
        Assert.Equal(0, volume.OpenNow);
        Assert.Equal(0, rig.Pool.Outstanding);
        Assert.Empty(rig.Volume.List("scratch"));
    }

    [Theory]
    [InlineData(2, false, false)]
    [InlineData(3, true, false)]
    [InlineData(8, false, true)]
    [InlineData(100, false, false)]
    public void Buffer_that_spills_often_holds_no_more_files_open_than_it_may(int filesMax, bool fold, bool combine)
    {
        var rig = new Rig();
        var volume = new CountingVolume(rig.Volume);
        List<Pair> pairs = [.. Enumerable.Range(0, 4000).Select(i => new Pair(BitConverter.GetBytes(i * 7919 % 1000), BitConverter.GetBytes((long)i)))];
        BufferOptions options = rig.Options(partitions: 40, memory: 20 << 10) with
        {
            Volume = volume,
            FilesMax = filesMax,
            MergeFactorMax = filesMax,
            Fold = fold ? new AddFold() : null,
            Combine = combine ? Code.Identity : null,
        };
        Rig.Write(options, pairs, "run");
        List<Group> expected = Rig.Expected(pairs);
        if (fold)
        {
            expected = [.. expected.Select(g => new Group(g.Key, [BitConverter.GetBytes(g.Values.Sum(v => BitConverter.ToInt64(v)))]))];
        }

        Assert.Equal(Rig.Show(expected), Rig.Show(rig.Read(["run"])));
        Assert.InRange(options.Meter.Spills, 40, int.MaxValue);
        Assert.InRange(volume.OpenMost, 1, combine ? 2 * filesMax : filesMax);
        Assert.Equal(0, volume.OpenNow);
        Assert.Equal(0, rig.Pool.Outstanding);
        Assert.Equal(["run"], rig.Volume.List(""));
    }

    [Theory]
    [InlineData(2)]
    [InlineData(5)]
    [InlineData(40)]
    public void Result_of_many_parts_holds_no_more_files_open_than_it_may(int filesMax)
    {
        var rig = new Rig();
        var volume = new CountingVolume(rig.Volume);
        string[] parts = [.. Enumerable.Range(0, 40).Select(i => $"part-{i}")];
        foreach (string part in parts)
        {
            Rig.Write(rig.Options(partitions: 1), Enumerable.Range(0, 30).Select(i => Pair.Of($"key{i:d2}", part)), part);
        }

        using var result = new MemoryStream();
        var request = new ResultRequest
        {
            Parts = [.. parts.Select(Rig.Reference)],
            Values = ValueFormat.Text,
            Volume = volume,
            ScratchFolder = "result",
            FilesMax = filesMax,
        };
        Assert.Equal(1200, ResultReader.Write(request, result, CancellationToken.None));
        string expected = string.Concat(Enumerable.Range(0, 30).SelectMany(i => parts.Select(part => $"key{i:d2}\t{part}\n")));
        Assert.Equal(expected, System.Text.Encoding.UTF8.GetString(result.ToArray()));
        Assert.InRange(volume.OpenMost, 1, filesMax + 1);
        Assert.Equal(0, volume.OpenNow);
        Assert.Empty(rig.Volume.List("result"));
    }

    [Fact]
    public void Share_of_the_processs_limit_is_within_its_bounds() => Assert.InRange(OpenFiles.Share, 32, 2048);

    [Theory]
    [InlineData(1)]
    [InlineData(8)]
    [InlineData(64)]
    [InlineData(1000)]
    public void All_merges_together_have_no_more_than_eight_shares_or_four_files_each(int merges)
    {
        int each = OpenFiles.ShareOf(merges);
        Assert.InRange(each, 4, OpenFiles.Share);
        Assert.InRange(each * merges, merges, Math.Max(8 * OpenFiles.Share, 4 * merges));
    }

    private sealed class CountingVolume(IVolume volume) : IVolume
    {
        public int OpenNow { get; private set; }

        public int OpenMost { get; private set; }

        public VolumeWriter Create(string path) => volume.Create(path);

        public VolumeReader Open(string path)
        {
            OpenMost = Math.Max(OpenMost, ++OpenNow);
            return new Reader(this, volume.Open(path));
        }

        public bool Exists(string path) => volume.Exists(path);

        public IReadOnlyList<string> List(string folder) => volume.List(folder);

        public void Delete(string path) => volume.Delete(path);

        private sealed class Reader(CountingVolume owner, VolumeReader reader) : VolumeReader
        {
            private bool _closed;

            public override long Length => reader.Length;

            public override int Read(long offset, Span<byte> buffer) => reader.Read(offset, buffer);

            protected override void Dispose(bool disposing)
            {
                if (!_closed)
                {
                    _closed = true;
                    owner.OpenNow--;
                    reader.Dispose();
                }
            }
        }
    }
}
