using System.Text;
using Katanemimena.Core;
using Katanemimena.DataPath;
using Xunit;

namespace Katanemimena.Tests.Unit.DataPath;

public class MapExecutorTests
{
    private static readonly byte[] s_text = Encoding.UTF8.GetBytes(string.Concat(
        Enumerable.Range(0, 2000).Select(i => $"the {i % 7} quick fox{i % 13}\n")));

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Chunks_mapped_then_reduced_count_every_word(bool combine)
    {
        var rig = new Rig();
        var code = new Code { OnReduce = Code.SumText };
        List<string> runs = [];
        long records = 0;
        for (int start = 0; start < s_text.Length; start += 7000)
        {
            runs.Add($"run-{runs.Count:d3}");
            MapOutcome outcome = MapExecutor.Run(Request(rig, code, start, Math.Min(start + 7000, s_text.Length), runs[^1], combine), rig.Pool);
            records += outcome.Statistics.RecordsIn;
            Assert.Equal(4, outcome.PartitionBytes.Count);
            Assert.Equal(outcome.Statistics.RecordsIn * 4, outcome.Statistics.RecordsOut);
            Assert.Equal(8, outcome.InputCrc32C.Length);
        }

        ReduceOutcome reduced = ReduceExecutor.Run(rig.Reduce(code, runs, [0, 1, 2, 3]), rig.Pool, null);
        IEnumerable<string> expected = Encoding.UTF8.GetString(s_text).Split([' ', '\n'], StringSplitOptions.RemoveEmptyEntries)
            .GroupBy(w => w, StringComparer.Ordinal).OrderBy(g => g.Key, StringComparer.Ordinal).Select(g => $"{g.Key}={g.Count()}");
        Assert.Equal(expected, rig.Read(["part"]).Select(g => $"{Encoding.UTF8.GetString(g.Key)}={Encoding.UTF8.GetString(g.Values.Single())}"));
        Assert.Equal(2000, records);
        Assert.Equal(22, reduced.Statistics.Groups);
        Assert.Equal(combine ? code.Combines : 0, code.Combines);
        Assert.Equal(combine, code.Combines > 0);
        Assert.Equal(0, rig.Pool.Outstanding);
    }

    [Fact]
    public void Mapper_that_fails_leaves_nothing()
    {
        var rig = new Rig();
        var code = new Code
        {
            OnMap = (records, output) =>
            {
                for (int i = 0; i < 10_000; i++)
                {
                    output.Add(Encoding.ASCII.GetBytes($"key{i}"), new byte[100]);
                }

                throw new UserCodeFault(new FailureCard { Stage = "map", Error = "gave up" });
            },
        };
        Assert.Throws<UserCodeFault>(() => MapExecutor.Run(Request(rig, code, 0, s_text.Length, "run", false), rig.Pool));
        Assert.Empty(rig.Volume.List(""));
        Assert.Equal(0, rig.Pool.Outstanding);
    }

    [Fact]
    public void Mapper_that_ignores_cancellation_is_stopped_at_a_block()
    {
        using var source = new CancellationTokenSource();
        var rig = new Rig { Attempt = new AttemptContext { Id = Rig.Id("m0"), Cancellation = source.Token, MemoryBytes = 1 << 20 } };
        var code = new Code
        {
            OnMap = (records, output) =>
            {
                source.Cancel();
                for (int i = 0; i < 10_000_000; i++)
                {
                    output.Add("key"u8, BitConverter.GetBytes(i));
                }
            },
        };
        Assert.ThrowsAny<OperationCanceledException>(() => MapExecutor.Run(Request(rig, code, 0, s_text.Length, "run", false), rig.Pool));
        Assert.Empty(rig.Volume.List(""));
    }

    private static MapRequest Request(Rig rig, Code code, int start, int end, string path, bool combine) => new()
    {
        Attempt = rig.Attempt,
        Input = new InputFile("text", s_text.Length, false),
        Chunk = new Chunk(0, start, end),
        Partitions = 4,
        RunPath = path,
        ScratchFolder = "scratch",
        Code = code,
        Combine = combine,
        Data = new OneText(),
        Volume = rig.Volume,
    };

    private sealed class OneText : IDataFiles
    {
        public VolumeReader Open(InputFile file) => new Reader();

        private sealed class Reader : VolumeReader
        {
            public override long Length => s_text.Length;

            public override int Read(long offset, Span<byte> buffer)
            {
                int count = (int)Math.Min(buffer.Length, s_text.Length - offset);
                s_text.AsSpan((int)offset, count).CopyTo(buffer);
                return count;
            }

            protected override void Dispose(bool disposing)
            {
            }
        }
    }
}
