using System.Globalization;
using Katanemimena.Core;
using Katanemimena.Runners;
using Xunit;

namespace Katanemimena.Tests.Unit.Runners.Streaming;

public sealed class StreamingFailureTests : IDisposable
{
    private readonly Workbench _bench = new(options => options with { RecordBytesMax = 1 << 20 });

    public void Dispose() => _bench.Dispose();

    [Fact]
    public void An_exit_code_other_than_0_fails_with_code_stderr_and_the_range_it_was_given()
    {
        FailureCard card = Fail("#!/bin/sh\ncat >/dev/null\necho 'first' >&2\necho 'no such luck' >&2\nexit 3\n", "a\nb\n");
        Assert.Equal(3, card.ExitCode);
        Assert.Equal("first\nno such luck\n", card.StandardError);
        Assert.Equal(("map", 3, 1, "mapper", "local-7", "data.txt"), (card.Stage, card.Task, card.Attempt, card.Role, card.Job, card.File));
        Assert.Equal("the mapper 'fail.sh' ended with exit code 3; its last line on stderr: no such luck (it had been given bytes 0 to 4 of data.txt)", card.Error);
    }

    [Fact]
    public void Death_by_a_signal_is_named()
    {
        FailureCard card = Fail("#!/bin/sh\nkill -SEGV $$\n", "a\n");
        Assert.Equal(139, card.ExitCode);
        Assert.Contains("was ended by signal 11, SIGSEGV", card.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void A_missing_interpreter_is_explained()
    {
        FailureCard card = Fail("#!/no/such/interpreter\n", "a\n");
        Assert.Equal(127, card.ExitCode);
        Assert.Contains("interpreter its first line names, was not found", card.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Only_the_end_of_a_long_stderr_is_kept()
    {
        FailureCard card = Fail("#!/bin/sh\nyes 'much ado' | head -c 5000000 >&2\necho 'the end' >&2\nexit 1\n", "a\n");
        Assert.Equal(FailureCard.StandardErrorBytesMax, card.StandardError.Length);
        Assert.EndsWith("the end\n", card.StandardError, StringComparison.Ordinal);
    }

    [Fact]
    public void An_endless_line_is_refused()
    {
        FailureCard card = Fail("#!/bin/sh\nyes | tr -d '\\n'\n", "a\n");
        Assert.Contains("wrote a line of more than 1048576 bytes", card.Error, StringComparison.Ordinal);
        Assert.Null(card.ExitCode);
    }

    [Fact]
    public void A_program_without_progress_is_killed_with_all_it_started()
    {
        string pids = _bench.In("pids");
        FailureCard card = Fail($"#!/bin/sh\nsleep 1000 &\necho $! $$ > {pids}\nwait\n", "a\n", Workbench.Attempt(timeoutSeconds: 0.3));
        Assert.Contains("neither took input nor wrote output for 0.3 s", card.Error, StringComparison.Ordinal);
        AssertGone(File.ReadAllText(pids));
        Assert.Equal(0, _bench.WorkFoldersLeft);
    }

    [Fact]
    public void A_program_that_reports_its_status_is_alive()
    {
        string mapper = _bench.Script("slow.sh", "#!/bin/sh\ncat >/dev/null\nfor i in 1 2 3 4 5 6 7 8; do sleep 0.2; echo reporter:status:$i >&2; done\necho done\n");
        Assert.Equal([("done", "")], _bench.Map(mapper, "x\n", Workbench.Attempt(timeoutSeconds: 1)).Pairs);
    }

    [Fact]
    public void Cancellation_kills_the_program()
    {
        string pids = _bench.In("pids");
        string mapper = _bench.Script("sleep.sh", $"#!/bin/sh\nsleep 1000 &\necho $! $$ > {pids}\necho started\nwait\n");
        using CancellationTokenSource source = new();
        CancellingSink sink = new(source);
        Workbench.Using(_bench.Open(mapper), code => Assert.ThrowsAny<OperationCanceledException>(
            () => code.Map(Workbench.Attempt(cancellation: source.Token), new RecordList("a\n"u8.ToArray()), sink)));
        AssertGone(File.ReadAllText(pids));
    }

    [Fact]
    public void A_fault_of_the_sink_ends_the_program_and_is_passed_on()
    {
        Workbench.Using(_bench.Open("yes"), code => Assert.Throws<InvalidDataException>(
            () => code.Map(Workbench.Attempt(), new RecordList("a\n"u8.ToArray()), new BrokenSink())));
        Assert.Equal(0, _bench.WorkFoldersLeft);
    }

    [Fact]
    public void What_a_program_leaves_running_is_killed_when_it_ends()
    {
        string pids = _bench.In("pids");
        _bench.Map(_bench.Script("leave.sh", $"#!/bin/sh\nsleep 1000 >/dev/null 2>&1 </dev/null &\necho $! > {pids}\ncat\n"), "a\n");
        AssertGone(File.ReadAllText(pids));
    }

    [Fact]
    public void Memory_beyond_the_limit_is_refused_to_the_program()
    {
        using Workbench small = new(options => options with { ProcessMemoryBytesMax = 64 << 20 });
        string mapper = small.Write("eat.py", "import sys\nsys.stdin.read()\nx = bytearray(200 << 20)\nprint(len(x))\n");
        UserCodeFault fault = Assert.Throws<UserCodeFault>(() => small.Map(mapper, "a\n"));
        Assert.Contains("MemoryError", fault.Card.StandardError, StringComparison.Ordinal);
    }

    [Fact]
    public void A_program_is_ready_for_the_next_task_after_a_failure()
    {
        string mapper = _bench.Script("some.sh", "#!/bin/sh\nread x\n[ \"$x\" = good ] && echo ok\n");
        Workbench.Using(_bench.Open(mapper), code =>
        {
            PairList pairs = new();
            Assert.Throws<UserCodeFault>(() => code.Map(Workbench.Attempt(), new RecordList("bad\n"u8.ToArray()), pairs));
            code.Map(Workbench.Attempt(), new RecordList("good\n"u8.ToArray()), pairs);
            Assert.Equal([("ok", "")], pairs.Pairs);
        });
    }

    [Theory]
    [InlineData("def mapper(arr):\n    return [(word, 1) for word in arr]\n", 10)]
    [InlineData("def mapper(arr):\n    return [(word, 1) for word in arr]\n", 5_000_000)]
    [InlineData("import os, time\nos.close(0)\ntime.sleep(0.2)\n", 10)]
    public void A_Python_script_that_neither_reads_nor_writes_has_not_done_its_work(string script, int bytes)
    {
        CodeFile code = _bench.Load(_bench.Write("idle.py", script), "mapper", CodeContract.Streaming);
        FailureCard card = Assert.Throws<UserCodeFault>(() => Map(code, new string('x', bytes))).Card;
        Assert.Contains("the mapper 'idle.py' ended with exit code 0, but neither read its input nor wrote anything", card.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("import sys\nsys.stdin.buffer.raw.read(1)\n", 10)]
    [InlineData("import sys\nsys.stdin.buffer.raw.read(1)\n", 5_000_000)]
    [InlineData("print('done')\n", 5_000_000)]
    [InlineData("import sys\nprint('reporter:status:nothing to do', file=sys.stderr)\n", 10)]
    [InlineData("pass\n", 0)]
    public void A_Python_script_that_reads_a_part_or_writes_without_reading_is_taken_at_its_word(string script, int bytes)
    {
        Map(_bench.Load(_bench.Write("early.py", script), "mapper", CodeContract.Streaming), new string('x', bytes));
    }

    [Fact]
    public void Other_programs_may_ignore_their_input()
    {
        Assert.Empty(_bench.Map("true", "a\n").Pairs);
    }

    private void Map(CodeFile mapper, string text) => Workbench.Using(
        _bench.Open(new JobCode(Workbench.Job, mapper, CodeFiles.Identity, null)),
        code => code.Map(Workbench.Attempt(), new RecordList(System.Text.Encoding.Latin1.GetBytes(text), 1 << 20), new PairList()));

    private static void AssertGone(string pids)
    {
        foreach (string pid in pids.Split((char[])[' ', '\n'], StringSplitOptions.RemoveEmptyEntries))
        {
            // Killed, but perhaps not yet reaped by whoever inherited it.
            Assert.True(SpinWait.SpinUntil(() => IsGone(int.Parse(pid, CultureInfo.InvariantCulture)), TimeSpan.FromSeconds(10)), $"process {pid} is still there");
        }
    }

    private static bool IsGone(int pid)
    {
        try
        {
            string stat = File.ReadAllText($"/proc/{pid}/stat");
            return stat[(stat.LastIndexOf(')') + 2)..].StartsWith('Z');
        }
        catch (IOException)
        {
            return true;
        }
    }

    private FailureCard Fail(string script, string text, AttemptContext? attempt = null) =>
        Assert.Throws<UserCodeFault>(() => _bench.Map(_bench.Script("fail.sh", script), text, attempt)).Card;

    private sealed class CancellingSink(CancellationTokenSource source) : IPairSink
    {
        public void Add(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value) => source.Cancel();
    }

    private sealed class BrokenSink : IPairSink
    {
        public void Add(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value) => throw new InvalidDataException("no");
    }
}
