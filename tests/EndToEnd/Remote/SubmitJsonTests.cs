using System.Text.Json;
using Katanemimena.Tests.EndToEnd.Running;
using Katanemimena.Wire;

namespace Katanemimena.Tests.EndToEnd.Remote;

/// <summary>A program that runs jobs by mrctl gets one document on standard output.</summary>
public sealed class SubmitJsonTests : IAsyncLifetime
{
    private static readonly string[] Submit = ["jobs", "submit", "--data", "datafile:x", "--mapper", "wc.py", "--json"];

    private RemoteSandbox _remote = null!;

    public async ValueTask InitializeAsync() => _remote = await RemoteSandbox.StartAsync();

    public ValueTask DisposeAsync() => _remote.DisposeAsync();

    [Fact]
    public async Task Job_is_written_when_it_has_ended_and_the_result_to_its_file()
    {
        Outcome outcome = (await _remote.RunAsync([.. Submit, "--output", "out.tsv"])).Expect(0);
        Assert.Equal(("m0-1", "completed"), JobOf(outcome));
        Assert.Contains("m0-1 done in", outcome.Error, StringComparison.Ordinal);
        Assert.Equal(_remote.Service.Jobs.Result, File.ReadAllBytes(_remote.Sandbox["out.tsv"]));
    }

    [Fact]
    public async Task Result_without_a_file_stays_on_the_server_and_that_is_said()
    {
        Outcome outcome = (await _remote.RunAsync("jobs", "book.txt", "wc.py", "wc.py", "--json")).Expect(0);
        Assert.Equal(("m0-1", "completed"), JobOf(outcome));
        Assert.Contains("mrctl jobs result m0-1", outcome.Error, StringComparison.Ordinal);
        Assert.DoesNotContain(_remote.Service.Requests, request => request.Contains("/result", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Quiet_command_writes_the_document_and_nothing_else()
    {
        Outcome outcome = (await _remote.RunAsync([.. Submit, "--quiet"])).Expect(0);
        Assert.Equal(("m0-1", "completed"), JobOf(outcome));
        Assert.Empty(outcome.Error);
    }

    [Fact]
    public async Task Job_that_failed_is_written_too()
    {
        _remote.Service.Jobs.Fails = new CardDocument { Stage = "map", Role = "mapper", Error = "ValueError: no" };
        Outcome outcome = (await _remote.RunAsync([.. Submit, "--output", "out.tsv"])).ExpectError(1, "m0-1 failed");
        Assert.Equal(("m0-1", "failed"), JobOf(outcome));
        Assert.False(File.Exists(_remote.Sandbox["out.tsv"]));
    }

    [Fact]
    public async Task Detached_job_is_written_as_it_is_now() => Assert.Equal(("m0-1", "submitted"), JobOf((await _remote.RunAsync([.. Submit, "--detach"])).Expect(0)));

    [Theory]
    [InlineData("--output -", "standard output", "jobs", "submit", "--data", "datafile:x", "--mapper", "wc.py", "--json", "--output", "-")]
    [InlineData("--json", "./json", "jobs", "submit", "--data", "datafile:x", "--mapper", "wc.py", "--output", "json")]
    [InlineData("--json", "./json", "jobs", "datafile:x", "wc.py", "--output", "json")]
    [InlineData("--format json", "./json", "jobs", "result", "m0-1", "--output", "json")]
    public async Task Standard_output_has_one_of_result_and_document(string said, string remedy, params string[] arguments)
    {
        (await _remote.RunAsync(arguments)).ExpectError(2, said, remedy);
        Assert.Empty(_remote.Service.Jobs.Submissions);
    }

    private static (string?, string?) JobOf(Outcome outcome)
    {
        using var json = JsonDocument.Parse(outcome.Output);
        return (json.RootElement.GetProperty("id").GetString(), json.RootElement.GetProperty("state").GetString());
    }
}
