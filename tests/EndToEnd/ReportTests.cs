using System.Security.Cryptography;
using System.Text.Json;
using Katanemimena.Tests.EndToEnd.Running;

namespace Katanemimena.Tests.EndToEnd;

/// <summary>The report says what went in, what came out, and what it took.</summary>
public sealed class ReportTests : IDisposable
{
    private readonly Sandbox _sandbox = new();

    public ReportTests()
    {
        _sandbox.Write("data.txt", "b a\na c\n");
        _sandbox.Write("wc.py", Programs.FunctionsWordCount);
    }

    public void Dispose() => _sandbox.Dispose();

    [Fact]
    public async Task Report_holds_hashes_options_counts_and_times()
    {
        Outcome outcome = (await RunAsync("--report", "report.json", "--memory", "64M", "--attempts", "2")).Expect(0);
        using var json = JsonDocument.Parse(File.ReadAllBytes(_sandbox["report.json"]));
        JsonElement root = json.RootElement;
        Assert.Equal(1, root.GetProperty("form").GetInt32());
        Assert.Equal("local-1", root.GetProperty("job").GetString());
        JsonElement input = Assert.Single(root.GetProperty("inputs").EnumerateArray());
        Assert.Equal(_sandbox["data.txt"], input.GetProperty("name").GetString());
        Assert.Equal(Hash(File.ReadAllBytes(_sandbox["data.txt"])), input.GetProperty("sha256").GetString());
        Assert.All(root.GetProperty("code").EnumerateArray(), code => Assert.Equal(Hash(File.ReadAllBytes(_sandbox["wc.py"])), code.GetProperty("sha256").GetString()));
        Assert.Equal(64 << 20, root.GetProperty("options").GetProperty("memoryBytes").GetInt64());
        Assert.Equal(2, root.GetProperty("options").GetProperty("attemptsMax").GetInt32());
        Assert.Equal(2, root.GetProperty("map").GetProperty("recordsIn").GetInt64());
        Assert.Equal(4, root.GetProperty("map").GetProperty("recordsOut").GetInt64());
        Assert.Equal(3, root.GetProperty("reduce").GetProperty("keys").GetInt64());
        Assert.Equal(3, root.GetProperty("result").GetProperty("pairs").GetInt64());
        Assert.Equal(Hash(outcome.Output), root.GetProperty("result").GetProperty("sha256").GetString());
        Assert.True(root.GetProperty("peakMemoryBytes").GetInt64() > 1 << 20);
        Assert.True(root.GetProperty("times").GetProperty("totalSeconds").GetDouble() > 0);
    }

    [Fact]
    public async Task Existing_report_is_refused_without_force_and_replaced_with_it()
    {
        _sandbox.Write("report.json", "old");
        (await RunAsync("--report", "report.json")).ExpectError(2, "--report", "report.json", "--force");
        Assert.Equal("old", File.ReadAllText(_sandbox["report.json"]));
        (await RunAsync("--report", "report.json", "--force")).Expect(0);
        Assert.StartsWith("{", File.ReadAllText(_sandbox["report.json"]), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Report_that_cannot_be_written_is_refused_before_the_job_runs() =>
        (await RunAsync("--report", "nowhere/report.json")).ExpectError(2, "--report", "nowhere");

    [Theory]
    [InlineData("os.remove('data.txt')", "no such file")]
    [InlineData("open('data.txt', 'a').write('more')", "when the job was submitted")]
    [InlineData("os.remove('data.txt'); os.mkfifo('data.txt')", "named pipe")]
    public async Task Hash_of_an_input_that_is_gone_by_the_end_is_left_out_with_a_warning(string statement, string reason)
    {
        _sandbox.Write("wc.py", $"import os\nos.chdir({JsonSerializer.Serialize(_sandbox.Folder)})\n" + Programs.FunctionsWordCount.Replace("    return {", $"    {statement}\n    return {{", StringComparison.Ordinal));
        Outcome outcome = (await RunAsync("--report", "report.json", "--reducers", "1", "--workers", "1")).Expect(0);
        Assert.Equal("a\t2\nb\t1\nc\t1\n", outcome.Text);
        Assert.Matches($"mrctl: warning: --report: .*data.txt.*{reason}.*its hash is left out\n", outcome.Error);
        using var json = JsonDocument.Parse(File.ReadAllBytes(_sandbox["report.json"]));
        Assert.Equal(JsonValueKind.Null, Assert.Single(json.RootElement.GetProperty("inputs").EnumerateArray()).GetProperty("sha256").ValueKind);
    }

    [Fact]
    public async Task Report_that_cannot_be_written_at_the_end_says_that_the_result_was() =>
        (await RunAsync("--report", "/dev/full", "--output", "out.tsv")).ExpectError(3, "--report /dev/full", "the disk is full", "the result was written to", "out.tsv");

    private Task<Outcome> RunAsync(params string[] more) =>
        _sandbox.RunAsync(["run", "--data", "data.txt", "--mapper", "wc.py", "--reducer", "wc.py", .. more]);

    private static string Hash(byte[] bytes) => Convert.ToHexStringLower(SHA256.HashData(bytes));
}
