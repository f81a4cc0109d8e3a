using System.Text.RegularExpressions;
using Katanemimena.Tests.EndToEnd.Running;

namespace Katanemimena.Tests.EndToEnd;

/// <summary>A failed record can be run again, alone, with the code as it is now.</summary>
public sealed partial class ReplayTests : IDisposable
{
    private const string Picky = "def map(key, line):\n    if line.startswith('bad'): raise ValueError('not ' + line)\n    yield line, len(line)\n";

    private readonly Sandbox _sandbox = new();

    public ReplayTests() => _sandbox.Write("data.txt", "good one\nbad two\ngood three\n");

    public void Dispose() => _sandbox.Dispose();

    [Fact]
    public async Task Record_that_still_fails_shows_its_failure()
    {
        _sandbox.Write("picky.py", Picky);
        Outcome outcome = await _sandbox.RunAsync("replay", await CardAsync("picky.py"));
        outcome.ExpectError(1, "ValueError: not bad two", "bad two");
        await _sandbox.ExpectCleanAsync();
    }

    [Fact]
    public async Task Record_that_works_after_a_fix_shows_its_pairs()
    {
        _sandbox.Write("picky.py", Picky);
        string card = await CardAsync("picky.py");
        _sandbox.Write("picky.py", "def map(key, line):\n    yield line, len(line)\n");
        Outcome outcome = (await _sandbox.RunAsync("replay", card)).Expect(0);
        Assert.Equal("bad two\t7\n", outcome.Text);
        Assert.Contains("changed", outcome.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Record_longer_than_the_card_is_read_from_its_file()
    {
        _sandbox.Write("data.txt", $"good\nbad {new string('x', 10_000)}\n");
        _sandbox.Write("picky.py", Picky);
        string card = await CardAsync("picky.py");
        _sandbox.Write("picky.py", "def map(key, line):\n    yield len(line), 1\n");
        Assert.Equal("10004\t1\n", (await _sandbox.RunAsync("replay", card)).Expect(0).Text);
    }

    [Fact]
    public async Task Streaming_record_is_replayed()
    {
        _sandbox.Write("data.txt", "good one\nbad two\nbad three\n");
        _sandbox.Script("map.sh", "#!/bin/sh\nwhile read -r line; do case $line in bad*) echo \"refused: $line\" >&2; exit 9;; esac; echo \"$line\"; done\n");
        string card = await CardAsync("./map.sh", "--skip-bad-records", "1", "--attempts", "2");
        (await _sandbox.RunAsync("replay", card)).ExpectError(1, "refused: bad three");
        _sandbox.Script("map.sh", "#!/bin/sh\nexec cat\n");
        Assert.Equal("bad three\t\n", (await _sandbox.RunAsync("replay", card)).Expect(0).Text);
    }

    [Fact]
    public async Task Key_that_a_reducer_failed_on_is_replayed_with_all_its_values()
    {
        const string Map = "def map(key, line):\n    yield line.split()[0], key\n";
        _sandbox.Write("sum.py", Map + "def reduce(key, values):\n    if key == 'good': raise ValueError(sorted(values))\n    yield key, 1\n");
        Outcome outcome = await _sandbox.RunAsync("run", "--data", "data.txt", "--mapper", "sum.py", "--reducer", "sum.py", "--attempts", "1");
        string card = Command().Match(outcome.ExpectError(1, "[0, 17]").Error).Groups[1].Value;
        (await _sandbox.RunAsync("replay", card)).ExpectError(1, "ValueError: [0, 17]");
        _sandbox.Write("sum.py", Map + "def reduce(key, values):\n    yield key, sum(values)\n");
        Assert.Equal("good\t17\n", (await _sandbox.RunAsync("replay", card)).Expect(0).Text);
    }

    [Theory]
    [InlineData("join.py")]
    [InlineData("./join.sh")]
    public async Task Key_is_replayed_with_the_values_of_a_mapper_that_looks_at_its_file_and_fails_on_a_record(string mapper)
    {
        _sandbox.Write("data.txt", string.Concat(Enumerable.Repeat("good\n", 2000)) + "bad\n");
        _sandbox.Write("join.py", "import os\ndef map(key, line):\n    if line == 'bad': raise ValueError\n    for k in 'kl': yield k, os.path.basename(os.environ['mapreduce_map_input_file'])\n");
        _sandbox.Script("join.sh", "#!/bin/sh\nwhile read -r line; do case $line in bad) exit 9;; esac; printf 'k\\t%s\\nl\\t\\n' \"${map_input_file##*/}\"; done\n");
        _sandbox.Write("fail.py", "def reduce(key, values):\n    values = list(values)\n    raise ValueError(len(values), values[0])\n");
        Outcome outcome = await _sandbox.RunAsync("run", "--data", "data.txt", "--mapper", mapper, "--reducer", "fail.py", "--attempts", "2", "--skip-bad-records", "1");
        string card = Command().Match(outcome.ExpectError(1, "ValueError: (2000, 'data.txt')").Error).Groups[1].Value;
        (await _sandbox.RunAsync("replay", card)).ExpectError(1, "ValueError: (2000, 'data.txt')");
        _sandbox.Write("join.py", "def map(key, line):\n    raise ValueError('changed')\n");
        _sandbox.Script("join.sh", "#!/bin/sh\necho changed >&2\nexit 1\n");
        (await _sandbox.RunAsync("replay", card)).ExpectError(2, "by mapping the input again", "changed");
    }

    [Fact]
    public async Task Replay_of_a_record_says_nothing_of_a_reducer_that_changed()
    {
        _sandbox.Write("picky.py", Picky);
        _sandbox.Write("sum.py", "def reduce(key, values):\n    yield key, 1\n");
        string card = await CardAsync("picky.py", "--reducer", "sum.py");
        File.Delete(_sandbox["sum.py"]);
        Assert.DoesNotContain("sum.py", (await _sandbox.RunAsync("replay", card)).ExpectError(1, "not bad two").Error, StringComparison.Ordinal);
        _sandbox.Write("sum.py", "def reduce(key, values):\n    yield key, 2\n");
        Assert.DoesNotContain("sum.py", (await _sandbox.RunAsync("replay", card)).ExpectError(1, "not bad two").Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Record_of_a_servers_job_is_replayed_with_the_mapper_that_is_here()
    {
        _sandbox.Write("picky.py", Picky);
        string card = """{"stage": "map", "task": 1, "attempt": 2, "code": "picky.py", "role": "mapper", "error": "e", "file": "in.txt", "offset": 9, "record": "YmFkIHR3bw=="}""";
        _sandbox.Write("cards.json", $$"""{"events": [], "cards": [{{card}}]}""");
        (await _sandbox.RunAsync("replay", "cards.json")).ExpectError(2, "cards.json", "--mapper");
        (await _sandbox.RunAsync("replay", "cards.json", "--mapper", "picky.py")).ExpectError(1, "ValueError: not bad two", "in.txt:9");
        _sandbox.Write("picky.py", "def map(key, line):\n    yield line, key\n");
        Assert.Equal("bad two\t9\n", (await _sandbox.RunAsync("replay", "cards.json", "--mapper", "picky.py")).Expect(0).Text);
        _sandbox.Write("keys.json", $$"""{"events": [], "cards": [{{card.Replace("\"map\"", "\"reduce\"", StringComparison.Ordinal)}}]}""");
        (await _sandbox.RunAsync("replay", "keys.json", "--mapper", "picky.py")).ExpectError(2, "keys.json", "no record");
        (await _sandbox.RunAsync("replay", "picky.py", "--mapper", "picky.py")).ExpectError(2, "is not what mrctl jobs card");
        await _sandbox.ExpectCleanAsync();
    }

    [Fact]
    public async Task Missing_card_is_named() => (await _sandbox.RunAsync("replay", "none.json")).ExpectError(2, "none.json");

    [Fact]
    public async Task File_that_is_no_card_is_refused()
    {
        _sandbox.Write("no-card.json", "{\"a\": 1}");
        (await _sandbox.RunAsync("replay", "no-card.json")).ExpectError(2, "no-card.json", "card");
        Outcome outcome = (await _sandbox.RunAsync("replay", "data.txt")).ExpectError(2, "data.txt: is not a failure card");
        Assert.DoesNotContain("bad two", outcome.Error, StringComparison.Ordinal);
        (await _sandbox.RunAsync("replay", ".")).ExpectError(2, ".: is a folder");
    }

    private async Task<string> CardAsync(string mapper, params string[] more)
    {
        Outcome outcome = await _sandbox.RunAsync(["run", "--data", "data.txt", "--mapper", mapper, .. more.Contains("--attempts") ? [] : new[] { "--attempts", "1" }, .. more]);
        outcome.Expect(1);
        Match match = Command().Match(outcome.Error);
        Assert.True(match.Success, outcome.Error);
        return match.Groups[1].Value;
    }

    [GeneratedRegex("mrctl replay (.*)")]
    private static partial Regex Command();
}
