using System.Text.Json;
using Katanemimena.Tests.EndToEnd.Running;

namespace Katanemimena.Tests.EndToEnd;

/// <summary>Where and how the result goes.</summary>
public sealed class OutputTests : IDisposable
{
    private const string Expected = "a\t2\nb\t1\nc\t1\n";

    private readonly Sandbox _sandbox = new();

    public OutputTests()
    {
        _sandbox.Write("data.txt", "b a\na c\n");
        _sandbox.Write("wc.py", Programs.FunctionsWordCount);
    }

    public void Dispose() => _sandbox.Dispose();

    [Fact]
    public async Task Result_goes_to_standard_output_and_the_summary_to_standard_error()
    {
        Outcome outcome = (await RunAsync()).Expect(0);
        Assert.Equal(Expected, outcome.Text);
        foreach (string part in new[] { "done in", "2 records", "3 pairs", "map", "shuffle", "reduce", "result", "largest partition", "attempt", "spill", "peak memory" })
        {
            Assert.Contains(part, outcome.Error, StringComparison.Ordinal);
        }

        await _sandbox.ExpectCleanAsync();
    }

    [Fact]
    public async Task Quiet_writes_nothing_to_standard_error()
    {
        Outcome outcome = (await RunAsync("--quiet")).Expect(0);
        Assert.Equal(Expected, outcome.Text);
        Assert.Empty(outcome.Error);
    }

    [Fact]
    public async Task Output_file_holds_the_result_and_nothing_else_is_left()
    {
        Outcome outcome = (await RunAsync("--output", "out.tsv")).Expect(0);
        Assert.Empty(outcome.Output);
        Assert.Equal(Expected, File.ReadAllText(_sandbox["out.tsv"]));
        Assert.DoesNotContain(Directory.EnumerateFiles(_sandbox.Folder), path => path.EndsWith(".partial", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Existing_output_is_refused_before_the_job_runs_and_left_alone()
    {
        _sandbox.Write("out.tsv", "precious");
        _sandbox.Write("wc.py", $"open({JsonSerializer.Serialize(_sandbox["ran"])}, 'w')\n" + Programs.FunctionsWordCount);
        (await RunAsync("--output", "out.tsv")).ExpectError(2, "out.tsv", "exists", "--force");
        Assert.Equal("precious", File.ReadAllText(_sandbox["out.tsv"]));
        Assert.False(File.Exists(_sandbox["ran"]));
    }

    [Fact]
    public async Task Existing_output_is_replaced_with_force()
    {
        _sandbox.Write("out.tsv", "old");
        (await RunAsync("--output", "out.tsv", "--force")).Expect(0);
        Assert.Equal(Expected, File.ReadAllText(_sandbox["out.tsv"]));
    }

    [Theory]
    [InlineData(UnixFileMode.UserRead | UnixFileMode.UserWrite)]
    [InlineData(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.GroupWrite)]
    [InlineData(UnixFileMode.UserRead)]
    public async Task Replaced_output_keeps_its_rights(UnixFileMode mode)
    {
        _sandbox.Write("out.tsv", "old");
        File.SetUnixFileMode(_sandbox["out.tsv"], mode);
        (await RunAsync("--output", "out.tsv", "--force")).Expect(0);
        Assert.Equal(Expected, File.ReadAllText(_sandbox["out.tsv"]));
        Assert.Equal(mode, File.GetUnixFileMode(_sandbox["out.tsv"]));
    }

    [Fact]
    public async Task What_a_killed_run_left_of_the_same_output_is_removed_and_nothing_else()
    {
        _sandbox.Write("slow.py", $"import time\ndef map(key, line):\n    open({JsonSerializer.Serialize(_sandbox["begun"])}, 'w').close()\n    time.sleep(100)\n    yield line, 1\n");
        string left;
        using (Mrctl killed = _sandbox.Start(null, "run", "--data", "data.txt", "--mapper", "slow.py", "--output", "out.tsv"))
        {
            await killed.UntilAsync(() => File.Exists(_sandbox["begun"]), "the mapper began");
            left = Assert.Single(Partials());
            (await RunAsync("--output", "out.tsv")).Expect(0);
            Assert.Equal([left], Partials());
            killed.Signal(9);
            await killed.EndAsync();
        }

        string[] others = [_sandbox[".out.tsv.mine.partial"], _sandbox[".other.tsv.999999999-0123456789abcdef.partial"], _sandbox["out.tsv.partial"]];
        Array.ForEach(others, path => File.WriteAllText(path, ""));
        Assert.Contains(left, Partials());
        (await RunAsync("--output", "out.tsv", "--force")).Expect(0);
        Assert.Equal(others.Order(), Partials().Order());
    }

    [Fact]
    public async Task Output_may_have_the_longest_name_there_is()
    {
        string name = string.Concat(Enumerable.Repeat("é", 127));
        (await RunAsync("--output", name)).Expect(0);
        Assert.Equal(Expected, File.ReadAllText(_sandbox[name]));
    }

    [Fact]
    public async Task Existing_output_survives_a_job_that_fails_even_with_force()
    {
        _sandbox.Write("out.tsv", "old");
        _sandbox.Write("wc.py", "def mapper(arr):\n    raise ValueError('no')\ndef reducer(entries):\n    return {}\n");
        (await RunAsync("--output", "out.tsv", "--force")).ExpectError(1, "ValueError");
        Assert.Equal("old", File.ReadAllText(_sandbox["out.tsv"]));
        Assert.DoesNotContain(Directory.EnumerateFiles(_sandbox.Folder), path => path.EndsWith(".partial", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Output_through_a_link_is_written_to_its_target()
    {
        _sandbox.Write("real/target.tsv", "old");
        File.CreateSymbolicLink(_sandbox["link.tsv"], _sandbox["real/target.tsv"]);
        (await RunAsync("--output", "link.tsv", "--force")).Expect(0);
        Assert.Equal(Expected, File.ReadAllText(_sandbox["real/target.tsv"]));
        Assert.NotNull(File.ResolveLinkTarget(_sandbox["link.tsv"], false));
    }

    [Theory]
    [InlineData("new.txt", "new.txt")]
    [InlineData("new.txt", "folder/../new.txt")]
    [InlineData("new.txt", "linked/new.txt")]
    [InlineData("old.txt", "link.txt")]
    [InlineData("old.txt", "hard.txt")]
    [InlineData("dangling.txt", "new.txt")]
    public async Task Output_and_report_in_one_file_are_refused(string output, string report)
    {
        _sandbox.Write("old.txt", "old");
        Directory.CreateDirectory(_sandbox["folder"]);
        Directory.CreateSymbolicLink(_sandbox["linked"], _sandbox.Folder);
        File.CreateSymbolicLink(_sandbox["link.txt"], "old.txt");
        File.CreateSymbolicLink(_sandbox["dangling.txt"], "new.txt");
        (await _sandbox.ShellAsync("ln old.txt hard.txt")).Expect(0);
        (await RunAsync("--output", output, "--report", report, "--force")).ExpectError(2, "--report", report, "the result goes there");
        Assert.Equal("old", File.ReadAllText(_sandbox["old.txt"]));
        Assert.False(File.Exists(_sandbox["new.txt"]));
        Assert.Empty(Partials());
    }

    [Theory]
    [InlineData("--output", "data.txt")]
    [InlineData("--report", "data.txt")]
    [InlineData("--output", "link.txt")]
    [InlineData("--report", "hard.txt")]
    public async Task Output_or_report_that_is_an_input_is_refused(string option, string file)
    {
        File.CreateSymbolicLink(_sandbox["link.txt"], "data.txt");
        (await _sandbox.ShellAsync("ln data.txt hard.txt")).Expect(0);
        (await RunAsync(option, file, "--force")).ExpectError(2, option, "data.txt", "is the same file as the input");
        Assert.Equal("b a\na c\n", File.ReadAllText(_sandbox["data.txt"]));
    }

    [Fact]
    public async Task Output_in_a_folder_that_is_read_is_refused_only_where_it_is_an_input()
    {
        _sandbox.Write("folder/data.txt", "a\n");
        string[] job = ["run", "--data", "folder", "--mapper", "wc.py", "--reducer", "wc.py", "--output", "folder/out.tsv", "--force"];
        (await _sandbox.RunAsync([.. job])).Expect(0);
        (await _sandbox.RunAsync([.. job])).ExpectError(2, "--output", "folder/out.tsv");
        Assert.Equal("a\t1\n", File.ReadAllText(_sandbox["folder/out.tsv"]));
    }

    [Theory]
    [InlineData("-")]
    [InlineData("/dev/stdout")]
    public async Task Report_goes_to_standard_output_if_the_result_does_not(string report)
    {
        (await RunAsync("--report", report)).ExpectError(2, "--report -", "--output");
        Outcome outcome = (await RunAsync("--report", report, "--output", "out.tsv")).Expect(0);
        Assert.Equal(Expected, File.ReadAllText(_sandbox["out.tsv"]));
        using var json = JsonDocument.Parse(outcome.Output);
        Assert.Equal(3, json.RootElement.GetProperty("result").GetProperty("pairs").GetInt32());
    }

    [Fact]
    public async Task Output_in_a_missing_folder_is_refused() =>
        (await RunAsync("--output", "nowhere/out.tsv")).ExpectError(2, "nowhere", "does not exist");

    [Fact]
    public async Task Output_that_is_a_folder_is_refused() => (await RunAsync("--output", ".")).ExpectError(2, "is a folder");

    [Fact]
    public async Task Output_that_cannot_be_written_is_refused()
    {
        Directory.CreateDirectory(_sandbox["locked"]);
        File.SetUnixFileMode(_sandbox["locked"], UnixFileMode.UserRead | UnixFileMode.UserExecute);
        (await _sandbox.RunAsOrdinaryAsync("run", "--data", "data.txt", "--mapper", "wc.py", "--output", "locked/out.tsv")).ExpectError(3, "locked/out.tsv", "denied");
    }

    [Theory]
    [InlineData("tsv", "a\t2\nb\t1\nc\t1\n")]
    [InlineData("jsonl", "{\"key\":\"a\",\"value\":2}\n{\"key\":\"b\",\"value\":1}\n{\"key\":\"c\",\"value\":1}\n")]
    public async Task Format_is_written(string format, string expected) =>
        Assert.Equal(expected, (await RunAsync("--format", format)).Expect(0).Text);

    [Fact]
    public async Task Json_is_one_object_in_key_order()
    {
        using var json = JsonDocument.Parse((await RunAsync("--format", "json")).Expect(0).Output);
        Assert.Equal(["a=2", "b=1", "c=1"], json.RootElement.EnumerateObject().Select(field => $"{field.Name}={field.Value}"));
    }

    [Fact]
    public async Task Json_refuses_a_key_that_comes_twice_by_name()
    {
        _sandbox.Write("twice.py", "def map(key, line):\n    yield 'doubled', line\n");
        Outcome outcome = await _sandbox.RunAsync("run", "--data", "data.txt", "--mapper", "twice.py", "--format", "json", "--output", "out.json");
        outcome.ExpectError(1, "doubled");
        Assert.False(File.Exists(_sandbox["out.json"]));
    }

    [Fact]
    public async Task Order_none_gives_the_same_pairs()
    {
        Outcome outcome = (await RunAsync("--order", "none", "--reducers", "3")).Expect(0);
        Assert.Equal(Expected.Split('\n').Order(), outcome.Text.Split('\n').Order());
    }

    [Fact]
    public async Task Left_out_reducer_is_the_identity()
    {
        _sandbox.Write("pairs.py", "def map(key, line):\n    for word in line.split():\n        yield word, key\n");
        Outcome outcome = await _sandbox.RunAsync("run", "--data", "data.txt", "--mapper", "pairs.py");
        Assert.Equal("a\t0\na\t4\nb\t0\nc\t4\n", outcome.Expect(0).Text);
    }

    [Fact]
    public async Task Closed_standard_output_ends_quietly()
    {
        _sandbox.Write("many.py", "def map(key, line):\n    for n in range(300000):\n        yield n, line\n");
        Outcome outcome = await _sandbox.ShellAsync("mrctl run --data data.txt --mapper many.py --quiet | head -n 1; echo ${PIPESTATUS[0]}");
        Assert.Equal("0\tb a\n141\n", outcome.Text);
        Assert.Empty(outcome.Error);
        await _sandbox.ExpectCleanAsync();
    }

    [Fact]
    public async Task Standard_output_shared_with_other_commands_keeps_its_place()
    {
        Outcome outcome = await _sandbox.ShellAsync("{ echo before; mrctl run --data data.txt --mapper wc.py --reducer wc.py --quiet; echo after; } > all.txt; cat all.txt");
        Assert.Equal($"before\n{Expected}after\n", outcome.Text);
    }

    [Fact]
    public async Task Device_is_written_directly() => Assert.Equal(Expected, (await RunAsync("--output", "/dev/stdout")).Expect(0).Text);

    private string[] Partials() => [.. Directory.EnumerateFiles(_sandbox.Folder).Where(path => path.EndsWith(".partial", StringComparison.Ordinal))];

    private Task<Outcome> RunAsync(params string[] more) =>
        _sandbox.RunAsync(["run", "--data", "data.txt", "--mapper", "wc.py", "--reducer", "wc.py", .. more]);
}
