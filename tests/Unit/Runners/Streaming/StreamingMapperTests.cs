using Katanemimena.Core;
using Xunit;

namespace Katanemimena.Tests.Unit.Runners.Streaming;

public sealed class StreamingMapperTests : IDisposable
{
    private readonly Workbench _bench = new();

    public void Dispose() => _bench.Dispose();

    [Fact]
    public void Output_lines_split_at_their_first_tab_and_without_one_are_all_key()
    {
        PairList pairs = _bench.Map("cat", "a\tb\tc\nplain\n\ttail\nend\t\n\n");
        Assert.Equal([("a", "b\tc"), ("plain", ""), ("", "tail"), ("end", ""), ("", "")], pairs.Pairs);
    }

    [Fact]
    public void A_last_record_without_line_feed_gets_one()
    {
        Assert.Equal([("2", "")], _bench.Map("wc -l", "one\ntwo").Pairs.Select(pair => (pair.Key.Trim(), pair.Value)));
        Assert.Equal([("2", "")], _bench.Map("wc -l", "one\ntwo\n").Pairs.Select(pair => (pair.Key.Trim(), pair.Value)));
    }

    [Fact]
    public void A_last_output_line_without_line_feed_counts()
    {
        Assert.Equal([("a", "1")], _bench.Map("printf 'a\\t1'", "").Pairs);
    }

    [Fact]
    public void Bytes_go_through_unchanged_carriage_returns_nul_and_invalid_utf8_included()
    {
        Assert.Equal([("a\r", ""), ("\0x", "\xff\xfe\r")], _bench.Map("cat", "a\r\n\0x\t\xff\xfe\r\n").Pairs);
    }

    [Fact]
    public void Empty_input_still_runs_the_program()
    {
        Assert.Equal([("started", "")], _bench.Map(_bench.Script("start.sh", "#!/bin/sh\necho started\ncat\n"), "").Pairs);
    }

    [Fact]
    public void More_input_and_output_than_the_pipes_hold_goes_through_in_order()
    {
        string text = string.Concat(Enumerable.Range(0, 400_000).Select(i => $"{i}\tvalue {i}\n"));
        PairList pairs = _bench.Map("cat", text, blockBytes: 100_000);
        Assert.Equal(400_000, pairs.Pairs.Count);
        Assert.All(pairs.Pairs.Select((pair, i) => (pair, i)), item => Assert.Equal(($"{item.i}", $"value {item.i}"), item.pair));
    }

    [Fact]
    public void A_program_that_closes_its_input_early_and_exits_with_0_has_succeeded_and_all_input_counts_as_read()
    {
        string text = string.Concat(Enumerable.Repeat("line\n", 1_000_000));
        RecordList records = new(System.Text.Encoding.Latin1.GetBytes(text), 100_000);
        PairList pairs = new();
        Workbench.Using(_bench.Open("head -n 2"), code => code.Map(Workbench.Attempt(), records, pairs));
        Assert.Equal([("line", ""), ("line", "")], pairs.Pairs);
        Assert.Equal(text.Length, records.At);
    }

    [Fact]
    public void Grep_without_a_match_has_succeeded_but_with_an_error_has_not()
    {
        Assert.Empty(_bench.Map("grep -F needle", "hay\n").Pairs);
        Assert.Equal(2, Assert.Throws<UserCodeFault>(() => _bench.Map("grep -E '('", "hay\n")).Card.ExitCode);
        Assert.Equal(1, Assert.Throws<UserCodeFault>(() => _bench.Map(_bench.Script("grep", "#!/bin/sh\nexit 1\n"), "hay\n")).Card.ExitCode);
    }

    [Fact]
    public void Counters_and_status_on_stderr_are_reported()
    {
        string mapper = _bench.Script("count.sh", """
            #!/bin/sh
            while read -r line; do
              echo "reporter:counter:words,seen,2" >&2
              echo "reporter:status:at $line" >&2
            done
            echo "reporter:counter:broken" >&2
            echo "reporter:counter:words,less,-1" >&2
            """);
        AttemptContext attempt = Workbench.Attempt();
        _bench.Map(mapper, "a\nb\n", attempt);
        Assert.Equal(new Dictionary<string, long> { ["words:less"] = -1, ["words:seen"] = 4 }, attempt.Report.Counters());
        Assert.Equal("at b", attempt.Report.Status);
    }

    [Fact]
    public void The_environment_is_clean_and_holds_the_job_variables()
    {
        Environment.SetEnvironmentVariable("KATANEMIMENA_SECRET", "do not leak");
        Dictionary<string, string> more = new() { ["mapreduce_job_reduces"] = "4", ["MINE"] = "yes" };
        PairList pairs = _bench.Map("env", "x\n", Workbench.Attempt(environment: more));
        SortedDictionary<string, string> variables = new(StringComparer.Ordinal);
        foreach (string[] parts in pairs.Pairs.Select(pair => pair.Key.Split('=', 2)))
        {
            variables[parts[0]] = parts[1];
        }

        foreach (string folder in new[] { "HOME", "PWD", "TMPDIR" })
        {
            Assert.StartsWith(_bench.Options.WorkFolder, variables[folder], StringComparison.Ordinal);
            variables[folder] = "WORK";
        }

        variables["PATH"] = "PATH";
        Assert.Equal(
            """
            DOTNET_EnableDiagnostics=0
            HOME=WORK
            LANG=C.UTF-8
            MINE=yes
            PATH=PATH
            PWD=WORK
            TMPDIR=WORK
            map_input_file=data.txt
            map_input_start=0
            mapred_job_id=job_local_0007
            mapred_job_name=local-7
            mapred_task_id=attempt_local_0007_m_000003_0
            mapred_task_is_map=true
            mapred_task_partition=3
            mapred_tip_id=task_local_0007_m_000003
            mapreduce_job_id=job_local_0007
            mapreduce_job_name=local-7
            mapreduce_job_reduces=4
            mapreduce_map_input_file=data.txt
            mapreduce_map_input_start=0
            mapreduce_task_attempt_id=attempt_local_0007_m_000003_0
            mapreduce_task_id=task_local_0007_m_000003
            mapreduce_task_ismap=true
            mapreduce_task_partition=3
            """,
            string.Join('\n', variables.Where(pair => pair.Key is not ("OLDPWD" or "_" or "SHLVL")).Select(pair => $"{pair.Key}={pair.Value}")));
    }

    [Fact]
    public void A_Python_script_finds_the_packages_that_its_user_installed()
    {
        string script = _bench.Write("base.py", "import site, sys\nfor line in sys.stdin: print(site.getuserbase())\n");
        string home = Environment.GetEnvironmentVariable("PYTHONUSERBASE") ?? Path.Combine(Environment.GetEnvironmentVariable("HOME") ?? "/", ".local");
        Assert.Equal([(home, "")], _bench.Map(script, "a\n").Pairs);
    }

    [Fact]
    public void Files_named_by_a_command_are_found_from_its_working_folder()
    {
        CodeFile mapper = _bench.Load("awk -f lower.awk", "mapper") with { SourceFolder = _bench.Folder };
        _bench.Write("lower.awk", "{ print tolower($0) }\n");
        PairList pairs = new();
        Workbench.Using(
            _bench.Open(new JobCode(Workbench.Job, mapper, Katanemimena.Runners.CodeFiles.Identity, null)),
            code => code.Map(Workbench.Attempt(), new RecordList("ABC\n"u8.ToArray()), pairs));
        Assert.Equal([("abc", "")], pairs.Pairs);
    }

    [Fact]
    public void A_python_script_that_reads_stdin_runs_with_the_interpreter()
    {
        string mapper = _bench.Write("lines.py", "import sys\nfor line in sys.stdin:\n    print(line.strip()[::-1], 1, sep='\\t')\n");
        Assert.Equal([("cba", "1")], _bench.Map(mapper, "abc\n").Pairs);
    }

    [Fact]
    public void Working_folders_are_removed()
    {
        _bench.Map(_bench.Script("leave.sh", "#!/bin/sh\necho x > file\nmkdir -p a/b\ncat\n"), "x\n");
        Assert.Equal(0, _bench.WorkFoldersLeft);
    }
}
