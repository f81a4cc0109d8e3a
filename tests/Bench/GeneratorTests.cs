using System.Security.Cryptography;
using System.Text;
using Katanemimena.Bench.Data;

namespace Katanemimena.Tests.Bench;

public sealed class GeneratorTests : IDisposable
{
    private const long Bytes = 400_000;
    private readonly string _folder = Directory.CreateTempSubdirectory("bench-test-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Text_has_lines_of_10_to_15_words_of_which_few_are_frequent()
    {
        string[] lines = Lines(DataSet.Text);
        Assert.All(lines, line => Assert.InRange(line.Split(' ').Length, 10, 15));
        var counts = lines.SelectMany(line => line.Split(' ')).CountBy(word => word).Select(pair => pair.Value).OrderDescending().ToArray();
        int all = counts.Sum();
        Assert.InRange(counts[0] / (double)all, 0.07, 0.09);
        Assert.InRange(counts[99] / (double)counts[0], 0.005, 0.02);
    }

    [Fact]
    public void Every_user_comes_at_least_once()
    {
        int users = (int)(Bytes * 10_000_000 / (256L << 20));
        Assert.Equal(users, Lines(DataSet.UserNumbers).Select(line => line.Split('\t')[0]).Distinct().Count());
    }

    [Fact]
    public void A_document_has_a_number_of_its_own_and_20_to_60_words()
    {
        string[] lines = Lines(DataSet.Documents);
        Assert.Equal(lines.Length, lines.Select(line => line.Split('\t')[0]).Distinct().Count());
        Assert.All(lines, line => Assert.InRange(line.Split('\t')[1].Split(' ').Length, 20, 60));
    }

    [Fact]
    public void A_record_to_sort_has_a_key_of_10_bytes_and_100_bytes_in_all()
    {
        string[] lines = Lines(DataSet.SortRecords);
        Assert.All(lines, line => Assert.Equal((99, 10), (line.Length, line.IndexOf('\t', StringComparison.Ordinal))));
        Assert.Equal(lines.Length, lines.Distinct().Count());
    }

    [Theory]
    [InlineData("text", "84ec083df5ea4b5d")]
    [InlineData("user-numbers", "3f4448363e2d41a7")]
    [InlineData("documents", "01969966d4b7f25f")]
    [InlineData("sort-records", "f7182c3cb23cc69f")]
    public void The_same_size_gives_the_same_bytes_on_every_machine(string name, string expected)
    {
        DataSet data = new[] { DataSet.Text, DataSet.UserNumbers, DataSet.Documents, DataSet.SortRecords }.Single(one => one.Name == name);
        byte[] content = File.ReadAllBytes(data.Ensure(_folder, Bytes));
        Assert.Equal(expected, Convert.ToHexStringLower(SHA256.HashData(content))[..16]);
    }

    private string[] Lines(DataSet data)
    {
        string text = Encoding.ASCII.GetString(File.ReadAllBytes(data.Ensure(_folder, Bytes)));
        Assert.EndsWith("\n", text, StringComparison.Ordinal);
        return text[..^1].Split('\n');
    }
}
