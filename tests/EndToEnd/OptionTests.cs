using Katanemimena.Tests.EndToEnd.Running;

namespace Katanemimena.Tests.EndToEnd;

/// <summary>Options that cannot be used are refused before anything runs, with the option, the value and what it may be.</summary>
public sealed class OptionTests : IDisposable
{
    private readonly Sandbox _sandbox = new();

    public OptionTests()
    {
        _sandbox.Write("data.txt", "a b\n");
        _sandbox.Write("wc.py", Programs.FunctionsWordCount);
    }

    public void Dispose() => _sandbox.Dispose();

    [Theory]
    [InlineData("--workers", "-1", "whole number from 1 to 1000")]
    [InlineData("--workers", "0", "whole number from 1 to 1000")]
    [InlineData("--workers", "1001", "whole number from 1 to 1000")]
    [InlineData("--workers", "1000", "each of which needs 1M; give --memory 1000M or more")]
    [InlineData("--workers", "two", "whole number from 1 to 1000")]
    [InlineData("--reducers", "-3", "whole number from 1 to 1000, or auto")]
    [InlineData("--reducers", "99999999999999999999", "whole number from 1 to 1000")]
    [InlineData("--chunk-size", "-5", "size from 1.00 KiB")]
    [InlineData("--chunk-size", "12", "size from 1.00 KiB")]
    [InlineData("--chunk-size", "9999P", "size from 1.00 KiB")]
    [InlineData("--memory", "1K", "size from 16.0 MiB to 1.00 TiB")]
    [InlineData("--memory", "-512M", "size from 16.0 MiB to 1.00 TiB")]
    [InlineData("--memory", "lots", "size from 16.0 MiB to 1.00 TiB")]
    [InlineData("--skip-bad-records", "-1", "whole number from 0")]
    [InlineData("--attempts", "0", "whole number from 1 to 100")]
    [InlineData("--attempts", "101", "whole number from 1 to 100")]
    [InlineData("--task-timeout", "-30s", "time from 1s to 24h")]
    [InlineData("--task-timeout", "30", "time from 1s to 24h")]
    [InlineData("--task-timeout", "1000h", "time from 1s to 24h")]
    [InlineData("--format", "xml", "one of tsv, json, jsonl")]
    [InlineData("--order", "random", "one of key, none")]
    [InlineData("--contract", "java", "one of auto, python-functions, python-generators, streaming, dotnet")]
    [InlineData("--output", "", "not empty")]
    public async Task Value_out_of_range_is_refused_with_its_range(string option, string value, string range)
    {
        Outcome outcome = await _sandbox.RunAsync("run", "--data", "data.txt", "--mapper", "wc.py", option, value);
        outcome.ExpectError(2, option, value, range);
        Assert.Empty(outcome.Output);
        Assert.Single(outcome.Error.TrimEnd('\n').Split('\n'));
        await _sandbox.ExpectCleanAsync();
    }

    [Theory]
    [InlineData("--chunk-size", "64K")]
    [InlineData("--chunk-size", "1MiB")]
    [InlineData("--chunk-size", "auto")]
    [InlineData("--memory", "64MB")]
    [InlineData("--memory", "0.5g")]
    [InlineData("--reducers", "auto")]
    [InlineData("--reducers", "3")]
    [InlineData("--task-timeout", "1.5m")]
    [InlineData("--task-timeout", "2000ms")]
    [InlineData("--contract", "python-functions")]
    public async Task Value_in_range_is_taken(string option, string value)
    {
        Outcome outcome = await _sandbox.RunAsync("run", "--data", "data.txt", "--mapper", "wc.py", "--reducer", "wc.py", option, value);
        Assert.Equal("a\t1\nb\t1\n", outcome.Expect(0).Text);
    }

    [Fact]
    public async Task Unknown_option_is_named() =>
        (await _sandbox.RunAsync("run", "--datta", "x")).ExpectError(2, "--datta", "mrctl run --help");

    [Theory]
    [InlineData("--maper", "--data", "data.txt", "--maper", "wc.py")]
    [InlineData("--verbose", "--mapper", "wc.py", "--data", "data.txt", "--verbose")]
    [InlineData("-v", "--data", "data.txt", "-v", "--mapper", "wc.py")]
    public async Task Unknown_option_after_the_data_is_not_taken_for_a_file(string option, params string[] arguments) =>
        (await _sandbox.RunAsync(["run", .. arguments])).ExpectError(2, $"--data: {option} is no option", $"./{option}");

    [Fact]
    public async Task File_whose_name_begins_with_a_dash_is_read_by_its_path()
    {
        _sandbox.Write("-v", "c\n");
        Assert.Equal("c\t1\n", (await _sandbox.RunAsync("run", "--data", "./-v", "--mapper", "wc.py")).Expect(0).Text);
    }

    [Fact]
    public async Task Unknown_command_is_named() =>
        (await _sandbox.RunAsync("walk")).ExpectError(2, "walk", "mrctl --help");

    [Fact]
    public async Task Missing_data_option_is_named() =>
        (await _sandbox.RunAsync("run", "--mapper", "wc.py")).ExpectError(2, "--data is missing");

    [Fact]
    public async Task Missing_mapper_option_is_named() =>
        (await _sandbox.RunAsync("run", "--data", "data.txt")).ExpectError(2, "--mapper is missing");

    [Fact]
    public async Task Option_given_twice_is_refused() =>
        (await _sandbox.RunAsync("run", "--data", "data.txt", "--mapper", "wc.py", "--mapper", "other.py")).ExpectError(2, "--mapper");

    [Fact]
    public async Task Standard_input_given_twice_is_refused() =>
        (await _sandbox.RunAsync("run", "--data", "-", "-", "--mapper", "wc.py")).ExpectError(2, "--data -", "twice");

    [Theory]
    [InlineData("--data", "data.txt")]
    [InlineData("--mapper", "wc.py")]
    [InlineData("--chunk-size", "64K")]
    [InlineData("--attempts", "2")]
    public async Task Resume_refuses_what_was_fixed_at_submission(string option, string value) =>
        (await _sandbox.RunAsync("run", "--state-dir", "state", "--resume", "local-1", option, value)).ExpectError(2, option, "--resume");

    [Fact]
    public async Task Resume_without_a_state_folder_is_refused() =>
        (await _sandbox.RunAsync("run", "--resume", "local-1")).ExpectError(2, "--resume", "--state-dir");

    [Fact]
    public async Task Resume_of_what_is_no_job_id_is_refused() =>
        (await _sandbox.RunAsync("run", "--state-dir", "state", "--resume", "yesterday")).ExpectError(2, "yesterday", "local-1");

    [Fact]
    public async Task Help_shows_options_and_examples()
    {
        Outcome outcome = (await _sandbox.RunAsync("run", "--help")).Expect(0);
        Assert.Contains("--skip-bad-records", outcome.Text, StringComparison.Ordinal);
        Assert.Contains("Examples:", outcome.Text, StringComparison.Ordinal);
        Assert.Contains("Examples:", (await _sandbox.RunAsync("--help")).Expect(0).Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("run", "--attempts")]
    [InlineData("replay", "CARD")]
    [InlineData("jobs", "--state-dir")]
    [InlineData("rm", "JOB")]
    public async Task Help_of_a_command_asks_for_none_of_its_arguments(string command, string shown)
    {
        Outcome outcome = (await _sandbox.RunAsync(command, "--help")).Expect(0);
        Assert.Contains(shown, outcome.Text, StringComparison.Ordinal);
        Assert.Contains($"mrctl {command} ", outcome.Text[outcome.Text.IndexOf("Examples:", StringComparison.Ordinal)..], StringComparison.Ordinal);
        Assert.Empty(outcome.Error);
    }

    [Fact]
    public async Task Version_is_shown() => Assert.Matches(@"^\d+\.\d+\.\d+", (await _sandbox.RunAsync("--version")).Expect(0).Text);
}
