using System.Text;
using Katanemimena.Core;
using Katanemimena.DataPath;
using Xunit;

namespace Katanemimena.Tests.Unit.DataPath.Result;

public class ResultReaderTests
{
    private readonly Rig _rig = new();

    [Fact]
    public void Parts_are_merged_into_key_order_with_values_of_a_key_in_part_order()
    {
        ResultRequest request = Request(Part("a", ("d", "4"), ("b", "2")), Part("b", ("a", "1"), ("b", "3")), Part("c"));
        Assert.Equal((4L, "a\t1\nb\t2\nb\t3\nd\t4\n"), Write(request));
    }

    [Fact]
    public void Without_order_parts_follow_each_other()
    {
        ResultRequest request = Request(Part("a", ("d", "4"), ("b", "2")), Part("b", ("a", "1"), ("b", "3"))) with { Ordered = false };
        Assert.Equal((4L, "b\t2\nd\t4\na\t1\nb\t3\n"), Write(request));
    }

    [Fact]
    public void A_key_in_two_parts_is_refused_in_one_JSON_object_even_without_order()
    {
        ResultRequest request = Request(Part("a", ("b", "2")), Part("b", ("a", "1"), ("b", "3"))) with { Format = ResultFormat.Json };
        Assert.Contains("the key \"b\"", Assert.Throws<PermanentFault>(() => Write(request)).Message, StringComparison.Ordinal);
        Assert.Contains("the key \"b\"", Assert.Throws<PermanentFault>(() => Write(request with { Ordered = false })).Message, StringComparison.Ordinal);
        Assert.Equal(3, Write(request with { Format = ResultFormat.Jsonl }).Pairs);
    }

    [Fact]
    public void No_parts_and_empty_parts_give_an_empty_result()
    {
        Assert.Equal((0L, ""), Write(Request()));
        Assert.Equal((0L, ""), Write(Request(Part("a"), Part("b"))));
        Assert.Equal((0L, "{}\n"), Write(Request(Part("a")) with { Format = ResultFormat.Json }));
        Assert.Equal((0L, "{}\n"), Write(Request() with { Format = ResultFormat.Json, Ordered = false }));
    }

    [Fact]
    public void A_result_of_many_buffers_is_written_whole()
    {
        (string, string)[] pairs = [.. Enumerable.Range(0, 60_000).Select(i => ($"key {i:d7}", new string('v', i % 100)))];
        pairs[1_000].Item2 = new string('w', 3 * OutputBuffer.Capacity);
        ResultRequest request = Request(Part("a", [.. pairs.Where((_, i) => i % 3 == 0)]), Part("b", [.. pairs.Where((_, i) => i % 3 != 0)]));
        Assert.Equal((60_000L, string.Concat(pairs.Select(pair => $"{pair.Item1}\t{pair.Item2}\n"))), Write(request));
    }

    [Fact]
    public void A_damaged_part_is_named_by_its_producer()
    {
        RunReference part = Part("a", [.. Enumerable.Range(0, 1_000).Select(i => ($"key {i}", "value"))]);
        using (VolumeReader reader = _rig.Volume.Open(part.Path))
        using (VolumeWriter writer = _rig.Volume.Create(part.Path))
        {
            var bytes = new byte[reader.Length];
            reader.Read(0, bytes);
            bytes[bytes.Length / 2] ^= 1;
            writer.Write(bytes);
            writer.Publish();
        }

        Assert.Equal(part.Producer, Assert.Throws<CorruptDataFault>(() => Write(Request(part))).Producer);
    }

    [Fact]
    public void Errors_of_the_stream_pass_through()
    {
        using var full = new FullDisk();
        Assert.Equal("No space left on device", Assert.Throws<IOException>(() => ResultReader.Write(Request(Part("a", ("k", "v"))), full, default)).Message);
    }

    [Fact]
    public void Cancellation_ends_the_writing()
    {
        ResultRequest request = Request(Part("a", [.. Enumerable.Range(0, 10_000).Select(i => ($"{i}", "v"))]));
        Assert.ThrowsAny<OperationCanceledException>(() => ResultReader.Write(request, Stream.Null, new CancellationToken(canceled: true)));
        ResultRequest one = Request(Part("b", [.. Enumerable.Repeat(("k", "v"), 10_000)]));
        Assert.ThrowsAny<OperationCanceledException>(() => ResultReader.Write(one, Stream.Null, new CancellationToken(canceled: true)));
    }

    private RunReference Part(string path, params (string Key, string Value)[] pairs)
    {
        Rig.Write(_rig.Options(partitions: 1), pairs.Select(pair => Pair.Of(pair.Key, pair.Value)), path);
        return Rig.Reference(path);
    }

    private ResultRequest Request(params RunReference[] parts) => new() { Parts = parts, Values = ValueFormat.Text, Volume = _rig.Volume };

    private static (long Pairs, string Text) Write(ResultRequest request)
    {
        using var stream = new MemoryStream();
        long pairs = ResultReader.Write(request, stream, CancellationToken.None);
        return (pairs, Encoding.UTF8.GetString(stream.ToArray()));
    }

    private sealed class FullDisk : MemoryStream
    {
        public override void Write(byte[] buffer, int offset, int count) => throw new IOException("No space left on device");

        public override void Write(ReadOnlySpan<byte> buffer) => throw new IOException("No space left on device");
    }
}
