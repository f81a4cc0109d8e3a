using Katanemimena.Bench.Measure;

namespace Katanemimena.Tests.Bench;

public sealed class ResultDigestTests : IDisposable
{
    private readonly string _file = Path.GetTempFileName();

    public void Dispose() => File.Delete(_file);

    [Fact]
    public void The_order_of_lines_does_not_matter_but_is_told()
    {
        ResultDigest ordered = Of("a\t1\nb\t2\nb\t1\n");
        ResultDigest other = Of("b\t1\na\t1\nb\t2\n");
        Assert.True(ordered.Agrees(other));
        Assert.True(ordered.Ordered);
        Assert.False(other.Ordered);
    }

    [Theory]
    [InlineData("a\t1\nb\t3\n")]
    [InlineData("a\t1\n")]
    [InlineData("a\t1\nb\t2\nb\t2\n")]
    [InlineData("a\t2\nb\t1\n")]
    public void Other_lines_do_not_agree(string text) => Assert.False(Of("a\t1\nb\t2\n").Agrees(Of(text)));

    [Fact]
    public void An_empty_value_and_a_missing_last_newline_count_for_nothing() => Assert.True(Of("a\t\nb\t").Agrees(Of("a\nb\n")));

    [Fact]
    public void A_line_longer_than_the_buffer_is_read_whole()
    {
        string line = new('x', 3 << 20);
        Assert.Equal(2, Of($"{line}\n{line}y\n").Lines);
        Assert.False(Of($"{line}\n").Agrees(Of($"{line}y\n")));
    }

    private ResultDigest Of(string text)
    {
        File.WriteAllText(_file, text);
        return ResultDigest.Of(_file);
    }
}
