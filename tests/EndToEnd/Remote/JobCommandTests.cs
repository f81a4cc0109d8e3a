using System.Text.Json;
using Katanemimena.Tests.Contracts.FakeService;
using Katanemimena.Tests.EndToEnd.Running;
using Katanemimena.Wire;

namespace Katanemimena.Tests.EndToEnd.Remote;

/// <summary>Jobs of a server are run like jobs of this machine, and looked after.</summary>
public sealed class JobCommandTests : IAsyncLifetime
{
    private const string Result = "a\t1\nb\t2\n";

    private RemoteSandbox _remote = null!;

    public async ValueTask InitializeAsync() => _remote = await RemoteSandbox.StartAsync();

    public ValueTask DisposeAsync() => _remote.DisposeAsync();

    [Fact]
    public async Task Short_form_uploads_runs_and_writes_the_result()
    {
        Outcome outcome = (await _remote.RunAsync("jobs", "book.txt", "wc.py", "wc.py")).Expect(0);
        Assert.Equal(Result, outcome.Text);
        Assert.Contains("m0-1 done in", outcome.Error, StringComparison.Ordinal);
        Assert.Contains("\\u{1b}[31mred", outcome.Error, StringComparison.Ordinal);
        FakeSubmission submission = Assert.Single(_remote.Service.Jobs.Submissions);
        Assert.Equal(["book.txt"], submission.Fields["data"]);
        Assert.Equal(("wc.py", Programs.FunctionsWordCount), submission.Files["mapper"]);
        Assert.Equal(("wc.py", Programs.FunctionsWordCount), submission.Files["reducer"]);
        Assert.Equal("b a\na c\n"u8.ToArray(), _remote.Service.Datafiles.Files["book.txt"]);
    }

    [Fact]
    public async Task Summary_says_that_records_were_set_aside_and_how_to_get_them()
    {
        _remote.Service.Jobs.SetAside = 2;
        Outcome outcome = (await _remote.RunAsync("jobs", "datafile:x", "wc.py")).Expect(0);
        Assert.Contains("  set aside  2 bad records; all by mrctl jobs set-aside m0-1\n", outcome.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Short_form_takes_a_datafile_of_the_server()
    {
        (await _remote.RunAsync("jobs", "there.txt", "wc.py", "--quiet", "--output", "out.tsv")).Expect(0);
        Assert.Equal(Result, File.ReadAllText(_remote.Sandbox["out.tsv"]));
        Assert.Equal(["there.txt"], Assert.Single(_remote.Service.Jobs.Submissions).Fields["data"]);
        Assert.Empty(_remote.Service.Datafiles.Files);
    }

    [Fact]
    public async Task File_whose_name_is_nearly_a_command_is_data_all_the_same()
    {
        _remote.Sandbox.Write("satus", "a\n");
        (await _remote.RunAsync("jobs", "satus", "wc.py", "--quiet")).Expect(0);
        Assert.Equal(["satus"], Assert.Single(_remote.Service.Jobs.Submissions).Fields["data"]);
    }

    [Fact]
    public async Task File_that_is_neither_here_nor_on_the_server_is_said_to_be_missing()
    {
        _remote.Service.Refuse("POST jobs", 1, FakeAnswer.Problem(400, ProblemCodes.InvalidJob, "'nowhere.txt': no datafile has this name", field: "data"));
        (await _remote.RunAsync("jobs", "nowhere.txt", "wc.py", "wc.py")).ExpectError(2, "FILE nowhere.txt: there is no such file here", "no datafile has this name");
    }

    [Fact]
    public async Task All_options_reach_the_server()
    {
        _remote.Sandbox.Write("logs/a b.log", "x\n");
        _remote.Sandbox.Write("logs/deep/c.log", "y\n");
        Outcome outcome = await _remote.RunAsync(
            "jobs", "submit", "--data", "logs", "datafile:old/*", "--mapper", "grep -c error", "--reducer", "datafile:code/r.py", "--combiner", "wc.py", "--label", "nightly", "--contract", "streaming",
            "--workers", "3", "--reducers", "5", "--chunk-size", "64K", "--memory", "1G", "--skip-bad-records", "7", "--attempts", "2", "--task-timeout", "1.5m", "--sandbox", "required", "--detach");
        Assert.Equal("m0-1\n", outcome.Expect(0).Text);
        Dictionary<string, string[]> fields = Assert.Single(_remote.Service.Jobs.Submissions).Fields;
        Assert.Equal(["logs/a_b.log", "logs/deep/c.log", "old/*"], fields["data"]);
        string[] names = ["mapperCommand", "reducerDatafile", "label", "contract", "workers", "reducers", "chunkSize", "memory", "skipBadRecords", "attempts", "taskTimeout", "sandbox"];
        Assert.Equal(
            ["grep -c error", "code/r.py", "nightly", "streaming", "3", "5", "65536", "1073741824", "7", "2", "90s", "required"], names.Select(name => Assert.Single(fields[name])));
    }

    [Fact]
    public async Task Standard_input_is_data()
    {
        (await _remote.RunWithAsync("from a pipe\n", "jobs", "submit", "--data", "-", "--mapper", "wc.py", "--detach")).Expect(0);
        Assert.Equal("from a pipe\n"u8.ToArray(), Assert.Single(_remote.Service.Datafiles.Files).Value);
        await _remote.Sandbox.ExpectCleanAsync();
    }

    [Theory]
    [InlineData("no such file", "jobs", "submit", "--data", "book.txt", "--mapper", "nowhere.py")]
    [InlineData("datafile:nowhere.txt", "jobs", "submit", "--data", "nowhere.txt", "--mapper", "wc.py")]
    [InlineData("--mapper is missing", "jobs", "submit", "--data", "book.txt")]
    [InlineData("--data is missing", "jobs", "submit", "--mapper", "wc.py")]
    [InlineData("without arguments", "jobs", "submit", "--data", "book.txt", "--mapper", "./wc.py -x")]
    [InlineData("whole number from 1 to 1000", "jobs", "submit", "--data", "book.txt", "--mapper", "wc.py", "--reducers", "0")]
    [InlineData("exists already", "jobs", "submit", "--data", "book.txt", "--mapper", "wc.py", "--output", "book.txt")]
    [InlineData("did you mean submit?", "jobs", "sumbit")]
    [InlineData("jobs satus: no such command; did you mean status?", "jobs", "satus", "m0-7")]
    [InlineData("jobs satus: no such command; did you mean status?", "jobs", "satus", "m0-7", "--tasks")]
    [InlineData("datafile:wacth", "jobs", "wacth", "wc.py", "wc.py")]
    [InlineData("jobs st: no such command", "jobs", "st", "m0-7")]
    [InlineData("MAPPER is missing", "jobs", "book.txt")]
    [InlineData("MAPPER nowhere.py: there is no such file", "jobs", "book.txt", "nowhere.py", "wc.py")]
    [InlineData("REDUCER nowhere.py: there is no such file", "jobs", "book.txt", "wc.py", "nowhere.py")]
    [InlineData("did you mean datafiles?", "datafile")]
    [InlineData("did you mean --reducers?", "jobs", "submit", "--data", "book.txt", "--mapper", "wc.py", "--reducer", "wc.py", "--redcuers", "3")]
    public async Task What_cannot_work_is_refused_before_a_job_is_made(string said, params string[] arguments)
    {
        (await _remote.RunAsync(arguments)).ExpectError(2, said);
        Assert.Empty(_remote.Service.Jobs.Submissions);
    }

    [Fact]
    public async Task Failed_job_shows_its_card_and_has_its_exit_code()
    {
        _remote.Service.Jobs.Fails = new CardDocument
        {
            Stage = "map", Task = 2, Attempt = 4, Code = "wc.py", Role = "mapper", Error = "ValueError: \u001b[31mno", File = "book\u001b.txt", Offset = 4, Record = "a c"u8.ToArray(), StandardError = "bell \u0007",
        };
        Outcome outcome = (await _remote.RunAsync("jobs", "book.txt", "wc.py", "wc.py")).ExpectError(1, "m0-1 failed", "ValueError: \\u{1b}[31mno", "book\\u{1b}.txt:4", "bell \\u{7}");
        Assert.DoesNotContain('\u001b', outcome.Error);
        Assert.Empty(outcome.Output);
        (await _remote.RunAsync("jobs", "result", "m0-1")).ExpectError(8, "no result");
        Assert.Contains("stage      map, task 2, attempt 4", (await _remote.RunAsync("jobs", "card", "m0-1")).Expect(0).Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Ctrl_c_leaves_the_job_and_says_how_to_come_back()
    {
        _remote.Service.Jobs.LastStep = 1;
        using Mrctl waiting = _remote.Sandbox.Start(null, "jobs", "book.txt", "wc.py", "wc.py", "--output", "out.tsv");
        await waiting.UntilAsync(() => _remote.Service.Requests.Any(request => request.Contains("after=2", StringComparison.Ordinal)), "it waits");
        waiting.Signal(2);
        Outcome outcome = (await waiting.EndAsync()).Expect(130);
        Assert.Contains("job m0-1 goes on", outcome.Error, StringComparison.Ordinal);
        Assert.Equal("mapping", _remote.Service.Jobs.All["m0-1"].State);
        _remote.Service.Jobs.LastStep = 3;
        Assert.Contains("completed", (await _remote.RunAsync("jobs", "watch", "m0-1")).Expect(0).Text, StringComparison.Ordinal);
        (await _remote.RunAsync("jobs", "result", "m0-1", "--output", "out.tsv")).Expect(0);
        Assert.Equal(Result, File.ReadAllText(_remote.Sandbox["out.tsv"]));
    }

    [Fact]
    public async Task Ctrl_c_cancels_the_job_if_so_wished()
    {
        _remote.Service.Jobs.LastStep = 1;
        using Mrctl waiting = _remote.Sandbox.Start(null, "jobs", "book.txt", "wc.py", "wc.py", "--cancel-on-interrupt");
        await waiting.UntilAsync(() => _remote.Service.Requests.Any(request => request.Contains("after=2", StringComparison.Ordinal)), "it waits");
        waiting.Signal(15);
        Assert.Contains("was cancelled", (await waiting.EndAsync()).Expect(143).Error, StringComparison.Ordinal);
        Assert.Equal("cancelled", _remote.Service.Jobs.All["m0-1"].State);
    }

    [Fact]
    public async Task Jobs_are_listed_shown_cancelled_and_removed()
    {
        _remote.Service.Jobs.LastStep = 1;
        foreach (string label in new[] { "one", "two" })
        {
            (await _remote.RunAsync("jobs", "submit", "--data", "datafile:x", "--mapper", "wc.py", "--detach", "--label", label)).Expect(0);
        }

        Assert.Matches(@"^ID +STATE .*\nm0-2 +submitted .* two\nm0-1 +submitted .* one\n$", (await _remote.RunAsync("jobs")).Expect(0).Text);
        Assert.DoesNotContain('\u001b', (await _remote.RunAsync("jobs")).Text);
        (await _remote.RunAsync("jobs", "cancel", "m0-1")).Expect(0);
        (await _remote.RunAsync("jobs", "cancel", "m0-1")).ExpectError(8, "has ended");
        (await _remote.RunAsync("jobs", "watch", "m0-1")).ExpectError(4, "was cancelled");
        foreach (string[] asked in new[] { new[] { "--json" }, ["--output", "json"] })
        {
            using var json = JsonDocument.Parse((await _remote.RunAsync(["jobs", "--state", "cancelled", .. asked])).Expect(0).Output);
            Assert.Equal("m0-1", Assert.Single(json.RootElement.GetProperty("jobs").EnumerateArray()).GetProperty("id").GetString());
        }

        using var status = JsonDocument.Parse((await _remote.RunAsync("jobs", "status", "m0-2", "--json")).Expect(0).Output);
        Assert.Equal(1, status.RootElement.GetProperty("version").GetInt32());
        (await _remote.RunAsync("jobs", "result", "m0-2")).ExpectError(8, "has not ended");
        (await _remote.RunAsync("jobs", "rm", "m0-1")).Expect(0);
        (await _remote.RunAsync("jobs", "status", "m0-1")).ExpectError(7, "m0-1");
    }

    [Fact]
    public async Task Tasks_are_shown_and_where_there_are_none_it_is_said_why()
    {
        _remote.Service.Jobs.LastStep = 1;
        (await _remote.RunAsync("jobs", "submit", "--data", "datafile:x", "--mapper", "wc.py", "--detach")).Expect(0);
        Assert.Contains("no tasks yet", (await _remote.RunAsync("jobs", "status", "m0-1", "--tasks")).Expect(0).Text, StringComparison.Ordinal);
        JobDetail job = _remote.Service.Jobs.All["m0-1"];
        _remote.Service.Jobs.All["m0-1"] = job with { Tasks = [new TaskDocument { Stage = "map", Index = 3, State = "running" }] };
        Assert.Contains("map/3  running", (await _remote.RunAsync("jobs", "status", "m0-1", "--tasks")).Expect(0).Text, StringComparison.Ordinal);
        _remote.Service.Jobs.All["m0-1"] = job with { State = "completed" };
        Assert.Contains("no tasks: the records of single tasks are removed", (await _remote.RunAsync("jobs", "status", "m0-1", "--tasks")).Expect(0).Text, StringComparison.Ordinal);
        Assert.DoesNotContain("no tasks", (await _remote.RunAsync("jobs", "status", "m0-1")).Expect(0).Text, StringComparison.Ordinal);
        Outcome json = (await _remote.RunAsync("jobs", "status", "m0-1", "--tasks", "--json")).Expect(0);
        Assert.Contains("no tasks:", json.Error, StringComparison.Ordinal);
        Assert.Equal('{', json.Text[0]);
    }

    [Fact]
    public async Task Logs_and_records_set_aside_are_shown_harmlessly()
    {
        _remote.Service.Jobs.Log = "line\tone \u001b[2J\nπ\n";
        (await _remote.RunAsync("jobs", "datafile:x", "wc.py", "--quiet")).Expect(0);
        Assert.Equal("line\tone \\u{1b}[2J\nπ\n", (await _remote.RunAsync("jobs", "logs", "m0-1")).Expect(0).Text);
        Assert.Contains("\"events\"", (await _remote.RunAsync("jobs", "logs", "m0-1", "--json")).Expect(0).Text, StringComparison.Ordinal);
        Assert.Equal("{\"offset\":3}\n", (await _remote.RunAsync("jobs", "set-aside", "m0-1")).Expect(0).Text);
    }
}
