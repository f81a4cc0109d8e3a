using Katanemimena.Tests.EndToEnd.Running;

namespace Katanemimena.Tests.EndToEnd;

/// <summary>Standard input, output and error may be closed, full or not what they should be.</summary>
public sealed class ClosedDescriptorTests : IDisposable
{
    private const string Job = "mrctl run --mapper wc.py --reducer wc.py --data";
    private const string Expected = "a\t2\nb\t1\n";

    private readonly Sandbox _sandbox = new();

    public ClosedDescriptorTests()
    {
        _sandbox.Write("data.txt", "b a\na\n");
        _sandbox.Write("wc.py", Programs.FunctionsWordCount);
    }

    public void Dispose() => _sandbox.Dispose();

    [Theory]
    [InlineData("<&-")]
    [InlineData("0</dev/null 0>/dev/null")]
    public async Task Standard_input_that_is_closed_is_refused(string redirection)
    {
        (await _sandbox.ShellAsync($"{Job} - {redirection}")).ExpectError(2, "--data -", "standard input is closed");
        await _sandbox.ExpectCleanAsync();
    }

    [Fact]
    public async Task Standard_input_that_is_a_folder_is_refused() =>
        (await _sandbox.ShellAsync($"{Job} - < .")).ExpectError(2, "--data -", "standard input cannot be read");

    [Theory]
    [InlineData(">&-")]
    [InlineData("1</dev/null")]
    public async Task Standard_output_that_is_closed_is_refused_before_the_job_runs(string redirection)
    {
        _sandbox.Write("wc.py", "open('ran', 'w')\n" + Programs.FunctionsWordCount);
        (await _sandbox.ShellAsync($"{Job} data.txt {redirection}")).ExpectError(3, "standard output is closed");
        Assert.False(File.Exists(_sandbox["ran"]));
    }

    [Theory]
    [InlineData("2>&-")]
    [InlineData("2>/dev/full")]
    [InlineData("2</dev/null")]
    [InlineData("<&- 2>&-")]
    public async Task Standard_error_that_takes_nothing_changes_nothing(string redirection)
    {
        Assert.Equal(Expected, (await _sandbox.ShellAsync($"{Job} data.txt {redirection}")).Expect(0).Text);
        (await _sandbox.ShellAsync($"{Job} nothing.txt {redirection}")).Expect(2);
        await _sandbox.ExpectCleanAsync();
    }

    [Fact]
    public async Task All_three_may_be_closed_where_the_result_goes_to_a_file()
    {
        (await _sandbox.ShellAsync($"{Job} data.txt --output 'a b' <&- >&- 2>&-")).Expect(0);
        Assert.Equal(Expected, File.ReadAllText(_sandbox["a b"]));
        await _sandbox.ExpectCleanAsync();
    }

    [Fact]
    public async Task Exit_codes_of_programs_are_known_though_whoever_started_it_ignores_them()
    {
        Assert.Equal("a\t\nb a\t\n", (await _sandbox.ShellAsync("trap '' CHLD; mrctl run --mapper cat --data data.txt")).Expect(0).Text);
        (await _sandbox.ShellAsync("trap '' CHLD; mrctl run --mapper 'sh -c \"exit 5\"' --data data.txt")).ExpectError(1, "ended with exit code 5");
    }

    [Fact]
    public async Task Descriptors_that_whoever_started_it_left_open_are_not_handed_on_to_programs()
    {
        _sandbox.Write("open.py", "import os\ndef mapper(arr):\n    return [(name, os.path.exists('/proc/self/fd/' + name)) for name in ('0', '63', '64')]\n");
        Assert.Equal("0\ttrue\n0\ttrue\n63\tfalse\n63\tfalse\n64\tfalse\n64\tfalse\n", (await _sandbox.ShellAsync("exec 63<data.txt 64>other; mrctl run --mapper open.py --data data.txt")).Expect(0).Text);
        Assert.DoesNotContain("6", (await _sandbox.ShellAsync("exec 63<data.txt 64>other; mrctl run --mapper 'ls /proc/self/fd' --data data.txt")).Expect(0).Text, StringComparison.Ordinal);
    }
}
