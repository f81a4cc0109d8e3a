using System.Text;
using Katanemimena.DataPath;
using Xunit;

namespace Katanemimena.Tests.Unit.DataPath;

public class Crc32CTests
{
    [Fact]
    public void Checksum_has_the_values_of_RFC_3720()
    {
        Assert.Equal(0x8a9136aau, Crc32C.Append(0, new byte[32]));
        Assert.Equal(0x62a8ab43u, Crc32C.Append(0, Enumerable.Repeat((byte)0xff, 32).ToArray()));
        Assert.Equal(0x46dd794eu, Crc32C.Append(0, Enumerable.Range(0, 32).Select(i => (byte)i).ToArray()));
        Assert.Equal(0x113fdb5cu, Crc32C.Append(0, Enumerable.Range(0, 32).Select(i => (byte)(31 - i)).ToArray()));
        Assert.Equal(0xe3069283u, Crc32C.Append(0, Encoding.ASCII.GetBytes("123456789")));
        Assert.Equal(0u, Crc32C.Append(0, []));
    }

    [Fact]
    public void Checksum_of_pieces_is_the_checksum_of_the_whole()
    {
        byte[] bytes = new byte[1000];
        new Random(7).NextBytes(bytes);
        uint whole = Crc32C.Append(0, bytes);
        for (int cut = 0; cut <= bytes.Length; cut++)
        {
            Assert.Equal(whole, Crc32C.Append(Crc32C.Append(0, bytes.AsSpan(0, cut)), bytes.AsSpan(cut)));
        }
    }

    [Fact]
    public void Checksum_of_long_input_is_that_of_its_single_bytes()
    {
        byte[] bytes = new byte[20_000];
        new Random(8).NextBytes(bytes);
        uint byByte = 0;
        for (int length = 0; length <= bytes.Length; length++)
        {
            if (length % 61 == 0)
            {
                Assert.Equal(byByte, Crc32C.Append(0, bytes.AsSpan(0, length)));
            }

            byByte = length < bytes.Length ? Crc32C.Append(byByte, bytes.AsSpan(length, 1)) : byByte;
        }
    }

    [Fact]
    public void Checksums_of_pieces_combine_to_that_of_the_whole()
    {
        byte[] bytes = new byte[5000];
        new Random(9).NextBytes(bytes);
        uint whole = Crc32C.Append(0, bytes);
        for (int cut = 0; cut <= bytes.Length; cut += 7)
        {
            Assert.Equal(whole, Crc32C.Combine(Crc32C.Append(0, bytes.AsSpan(0, cut)), Crc32C.Append(0, bytes.AsSpan(cut)), bytes.Length - cut));
        }
    }

    [Fact]
    public void Combining_minds_lengths_beyond_four_gibibytes()
    {
        byte[] zeros = new byte[1 << 20];
        uint mebibyte = Crc32C.Append(0, zeros);
        uint doubled = mebibyte;
        long bytes = zeros.Length;
        for (; bytes < 1L << 33; bytes *= 2)
        {
            doubled = Crc32C.Combine(doubled, doubled, bytes);
        }

        uint appended = 7;
        for (int i = 0; i < 1 << 13; i++)
        {
            appended = Crc32C.Combine(appended, mebibyte, zeros.Length);
        }

        Assert.Equal(appended, Crc32C.Combine(7, doubled, bytes));
    }
}
