using System.IO.Compression;
using FsCheck.Fluent;
using Katanemimena.Core;
using Katanemimena.DataPath;
using Xunit;
using static Katanemimena.Tests.Unit.DataPath.Input.Records;

namespace Katanemimena.Tests.Unit.DataPath.Input;

public class GzipTests
{
    // Deflate of nothing, with a trailer of eight zeros.
    private static readonly byte[] EmptyMember = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0];

    [Fact]
    public void Gzip_gives_the_records_of_what_was_compressed_with_offsets_after_decompression()
    {
        ForAll(Bytes, bytes => ReadAll(Gzip(bytes), bytes), 300, 21);
    }

    [Fact]
    public void Members_that_follow_each_other_are_one_file()
    {
        ForAll(Bytes.ListOf(5), members =>
            ReadAll([.. members.SelectMany(Gzip)], [.. members.SelectMany(member => member)]), 300, 22);
    }

    [Fact]
    public void Large_members_are_streamed_through_many_pieces()
    {
        byte[] bytes = Text(3_000_000, 5);
        ReadAll([.. Gzip(bytes), .. Gzip(bytes)], [.. bytes, .. bytes]);
        byte[] noise = new byte[1_000_000];
        new Random(6).NextBytes(noise);
        ReadAll([.. Gzip(noise), .. Gzip(bytes)], [.. noise, .. bytes]);
    }

    [Fact]
    public void Empty_members_and_padding_of_zeros_add_nothing()
    {
        byte[] some = Ascii("a\nb\n");
        ReadAll(EmptyMember, []);
        ReadAll([.. EmptyMember, .. EmptyMember, .. Gzip(some), .. EmptyMember], some);
        ReadAll([.. Gzip(some), .. new byte[1000]], some);
        ReadAll([.. EmptyMember, .. new byte[3]], []);
    }

    [Fact]
    public void Name_comment_extra_field_and_header_checksum_are_passed_over()
    {
        byte[] plain = Gzip(Ascii("a\nb\n"));
        byte[] header = [0x1f, 0x8b, 8, 2 | 4 | 8 | 16, 0, 0, 0, 0, 0, 3, 2, 0, 9, 9, .. Ascii(new string('n', 400)), 0, .. Ascii("comment"), 0, 7, 7];
        ReadAll([.. header, .. plain[10..]], Ascii("a\nb\n"));
    }

    [Fact]
    public void A_file_cut_short_at_any_length_is_refused()
    {
        byte[] first = Gzip(Text(500, 1));
        byte[] second = Gzip(Text(200, 2));
        byte[] whole = [.. first, .. second];
        for (int length = 0; length < whole.Length; length++)
        {
            if (length != first.Length)
            {
                AssertBroken(whole[..length]);
            }
        }

        ReadAll(whole[..first.Length], Text(500, 1));
    }

    [Fact]
    public void A_flipped_bit_in_data_or_trailer_is_refused()
    {
        byte[] whole = Gzip(Text(500, 3));
        for (int at = 10; at < whole.Length; at++)
        {
            byte[] broken = [.. whole];
            broken[at] ^= 0x10;
            AssertBroken(broken);
        }
    }

    [Theory]
    [InlineData("x")]
    [InlineData("plain text that somebody appended\n")]
    [InlineData("\0\0\0\0x")]
    [InlineData("\u001f")]
    public void What_follows_the_last_member_and_is_no_padding_is_refused(string rest)
    {
        byte[] whole = Gzip(Ascii("a\nb\n"));
        PermanentFault fault = AssertBroken([.. whole, .. Ascii(rest)]);
        Assert.Contains($"at about byte {whole.Length} of {whole.Length + rest.Length} (compressed)", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_member_after_padding_is_refused_rather_than_lost() =>
        AssertBroken([.. Gzip(Ascii("a\n")), .. new byte[100], .. Gzip(Ascii("b\n"))]);

    [Fact]
    public void A_record_over_the_limit_is_refused_at_its_offset_after_decompression()
    {
        byte[] file = Gzip([.. Ascii("ab\n"), .. new byte[1000]]);
        PermanentFault fault = Assert.Throws<PermanentFault>(() => Read(file, new Chunk(0, 0, file.Length), gzip: true, recordBytesMax: 100));
        Assert.Contains("the record at byte 3", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Checksum_has_its_known_value() => Assert.Equal(0xcbf43926u, Crc32.Append(Crc32.Append(0, "12345"u8), "6789"u8));

    private static PermanentFault AssertBroken(byte[] file)
    {
        PermanentFault fault = Assert.Throws<PermanentFault>(() => Read(file, new Chunk(0, 0, file.Length), gzip: true));
        Assert.StartsWith("file: broken gzip at about byte ", fault.Message, StringComparison.Ordinal);
        return fault;
    }

    private static void ReadAll(byte[] file, byte[] expected)
    {
        List<(long Offset, byte[] Record)> records = Read(file, new Chunk(0, 0, file.Length), gzip: true);
        AssertSame(Split(expected), [.. records.Select(record => record.Record)]);
        Assert.Equal(expected.Length, records.Count == 0 ? 0 : records[^1].Offset + records[^1].Record.Length);
    }

    private static byte[] Gzip(byte[] bytes)
    {
        if (bytes.Length == 0)
        {
            return EmptyMember;
        }

        using var file = new MemoryStream();
        using (var gzip = new GZipStream(file, CompressionLevel.Optimal))
        {
            gzip.Write(bytes);
        }

        return file.ToArray();
    }

    private static byte[] Text(int length, int seed)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, length).Select(_ => random.Next(20) == 0 ? (byte)'\n' : (byte)('a' + random.Next(8)))];
    }
}
