using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using Katanemimena.Tests.Contracts;
using Katanemimena.Tests.EndToEnd.Running;

namespace Katanemimena.Tests.EndToEnd;

/// <summary>A job with a state folder outlives its process: killed at any moment, it goes on, and no committed task runs again.</summary>
public sealed partial class ResumeTests : IDisposable
{
    private const int Kill = 9;

    /// <summary>How many kills the long test makes; raise it with KATANEMIMENA_KILLS.</summary>
    private static readonly int Kills = TestSetting.Number("KATANEMIMENA_KILLS", 4);

    private readonly Sandbox _sandbox = new();

    public void Dispose() => _sandbox.Dispose();

    [Fact]
    public async Task Job_killed_at_any_moment_goes_on_to_the_right_result_without_repeating_committed_tasks()
    {
        _sandbox.Write("data.txt", string.Concat(Enumerable.Range(0, 20_000).Select(number => $"word{number % 997} and word{number % 13}\n")));
        // The mapper takes its time, so that kills hit all stages.
        _sandbox.Write("wc.py", """
            import time
            def map(key, line):
                if key % 100 == 0: time.sleep(0.0005)
                for word in line.split():
                    yield word, 1
            def reduce(key, values):
                yield key, sum(values)
            """);
        string[] job = ["run", "--state-dir", "state", "--data", "data.txt", "--mapper", "wc.py", "--reducer", "wc.py", "--chunk-size", "16K", "--reducers", "4", "--quiet"];
        long began = Environment.TickCount64;
        string expected = (await _sandbox.RunAsync([.. job])).Expect(0).Text;
        long whole = Environment.TickCount64 - began;

        var random = new Random(20);
        for (int kill = 0; kill < Kills; kill++)
        {
            long moment = (long)(whole * random.NextDouble());
            string id = $"local-{kill + 2}";
            Progress before = await KilledAsync(job, moment, id);
            Outcome resumed = await _sandbox.RunAsync("run", "--state-dir", "state", "--resume", id, "--report", "report.json", "--force");
            if (before.Known)
            {
                Assert.Equal(expected, resumed.Expect(0).Text);
                AssertNothingRepeated(before, moment);
            }
            else
            {
                resumed.ExpectError(2, id);
                Assert.Equal(expected, (await _sandbox.RunAsync([.. job])).Expect(0).Text);
            }
        }
    }

    [Fact]
    public async Task Completed_job_writes_its_result_again()
    {
        Small();
        Outcome first = (await RunAsync("--state-dir", "state")).Expect(0);
        Assert.Contains("local-1", first.Error, StringComparison.Ordinal);
        Outcome again = (await _sandbox.RunAsync("run", "--state-dir", "state", "--resume", "local-1", "--format", "jsonl", "--output", "again.jsonl")).Expect(0);
        Assert.Equal("{\"key\":\"a\",\"value\":2}\n{\"key\":\"b\",\"value\":1}\n", File.ReadAllText(_sandbox["again.jsonl"]));
    }

    [Fact]
    public async Task Job_goes_on_though_its_code_was_changed_or_removed()
    {
        Small();
        (await RunAsync("--state-dir", "state")).Expect(0);
        File.Delete(_sandbox["wc.py"]);
        Assert.Equal("a\t2\nb\t1\n", (await _sandbox.RunAsync("run", "--state-dir", "state", "--resume", "local-1")).Expect(0).Text);
    }

    [Theory]
    [InlineData("--workers 3", 64 << 20, 3)]
    [InlineData("--workers 2 --memory 32M", 32 << 20, 2)]
    public async Task Memory_and_workers_are_those_of_the_process_that_resumes(string more, int memory, int workers)
    {
        await GatedAsync("a\nb\n", "--memory", "64M");
        _sandbox.Write("open", "");
        (await _sandbox.RunAsync(["run", "--state-dir", "state", "--resume", "local-1", "--report", "report.json", .. more.Split(' ')])).Expect(0);
        using var report = JsonDocument.Parse(File.ReadAllBytes(_sandbox["report.json"]));
        JsonElement options = report.RootElement.GetProperty("options");
        Assert.Equal((memory, workers), (options.GetProperty("memoryBytes").GetInt32(), options.GetProperty("workers").GetInt32()));
    }

    [Fact]
    public async Task Unknown_job_is_refused_with_the_list_of_jobs()
    {
        Small();
        (await RunAsync("--state-dir", "state")).Expect(0);
        (await _sandbox.RunAsync("run", "--state-dir", "state", "--resume", "local-9")).ExpectError(2, "local-9", "local-1 (completed)");
    }

    [Fact]
    public async Task Unknown_state_folder_is_refused() =>
        (await _sandbox.RunAsync("run", "--state-dir", "nowhere", "--resume", "local-1")).ExpectError(2, "nowhere");

    [Fact]
    public async Task Jobs_are_listed_and_removed()
    {
        Small();
        (await RunAsync("--state-dir", "state")).Expect(0);
        (await RunAsync("--state-dir", "state")).Expect(0);
        Outcome list = (await _sandbox.RunAsync("jobs", "--state-dir", "state")).Expect(0);
        using (var json = System.Text.Json.JsonDocument.Parse((await _sandbox.RunAsync("jobs", "--state-dir", "state", "--output", "json")).Expect(0).Output))
        {
            System.Text.Json.JsonElement listed = json.RootElement.GetProperty("jobs").EnumerateArray().First();
            Assert.StartsWith("local-", listed.GetProperty("id").GetString(), StringComparison.Ordinal);
            Assert.True(listed.GetProperty("map").GetProperty("attempts").GetInt32() > 0);
        }

        Assert.Matches("^ID +STATE +MAP +REDUCE\nlocal-1 +completed", list.Text);
        Assert.Matches("local-2 +completed", list.Text);
        (await _sandbox.RunAsync("rm", "local-1", "--state-dir", "state")).Expect(0);
        Assert.DoesNotContain("local-1", (await _sandbox.RunAsync("jobs", "--state-dir", "state")).Expect(0).Text, StringComparison.Ordinal);
        (await _sandbox.RunAsync("rm", "local-1", "--state-dir", "state")).ExpectError(2, "local-1", "local-2");
        (await _sandbox.RunAsync("rm", "local-2", "--state-dir", "state")).Expect(0);
        Assert.Equal("no jobs in state\n", (await _sandbox.RunAsync("jobs", "--state-dir", "state")).Expect(0).Text);
        Assert.DoesNotContain(Directory.EnumerateFiles(_sandbox["state"], "*", SearchOption.AllDirectories), path => path.Contains("jobs/", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Two_runs_on_one_state_folder_are_refused()
    {
        _sandbox.Write("data.txt", "a\n");
        _sandbox.Write("gate.py", $"import os, time\ndef map(key, line):\n    open({JsonSerializer.Serialize(_sandbox["begun"])}, 'w').close()\n    while not os.path.exists({JsonSerializer.Serialize(_sandbox["open"])}): time.sleep(0.01)\n    yield line, 1\n");
        using Mrctl first = _sandbox.Start(null, "run", "--state-dir", "state", "--data", "data.txt", "--mapper", "gate.py");
        await first.UntilAsync(() => File.Exists(_sandbox["begun"]), "the mapper began");
        (await _sandbox.RunAsync("run", "--state-dir", "state", "--data", "data.txt", "--mapper", "gate.py")).ExpectError(3, "state", "in use");
        _sandbox.Write("open", "");
        (await first.EndAsync()).Expect(0);
    }

    [Fact]
    public async Task Input_that_is_missing_or_changed_at_resume_is_refused_and_the_job_goes_on_once_it_is_back()
    {
        await GatedAsync("a\nb\n");
        _sandbox.Write("open", "");
        File.AppendAllText(_sandbox["data.txt"], "c\n");
        await ResumeAsync("data.txt", "when the job was submitted", "resume the job again");
        File.Delete(_sandbox["data.txt"]);
        await ResumeAsync("data.txt", "no such file", "resume the job again");
        Directory.CreateDirectory(_sandbox["data.txt"]);
        await ResumeAsync("data.txt", "resume the job again");
        Directory.Delete(_sandbox["data.txt"]);
        _sandbox.Write("data.txt", "a\nb\n");
        Assert.Equal("a\t1\nb\t1\n", (await _sandbox.RunAsync("run", "--state-dir", "state", "--resume", "local-1")).Expect(0).Text);

        File.Delete(_sandbox["data.txt"]);
        Assert.Equal("a\t1\nb\t1\n", (await _sandbox.RunAsync("run", "--state-dir", "state", "--resume", "local-1")).Expect(0).Text);

        async Task ResumeAsync(params string[] parts)
        {
            (await _sandbox.RunAsync("run", "--state-dir", "state", "--resume", "local-1")).ExpectError(2, parts);
            Assert.Matches("local-1 +mapping", (await _sandbox.RunAsync("jobs", "--state-dir", "state")).Expect(0).Text);
        }
    }

    [Fact]
    public async Task Flipped_bit_in_a_run_file_is_found_and_its_map_task_run_again()
    {
        _sandbox.Write("data.txt", string.Concat(Enumerable.Range(0, 5000).Select(number => $"k{number % 10}\n")));
        _sandbox.Write("gate.py", $"import os, time\ndef map(key, line):\n    yield line, 1\ndef reduce(key, values):\n    open({JsonSerializer.Serialize(_sandbox["begun"])}, 'w').close()\n    while not os.path.exists({JsonSerializer.Serialize(_sandbox["open"])}): time.sleep(0.01)\n    yield key, sum(values)\n");
        using (Mrctl mrctl = _sandbox.Start(null, "run", "--state-dir", "state", "--data", "data.txt", "--mapper", "gate.py", "--reducer", "gate.py", "--chunk-size", "4K"))
        {
            await mrctl.UntilAsync(() => File.Exists(_sandbox["begun"]), "the reducer began");
            mrctl.Signal(Kill);
            await mrctl.EndAsync();
        }

        string[] runs = [.. Directory.EnumerateFiles(_sandbox["state/volume"], "*", SearchOption.AllDirectories).Where(path => path.Contains("/runs/", StringComparison.Ordinal) && new FileInfo(path).Length > 0)];
        Assert.NotEmpty(runs);
        Flip(runs[0]);
        _sandbox.Write("open", "");
        string expected = string.Concat(Enumerable.Range(0, 10).Select(key => $"k{key}\t500\n"));
        Assert.Equal(expected, (await _sandbox.RunAsync("run", "--state-dir", "state", "--resume", "local-1")).Expect(0).Text);
    }

    [Fact]
    public async Task Flipped_bit_in_a_part_is_an_error_that_names_the_file()
    {
        Small();
        (await RunAsync("--state-dir", "state")).Expect(0);
        string part = Directory.EnumerateFiles(_sandbox["state/volume"], "*", SearchOption.AllDirectories).First(path => path.Contains("/parts/", StringComparison.Ordinal));
        Flip(part);
        Outcome again = (await _sandbox.RunAsync("run", "--state-dir", "state", "--resume", "local-1", "--output", "out.tsv")).ExpectError(3, Path.GetFileName(part), "is damaged", "run the job anew", "mrctl rm local-1");
        Assert.DoesNotContain("has to run again", again.Error, StringComparison.Ordinal);
        Assert.False(File.Exists(_sandbox["out.tsv"]));
    }

    [Theory]
    [InlineData("jobs")]
    [InlineData("rm", "local-1")]
    [InlineData("run", "--resume", "local-1")]
    public async Task Folder_that_holds_no_jobs_is_refused_and_left_as_it_is(params string[] command)
    {
        _sandbox.Write("mine/notes.txt", "not of mrctl");
        (await _sandbox.RunAsync([.. command, "--state-dir", "mine"])).ExpectError(2, "--state-dir mine", "no job");
        Assert.Equal([_sandbox["mine/notes.txt"]], Directory.EnumerateFileSystemEntries(_sandbox["mine"]));
    }

    [Fact]
    public async Task File_in_place_of_a_state_folder_is_refused()
    {
        Small();
        (await RunAsync("--state-dir", "data.txt")).ExpectError(2, "--state-dir data.txt", "is a file");
    }

    [Fact]
    public async Task Work_that_a_killed_process_left_is_removed_by_the_next()
    {
        Small();
        _sandbox.Write("state/work/1-1/left", "half a file");
        (await RunAsync("--state-dir", "state")).Expect(0);
        Assert.False(Directory.Exists(_sandbox["state/work/1-1"]));
    }

    [Fact]
    public async Task Card_of_a_failed_job_is_kept_in_the_state_folder()
    {
        _sandbox.Write("data.txt", "a\n");
        _sandbox.Write("bad.py", "def map(key, line):\n    raise ValueError(line)\n    yield\n");
        Outcome outcome = await _sandbox.RunAsync("run", "--state-dir", "state", "--data", "data.txt", "--mapper", "bad.py");
        outcome.ExpectError(1, "ValueError", $"mrctl replay {_sandbox["state"]}/cards/");
        (await _sandbox.RunAsync("run", "--state-dir", "state", "--resume", "local-1")).ExpectError(1, "ValueError");
    }

    [Fact]
    public async Task Database_that_another_process_keeps_busy_is_warned_of_and_waited_for()
    {
        _sandbox.Write("data.txt", "a\n");
        _sandbox.Write("busy.py", $"""
            import os, sqlite3, threading, time
            def hold(held):
                store = sqlite3.connect({JsonSerializer.Serialize(_sandbox["state/state.db"])})
                store.execute("BEGIN IMMEDIATE")
                held.set()
                end = time.monotonic() + 60
                while not os.path.exists({JsonSerializer.Serialize(_sandbox["open"])}) and time.monotonic() < end: time.sleep(0.01)
                store.rollback()
            def map(key, line):
                if not os.path.exists({JsonSerializer.Serialize(_sandbox["open"])}):
                    held = threading.Event()
                    threading.Thread(target=hold, args=[held], daemon=True).start()
                    held.wait()
                yield line, 1
            """);
        using Mrctl mrctl = _sandbox.Start(null, "run", "--state-dir", "state", "--data", "data.txt", "--mapper", "busy.py");
        await mrctl.UntilAsync(() => mrctl.ErrorSoFar.Contains("mrctl: warning: the database", StringComparison.Ordinal), "the warning came");
        _sandbox.Write("open", "");
        Outcome outcome = await mrctl.EndAsync();
        Assert.Equal("a\t1\n", outcome.Expect(0).Text);
        Assert.Matches("mrctl: warning: the database '.*state.db' is busy.*; it is tried again\n", outcome.Error);
    }

    private void Small()
    {
        _sandbox.Write("data.txt", "a b\na\n");
        _sandbox.Write("wc.py", Programs.FunctionsWordCount);
    }

    private Task<Outcome> RunAsync(params string[] more) =>
        _sandbox.RunAsync(["run", "--data", "data.txt", "--mapper", "wc.py", "--reducer", "wc.py", .. more]);

    private async Task GatedAsync(string data, params string[] more)
    {
        _sandbox.Write("data.txt", data);
        _sandbox.Write("gate.py", $"import os, time\ndef map(key, line):\n    open({JsonSerializer.Serialize(_sandbox["begun"])}, 'w').close()\n    while not os.path.exists({JsonSerializer.Serialize(_sandbox["open"])}): time.sleep(0.01)\n    yield line, 1\n");
        using Mrctl mrctl = _sandbox.Start(null, ["run", "--state-dir", "state", "--data", "data.txt", "--mapper", "gate.py", .. more]);
        await mrctl.UntilAsync(() => File.Exists(_sandbox["begun"]), "the mapper began");
        mrctl.Signal(Kill);
        await mrctl.EndAsync();
    }

    private async Task<Progress> KilledAsync(string[] job, long moment, string id)
    {
        using (Mrctl mrctl = _sandbox.Start(null, job))
        {
            long began = Environment.TickCount64;
            await Sandbox.UntilAsync(() => Environment.TickCount64 - began >= moment || mrctl.Ended, "the moment of the kill came");
            if (!mrctl.Ended)
            {
                mrctl.Signal(Kill);
            }

            await mrctl.EndAsync();
        }

        Outcome list = (await _sandbox.RunAsync("jobs", "--state-dir", "state")).Expect(0);
        return Progress.Read(list.Text, id);
    }

    private void AssertNothingRepeated(Progress before, long moment)
    {
        using var report = JsonDocument.Parse(File.ReadAllBytes(_sandbox["report.json"]));
        foreach ((string stage, int done, int attempts) in new[] { ("map", before.MapDone, before.MapAttempts), ("reduce", before.ReduceDone, before.ReduceAttempts) })
        {
            JsonElement after = report.RootElement.GetProperty(stage);
            int newAttempts = after.GetProperty("attempts").GetInt32() - attempts;
            int open = after.GetProperty("tasks").GetInt32() - done;
            Assert.True(newAttempts <= open, $"killed after {moment} ms with {done} {stage} tasks committed: {open} were open, but {newAttempts} attempts were made after it");
        }
    }

    private static void Flip(string path)
    {
        byte[] bytes = File.ReadAllBytes(path);
        bytes[bytes.Length / 3] ^= 4;
        File.WriteAllBytes(path, bytes);
    }

    private sealed partial record Progress(bool Known, int MapDone, int MapAttempts, int ReduceDone, int ReduceAttempts)
    {
        public static Progress Read(string list, string id)
        {
            string? row = list.Split('\n').FirstOrDefault(line => line.StartsWith(id + " ", StringComparison.Ordinal));
            if (row is null)
            {
                return new(false, 0, 0, 0, 0);
            }

            Match match = Row().Match(row);
            Assert.True(match.Success, $"cannot read: {row}");
            int Number(int group) => int.Parse(match.Groups[group].Value, CultureInfo.InvariantCulture);
            return new(true, Number(1), Number(2), Number(3), Number(4));
        }

        [GeneratedRegex(@"(\d+)/\d+ tasks, (\d+) attempts? +(\d+)/\d+ tasks, (\d+) attempt")]
        private static partial Regex Row();
    }
}
