using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Katanemimena.Tests.EndToEnd.Running;

namespace Katanemimena.Tests.EndToEnd;

/// <summary>A run that set records aside says which, and where all of them are.</summary>
public sealed partial class SetAsideTests : IDisposable
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    private readonly Sandbox _sandbox = new();

    public SetAsideTests()
    {
        _sandbox.Write("data.txt", "good\nbad one\n\n" + string.Concat(Enumerable.Range(0, 6).Select(number => $"bad '{number}'\n")));
        _sandbox.Write("picky.py", "def map(key, line):\n    if line != 'good': raise ValueError('not ' + line)\n    yield line, 1\n");
    }

    public void Dispose() => _sandbox.Dispose();

    [Fact]
    public async Task Records_are_shown_with_file_offset_text_and_error_and_all_are_kept()
    {
        Outcome outcome = (await RunAsync("--skip-bad-records", "9")).Expect(0);
        Assert.Equal("good\t1\n", outcome.Text);
        Match place = Place.Match(outcome.Error);
        Assert.True(place.Success, outcome.Error);
        Assert.Contains($"    {_sandbox["data.txt"]}:5: \"bad one\"\n      ", outcome.Error, StringComparison.Ordinal);
        Assert.Contains($"    {_sandbox["data.txt"]}:13: \"\"\n      ", outcome.Error, StringComparison.Ordinal);
        Assert.Contains("ValueError: not bad one", outcome.Error, StringComparison.Ordinal);
        Assert.Contains("    and 3 more\n", outcome.Error, StringComparison.Ordinal);
        string path = place.Groups[1].Value;
        Assert.Equal(_sandbox.Temporary, Path.GetDirectoryName(path));
        Assert.Equal(OwnerOnly, File.GetUnixFileMode(path));
        Assert.Equal(["bad one", "", "bad '0'", "bad '1'", "bad '2'", "bad '3'", "bad '4'", "bad '5'"], Records(path));
        Assert.DoesNotContain("\\u0027", File.ReadAllText(path), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Records_of_a_job_that_stays_are_with_the_job()
    {
        Outcome outcome = (await RunAsync("--skip-bad-records", "9", "--state-dir", "state")).Expect(0);
        string path = Place.Match(outcome.Error).Groups[1].Value;
        Assert.StartsWith(_sandbox["state"], path, StringComparison.Ordinal);
        Assert.Equal(8, Records(path).Length);
        Assert.Empty(Directory.GetFiles(_sandbox.Temporary));
    }

    [Fact]
    public async Task Quiet_run_says_and_keeps_nothing_of_them()
    {
        Outcome outcome = (await RunAsync("--skip-bad-records", "9", "--quiet")).Expect(0);
        Assert.Equal(("good\t1\n", ""), (outcome.Text, outcome.Error));
        Assert.Empty(Directory.GetFiles(_sandbox.Temporary));
    }

    [Fact]
    public async Task Empty_key_on_which_a_reducer_failed_is_shown()
    {
        _sandbox.Write("empty.py", "def map(key, line):\n    yield '', 1\ndef reduce(key, values):\n    raise ValueError('no')\n");
        Outcome outcome = await _sandbox.RunAsync("run", "--data", "data.txt", "--mapper", "empty.py", "--reducer", "empty.py", "--attempts", "1");
        outcome.ExpectError(1, "(key \"\")", "  key        \"\" (empty)\n");
    }

    private Task<Outcome> RunAsync(params string[] more) => _sandbox.RunAsync(["run", "--data", "data.txt", "--mapper", "picky.py", .. more]);

    private static string[] Records(string path) =>
        [.. File.ReadLines(path).Select(line => Encoding.UTF8.GetString(JsonDocument.Parse(line).RootElement.GetProperty("record").GetBytesFromBase64()))];

    [GeneratedRegex("  set aside  8 bad records; all in (.*)\n")]
    private static partial Regex Place { get; }
}
