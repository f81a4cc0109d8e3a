using System.Text;
using Katanemimena.DataPath;
using Xunit;

namespace Katanemimena.Tests.Unit.DataPath;

public class PartitionFunctionTests
{
    [Theory]
    [InlineData(0, "", 0x0409638ee2bde459UL)]
    [InlineData(1, "a", 0xa8412d091b5fe0a9UL)]
    [InlineData(2, "abc", 0x32dd92e4b2915153UL)]
    [InlineData(3, "message digest", 0x8619124089a3a16bUL)]
    [InlineData(4, "abcdefghijklmnopqrstuvwxyz", 0x7a43afb61d7f5f40UL)]
    [InlineData(5, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789", 0xff42329b90e50d58UL)]
    [InlineData(6, "12345678901234567890123456789012345678901234567890123456789012345678901234567890", 0xc39cab13b115aad3UL)]
    public void Hash_has_the_published_values_of_wyhash(int seed, string key, ulong expected) =>
        Assert.Equal(expected, PartitionFunction.Hash(Encoding.ASCII.GetBytes(key), (ulong)seed));

    [Theory]
    [InlineData("", 1, 0)]
    [InlineData("the", 64, 60)]
    [InlineData("user1234567", 4096, 3549)]
    public void Partitions_of_known_keys_never_change(string key, int partitions, int expected) =>
        Assert.Equal(expected, PartitionFunction.Of(Encoding.ASCII.GetBytes(key), partitions));

    [Fact]
    public void Keys_spread_evenly_over_the_partitions()
    {
        int[] counts = new int[64];
        for (int i = 0; i < 64_000; i++)
        {
            counts[PartitionFunction.Of(Encoding.ASCII.GetBytes($"user{i}"), counts.Length)]++;
        }

        Assert.All(counts, c => Assert.InRange(c, 800, 1200));
    }
}
