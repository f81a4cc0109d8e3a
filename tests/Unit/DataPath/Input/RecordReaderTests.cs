using FsCheck.Fluent;
using Katanemimena.Core;
using Katanemimena.DataPath;
using Xunit;
using static Katanemimena.Tests.Unit.DataPath.Input.Records;

namespace Katanemimena.Tests.Unit.DataPath.Input;

public class RecordReaderTests
{
    [Fact]
    public void Chunks_of_any_size_together_give_every_record_once_in_order()
    {
        var cases = Bytes.SelectMany(bytes => Gen.Choose(1, bytes.Length + 10).Select(size => (bytes, size)));
        ForAll(cases, test => ReadInChunks(test.bytes, test.size, NoLimit), 2_000, 11);
    }

    [Fact]
    public void A_buffer_of_one_record_only_changes_nothing()
    {
        var cases = Bytes.SelectMany(bytes => Gen.Choose(1, bytes.Length + 10).Select(size => (bytes, size)));
        ForAll(cases, test => ReadInChunks(test.bytes, test.size, LongestRecord(test.bytes)), 2_000, 12);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Records_longer_and_shorter_than_a_block_survive_chunks_of_any_size(int seed)
    {
        var random = new Random(seed);
        byte[] bytes = new byte[3 * RecordReader.BlockBytes + random.Next(RecordReader.BlockBytes)];
        random.NextBytes(bytes);
        bytes.AsSpan().Replace((byte)'\n', (byte)'x');
        for (int i = 0; i < bytes.Length; i += random.Next(10) == 0 ? random.Next(2 * RecordReader.BlockBytes) : random.Next(10_000))
        {
            bytes[i] = (byte)'\n';
        }

        ReadInChunks(bytes, bytes.Length, NoLimit);
        ReadInChunks(bytes, bytes.Length / 2, NoLimit);
        ReadInChunks(bytes, RecordReader.BlockBytes, NoLimit);
        ReadInChunks(bytes, 50_000 + random.Next(50_000), NoLimit);
    }

    [Theory]
    [InlineData("", new string[0])]
    [InlineData("\n", new[] { "\n" })]
    [InlineData("\n\n", new[] { "\n", "\n" })]
    [InlineData("a", new[] { "a" })]
    [InlineData("a\nb", new[] { "a\n", "b" })]
    [InlineData("a\r\nb\r\n", new[] { "a\r\n", "b\r\n" })]
    [InlineData("a\rb\n", new[] { "a\rb\n" })]
    [InlineData("a\0b\n\0", new[] { "a\0b\n", "\0" })]
    public void Records_end_at_LF_alone(string text, string[] expected) =>
        AssertSame([.. expected.Select(Ascii)], [.. Read(Ascii(text), new Chunk(0, 0, text.Length)).Select(record => record.Record)]);

    [Fact]
    public void Invalid_UTF8_comes_through_unchanged()
    {
        byte[] bytes = [0xff, 0xfe, (byte)'\n', 0xc3, (byte)'\n', 0xed, 0xa0, 0x80];
        AssertSame([[0xff, 0xfe, 0x0a], [0xc3, 0x0a], [0xed, 0xa0, 0x80]], [.. Read(bytes, new Chunk(0, 0, bytes.Length)).Select(record => record.Record)]);
    }

    [Fact]
    public void A_record_belongs_to_the_chunk_of_its_first_byte()
    {
        byte[] bytes = Ascii("ab\ncd\nef\n");
        Assert.Equal([0L], Read(bytes, new Chunk(0, 0, 3)).Select(record => record.Offset));
        Assert.Equal([0L, 3L], Read(bytes, new Chunk(0, 0, 4)).Select(record => record.Offset));
        Assert.Equal([3L], Read(bytes, new Chunk(0, 3, 6)).Select(record => record.Offset));
        Assert.Empty(Read(bytes, new Chunk(0, 4, 6)));
        Assert.Equal([6L], Read(bytes, new Chunk(0, 4, 7)).Select(record => record.Offset));
    }

    [Fact]
    public void One_line_of_64_MiB_is_read_whole_and_by_the_first_chunk()
    {
        byte[] bytes = new byte[64 << 20];
        bytes.AsSpan().Fill((byte)'x');
        using RecordReader first = Open(bytes, new Chunk(0, 0, 1 << 20), recordBytesMax: 64 << 20);
        Assert.True(first.TryRead(out RecordBlock block));
        Assert.True(block.Bytes.Span.SequenceEqual(bytes));
        Assert.False(first.TryRead(out _));
        Assert.Equal(1, first.RecordsRead);
        Assert.Empty(Read(bytes, new Chunk(0, 1 << 20, 64 << 20)));
    }

    [Theory]
    [InlineData("0123456789\n")]
    [InlineData("0123456789")]
    [InlineData("ab\n0123456789\ncd\n")]
    public void A_record_of_exactly_the_limit_is_read(string text) =>
        Assert.Contains(Read(Ascii(text), new Chunk(0, 0, text.Length), recordBytesMax: 10), record => record.Record.Length >= 10);

    [Theory]
    [InlineData("01234567890\n", 0)]
    [InlineData("01234567890", 0)]
    [InlineData("ab\n01234567890\ncd\n", 3)]
    [InlineData("ab\n0123456789012345678901234567890123456789", 3)]
    public void A_record_over_the_limit_is_refused_with_file_offset_and_limit(string text, int offset)
    {
        PermanentFault fault = Assert.Throws<PermanentFault>(() => Read(Ascii(text), new Chunk(0, 0, text.Length), recordBytesMax: 10));
        Assert.Contains($"file: the record at byte {offset} is longer than 10 bytes (recordBytesMax)", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_record_over_the_limit_is_refused_beyond_the_block_size_too()
    {
        byte[] bytes = new byte[3 * RecordReader.BlockBytes];
        Assert.Throws<PermanentFault>(() => Read(bytes, new Chunk(0, 0, bytes.Length), recordBytesMax: RecordReader.BlockBytes));
        Assert.Single(Read(bytes, new Chunk(0, 0, bytes.Length), recordBytesMax: bytes.Length));
    }

    [Fact]
    public void A_file_that_shrank_is_refused_and_bytes_that_were_added_are_not_seen()
    {
        byte[] bytes = Ascii("ab\ncd\nef\n");
        PermanentFault fault = Assert.Throws<PermanentFault>(() => ReadAs(bytes, 12));
        Assert.Contains("file ends at byte 9, but had 12 bytes", fault.Message, StringComparison.Ordinal);
        Assert.Equal("ab\ncd\n", ReadAs(bytes, 6));
    }

    [Fact]
    public void Cancellation_ends_the_reading()
    {
        using var cancelled = new CancellationTokenSource();
        byte[] bytes = Ascii("ab\n");
        using RecordReader reader = RecordReader.Open(new InputFile("file", 3, false), new Chunk(0, 0, 3), new BytesInMemory(bytes), 10, cancelled.Token);
        cancelled.Cancel();
        Assert.Throws<OperationCanceledException>(() => reader.TryRead(out _));
    }

    [Fact]
    public void The_file_is_closed_by_the_reader_and_when_opening_fails()
    {
        var data = new BytesInMemory(Ascii("abc"));
        RecordReader.Open(new InputFile("file", 3, false), new Chunk(0, 0, 3), data, 10, CancellationToken.None).Dispose();
        Assert.Equal((1, 1), (data.Opened, data.Closed));
        Assert.Throws<PermanentFault>(() => RecordReader.Open(new InputFile("file", 9, false), new Chunk(0, 5, 9), data, 10, CancellationToken.None));
        Assert.Equal((2, 2), (data.Opened, data.Closed));
    }

    private static string ReadAs(byte[] bytes, long size)
    {
        using RecordReader reader = RecordReader.Open(new InputFile("file", size, false), new Chunk(0, 0, size), new BytesInMemory(bytes), 100, CancellationToken.None);
        string text = "";
        while (reader.TryRead(out RecordBlock block))
        {
            text += System.Text.Encoding.ASCII.GetString(block.Bytes.Span);
        }

        return text;
    }

    private static int LongestRecord(byte[] bytes) => Math.Max(1, Split(bytes).Select(record => record.AsSpan().TrimEnd((byte)'\n').Length).DefaultIfEmpty().Max());

    private static void ReadInChunks(byte[] bytes, int chunkBytes, int recordBytesMax)
    {
        IReadOnlyList<Chunk> chunks = ChunkPlanner.Plan([new InputFile("file", bytes.Length, false)], chunkBytes, 1);
        List<(long Offset, byte[] Record)> records = [.. chunks.SelectMany(chunk => Owned(bytes, chunk, recordBytesMax))];
        AssertSame(Split(bytes), [.. records.Select(record => record.Record)]);
        long offset = 0;
        foreach ((long at, byte[] record) in records)
        {
            Assert.Equal(offset, at);
            offset += record.Length;
        }
    }

    private static List<(long Offset, byte[] Record)> Owned(byte[] bytes, Chunk chunk, int recordBytesMax)
    {
        List<(long Offset, byte[] Record)> records = Read(bytes, chunk, recordBytesMax: recordBytesMax);
        Assert.All(records, record => Assert.InRange(record.Offset, chunk.Start, chunk.End - 1));
        return records;
    }
}
