using FsCheck.Fluent;
using Katanemimena.Core;
using Katanemimena.DataPath;
using Xunit;

namespace Katanemimena.Tests.Unit.DataPath.Input;

public class ChunkPlannerTests
{
    private const long MiB = 1L << 20;

    [Fact]
    public void Chunks_cover_every_byte_once_in_order_and_differ_by_one_byte_at_most()
    {
        var files = Gen.Choose(0, 5_000).SelectMany(bytes => Gen.Frequency((3, Gen.Constant(false)), (1, Gen.Constant(true))).Select(gzip => new InputFile("f", bytes, gzip)));
        var cases = Gen.Choose(0, 6).SelectMany(count => files.ListOf(count)).SelectMany(inputs => Gen.Choose(1, 6_000).Select(size => (inputs, size)));
        Records.ForAll(cases, test => Check([.. test.inputs], test.size), 1_000, 31);
    }

    [Fact]
    public void No_input_and_empty_files_give_no_chunks()
    {
        Assert.Empty(ChunkPlanner.Plan([], 0, 2));
        Assert.Empty(ChunkPlanner.Plan([new InputFile("a", 0, false), new InputFile("b", 0, true)], 0, 2));
    }

    [Theory]
    [InlineData(256 * MiB, 2, 16)]
    [InlineData(4 * MiB, 2, 4)]
    [InlineData(MiB + 1, 8, 2)]
    [InlineData(1, 8, 1)]
    [InlineData(1024 * MiB, 1, 16)]
    [InlineData(10_000 * MiB, 1000, 2_000)]
    [InlineData(1_000_000 * MiB, 4, 15_625)]
    public void Automatic_size_aims_at_eight_chunks_a_worker_within_its_bounds(long bytes, int workers, int chunks) =>
        Assert.Equal(chunks, ChunkPlanner.Plan([new InputFile("a", bytes, false)], 0, workers).Count);

    [Fact]
    public void Automatic_plan_of_many_files_stays_within_two_thousand_chunks()
    {
        InputFile[] inputs = [.. Enumerable.Range(1, 1_500).Select(i => new InputFile($"f{i}", i * 20_000L, false))];
        Assert.InRange(ChunkPlanner.Plan(inputs, 0, 500).Count, 1_500, 2_000);
    }

    [Fact]
    public void Every_one_of_very_many_small_files_has_its_chunk()
    {
        InputFile[] inputs = [.. Enumerable.Range(0, 5_000).Select(i => new InputFile($"f{i}", 1 + i, i % 2 == 0))];
        Assert.Equal(Enumerable.Range(0, 5_000), ChunkPlanner.Plan(inputs, 0, 2).Select(chunk => chunk.File));
    }

    [Fact]
    public void A_plan_of_more_than_a_million_chunks_is_refused()
    {
        PermanentFault fault = Assert.Throws<PermanentFault>(() => ChunkPlanner.Plan([new InputFile("a", long.MaxValue, false)], 1024, 2));
        Assert.Contains("--chunk-size", fault.Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentOutOfRangeException>(() => ChunkPlanner.Plan([], -1, 2));
        Assert.Throws<ArgumentOutOfRangeException>(() => ChunkPlanner.Plan([], 0, 0));
    }

    private static void Check(InputFile[] inputs, int size)
    {
        ILookup<int, Chunk> byFile = ChunkPlanner.Plan(inputs, size, 1).ToLookup(chunk => chunk.File);
        Assert.Equal(byFile.Select(chunks => chunks.Key).Order(), byFile.Select(chunks => chunks.Key));
        for (int file = 0; file < inputs.Length; file++)
        {
            Chunk[] chunks = [.. byFile[file]];
            long bytes = inputs[file].Bytes;
            Assert.Equal(bytes == 0 ? 0 : inputs[file].Gzip ? 1 : (bytes + size - 1) / size, chunks.Length);
            Assert.Equal(chunks.SkipLast(1).Select(chunk => chunk.End).Prepend(0).Take(chunks.Length), chunks.Select(chunk => chunk.Start));
            Assert.Equal(bytes, chunks.LastOrDefault().End);
            Assert.InRange(chunks.Select(chunk => chunk.End - chunk.Start).DefaultIfEmpty().Max() - chunks.Select(chunk => chunk.End - chunk.Start).DefaultIfEmpty().Min(), 0, 1);
        }
    }
}
