using System.Diagnostics;
using System.Globalization;
using System.Text;
using Katanemimena.Core;
using Katanemimena.Runners;
using Xunit;

namespace Katanemimena.Tests.Unit.Runners.Python;

public class PythonLifeTests
{
    private const string Pid = "import os\ncount = 0\ndef mapper(arr):\n    global count\n    count += 1\n    return [(os.getpid(), count)]\ndef reducer(entries):\n    return {os.getpid(): 0}\n";
    private static readonly string Numbers = string.Concat(Enumerable.Range(0, 300).Select(i => $"{i}\n"));

    [Fact]
    public async Task A_process_serves_task_after_task_and_all_programs_of_its_job()
    {
        await using PythonBench bench = new();
        CodeFile code = bench.Write(Pid);
        string first = Assert.Single((await bench.MapAsync(code, "x\n")).Lines);
        string second = Assert.Single((await bench.MapAsync(code, "x\n")).Lines);
        string third = Assert.Single((await bench.ReduceAsync(code, MemoryGroups.Of(("a", ["1"])))).Lines);
        string pid = first.Split('\t')[0];
        Assert.Equal([$"{pid}\t1", $"{pid}\t2", $"{pid}\t0"], [first, second, third]);
    }

    [Fact]
    public async Task Another_job_gets_a_process_of_its_own_unless_it_has_the_very_same_file()
    {
        await using PythonBench bench = new();
        CodeFile code = bench.Write(Pid);
        CodeFile other = bench.Write(Pid + "# other\n", name: "other.py");
        string pid = Assert.Single((await bench.MapAsync(code, "x\n")).Lines).Split('\t')[0];
        Assert.Equal($"{pid}\t1", await MapInJobAsync(bench, 2, code));
        Assert.NotEqual($"{pid}\t1", await MapInJobAsync(bench, 2, other));
    }

    [Theory]
    [InlineData("import json, helper\ndef mapper(arr):\n    return [(helper.ANSWER, 1)]\n")]
    [InlineData("def mapper(arr):\n    import helper\n    return [(helper.ANSWER, 1)]\n")]
    [InlineData("def mapper(arr):\n    from package.inner import helper\n    return [(helper.ANSWER, 1)]\n")]
    public async Task Modules_beside_the_file_are_as_they_are_when_the_next_job_comes(string source)
    {
        await using PythonBench bench = new();
        CodeFile code = bench.Write(source);
        Directory.CreateDirectory(Path.Combine(bench.Folder, "package", "inner"));
        foreach ((int job, string answer) in ((int, string)[])[(2, "one"), (3, "another"), (4, "the third")])
        {
            bench.Write($"ANSWER = '{answer}'\n", name: "helper.py");
            bench.Write($"ANSWER = '{answer}'\n", name: "package/inner/helper.py");
            Assert.Equal($"{answer}\t1", await MapInJobAsync(bench, job, code));
        }
    }

    [Fact]
    public async Task A_process_that_died_while_it_waited_for_work_is_not_used()
    {
        await using PythonBench bench = new();
        CodeFile code = bench.Write(Pid);
        int pid = int.Parse(Assert.Single((await bench.MapAsync(code, "x\n")).Lines).Split('\t')[0], CultureInfo.InvariantCulture);
        using (Process idle = Process.GetProcessById(pid))
        {
            idle.Kill();
        }

        await UntilAsync(() => !Exists(pid) && Directory.GetDirectories($"/proc/{pid}/task").Length == 1);   // it is ended when all of its threads are
        string alive = Assert.Single((await bench.ReduceAsync(code, MemoryGroups.Of(("a", ["1"])))).Lines);
        Assert.NotEqual($"{pid}\t0", alive);
    }

    [Fact]
    public async Task Programs_in_use_at_the_same_time_have_processes_of_their_own()
    {
        await using PythonBench bench = new();
        CodeFile code = bench.Write(Pid);
        await using IMapProgram mapper = await bench.Runner.OpenMapperAsync(new JobId("unit", 1), code, TestContext.Current.CancellationToken);
        Pairs combined = new();
        Pairs mapped = new();
        mapper.Map(PythonBench.Attempt(), new MemoryRecords("x\n"u8.ToArray()), new CallingSink(mapped, () =>
            combined.All.AddRange(bench.ReduceAsync(code, MemoryGroups.Of(("a", ["1"]))).GetAwaiter().GetResult().All)));
        Assert.NotEqual(Assert.Single(mapped.Lines).Split('\t')[0], Assert.Single(combined.Lines).Split('\t')[0]);
    }

    [Theory]
    [InlineData("raise ValueError")]
    [InlineData("os._exit(1)")]
    public async Task A_program_is_ready_again_after_it_failed_and_in_a_new_process(string statement)
    {
        await using PythonBench bench = new();
        CodeFile code = bench.Write($"import os\ndef mapper(arr):\n    if arr[0] == 'bad':\n        {statement}\n    return [(os.getpid(), 1)]\n");
        await using IMapProgram mapper = await bench.Runner.OpenMapperAsync(new JobId("unit", 1), code, TestContext.Current.CancellationToken);
        Pairs pairs = new();
        mapper.Map(PythonBench.Attempt(), new MemoryRecords("good\n"u8.ToArray()), pairs);
        Assert.Throws<UserCodeFault>(() => mapper.Map(PythonBench.Attempt(), new MemoryRecords("good\nbad\n"u8.ToArray()), new Pairs()));
        Pairs again = new();
        mapper.Map(PythonBench.Attempt(), new MemoryRecords("good\n"u8.ToArray()), again);
        Assert.NotEqual(Assert.Single(pairs.Lines), Assert.Single(again.Lines));
    }

    [Fact]
    public async Task A_sink_that_throws_leaves_the_program_ready()
    {
        await using PythonBench bench = new();
        CodeFile code = bench.Write("def mapper(arr):\n    return [(arr[0], 1)]\n");
        await using IMapProgram mapper = await bench.Runner.OpenMapperAsync(new JobId("unit", 1), code, TestContext.Current.CancellationToken);
        byte[] input = Encoding.UTF8.GetBytes(Numbers);
        Assert.Throws<PermanentFault>(() => mapper.Map(PythonBench.Attempt(), new MemoryRecords(input, 20), new CallingSink(new Pairs(), () => throw new PermanentFault("disk full"))));
        Pairs pairs = new();
        mapper.Map(PythonBench.Attempt(), new MemoryRecords(input, 20), pairs);
        Assert.Equal(300, pairs.All.Count);
    }

    [Theory]
    [InlineData("raise ValueError('bad ' + arr[0])", "raised ValueError: bad")]
    [InlineData("return [('partial', 1), ('x', {1})]", "{1} of type set")]
    [InlineData("sys.exit(1)", "called sys.exit(1)")]
    [InlineData("os._exit(9)", "exit code 9")]
    [InlineData("os.kill(os.getpid(), 11)", "signal 11")]
    [InlineData("return None", "None of type NoneType")]
    public async Task Bad_records_are_set_aside_with_their_cards(string statement, string error)
    {
        await using PythonBench bench = new();
        SetAside bad = new();
        CodeFile code = bench.Write($"import os, sys\ndef mapper(arr):\n    print('reporter:counter:g,seen,1', file=sys.stderr)\n    if arr[0] in ('100', '101', '299'):\n        {statement}\n    return [(arr[0], 1)]\n");
        AttemptContext attempt = PythonBench.Attempt(skip: 3, bad: bad);
        Pairs pairs = await bench.MapAsync(code, Encoding.UTF8.GetBytes(Numbers), blockBytes: 400, attempt);
        Assert.Equal(["100", "101", "299"], bad.All.Select(item => item.Record));
        Assert.All(bad.All, item => Assert.Contains(error, item.Card.Error, StringComparison.Ordinal));
        Assert.All(bad.All, item => Assert.Equal(Numbers.IndexOf($"\n{item.Record}\n", StringComparison.Ordinal) + 1, item.Card.Offset));
        Assert.Equal(Enumerable.Range(0, 300).Where(i => i is not (100 or 101 or 299)).Select(i => $"{i}\t1"), pairs.Lines);
        Assert.InRange(attempt.Report.Counters()["g:seen"], 200, 300);
    }

    [Fact]
    public async Task An_endless_record_is_set_aside()
    {
        await using PythonBench bench = new();
        SetAside bad = new();
        CodeFile code = bench.Write("def map(key, line):\n    yield line, 0\n    while line == '7':\n        pass\n    yield line, 1\n", CodeContract.PythonGenerators);
        Pairs pairs = await bench.MapAsync(code, "6\n7\n8\n", PythonBench.Attempt(TimeSpan.FromSeconds(1), skip: 1, bad: bad));
        Assert.Equal(["6\t0", "6\t1", "8\t0", "8\t1"], pairs.Lines);
        Assert.Equal(2, Assert.Single(bad.All).Card.Offset);
    }

    [Theory]
    [InlineData("def mapper(arr):\n    return [(seen(arr[0]), 'x' * (1 << 20))]\n")]
    [InlineData("def reducer(entries):\n    len(entries) == 1 or __import__('os')._exit(3)\n    return {seen(key): 'x' * (1 << 20) for key in entries}\n")]
    public async Task What_a_piece_of_input_gives_is_not_held_in_memory_however_much_it_is(string source)
    {
        await using PythonBench bench = new();
        string marker = Path.Combine(bench.Folder, "last");
        CodeFile code = bench.Write($"def seen(key):\n    if key == '199':\n        open({Literal(marker)}, 'w').close()\n        1 / 0\n    return key\n{source}");
        bool early = false;
        Pairs pairs = new();
        SetAside bad = new();
        CallingSink sink = new(pairs, () => early |= !File.Exists(marker));
        AttemptContext attempt = PythonBench.Attempt(skip: 1, bad: bad);
        string[] keys = [.. Enumerable.Range(100, 100).Select(i => $"{i}")];
        if (source.StartsWith("def mapper", StringComparison.Ordinal))
        {
            await using IMapProgram mapper = await bench.Runner.OpenMapperAsync(new JobId("unit", 1), code, TestContext.Current.CancellationToken);
            mapper.Map(attempt, new MemoryRecords(Encoding.UTF8.GetBytes(string.Join('\n', keys))), sink);
        }
        else
        {
            await using IGroupProgram reducer = await bench.Runner.OpenReducerAsync(new JobId("unit", 1), code, "reducer", ValueFormat.Json, TestContext.Current.CancellationToken);
            reducer.Run(attempt, MemoryGroups.Of([.. keys.Select(key => (key, (string[])["1"]))]), sink);
        }

        Assert.True(early);
        Assert.Equal(keys[..^1], pairs.All.Select(pair => Encoding.UTF8.GetString(pair.Key)));
        Assert.All(pairs.All, pair => Assert.Equal((1 << 20) + 2, pair.Value.Length));
        Assert.Equal("199", Assert.Single(bad.All).Record);
    }

    [Fact]
    public async Task One_bad_record_too_many_fails_with_the_first_card()
    {
        await using PythonBench bench = new();
        CodeFile code = bench.Write("def mapper(arr):\n    if int(arr[0]) % 100 == 50:\n        raise ValueError(arr[0])\n    return [(arr[0], 1)]\n");
        UserCodeFault fault = await Assert.ThrowsAsync<UserCodeFault>(() => bench.MapAsync(code, Numbers, PythonBench.Attempt(skip: 2, bad: new SetAside())));
        Assert.Contains("ValueError: 50", fault.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(CodeContract.PythonFunctions, "def reducer(entries):\n    return {key: [len(v) for v in [values] if not (key == 'b' and BAD)] for key, values in entries.items()}\n")]
    [InlineData(CodeContract.PythonGenerators, "def reduce(key, values):\n    yield [sum(1 for _ in values)]\n    key == 'b' and BAD\n")]
    public async Task Bad_keys_are_set_aside_small_and_large(CodeContract contract, string source)
    {
        foreach (string bad in (string[])["1 / 0", "__import__('os')._exit(3)"])
        {
            foreach (int size in (int[])[5, 400_000])
            {
                await using PythonBench bench = new();
                SetAside aside = new();
                IEnumerable<(byte[], long)> values = Enumerable.Range(0, size).Select(i => (Encoding.UTF8.GetBytes($"{i}"), 1L));
                MemoryGroups groups = new([("a"u8.ToArray(), values), ("b"u8.ToArray(), values), ("c"u8.ToArray(), values)]);
                Pairs pairs = await bench.ReduceAsync(bench.Write(source.Replace("BAD", bad, StringComparison.Ordinal), contract), groups, attempt: PythonBench.Attempt(skip: 1, bad: aside));
                Assert.Equal([$"a\t[{size}]", $"c\t[{size}]"], pairs.Lines);
                Assert.Equal("b", Assert.Single(aside.All).Record);
            }
        }
    }

    [Theory]
    [InlineData(CodeContract.PythonFunctions, "def combiner(entries):\n    return {key: sum(values) for key, values in entries.items() if key != 'b' or 1 / 0}\n")]
    [InlineData(CodeContract.PythonGenerators, "def combine(key, values):\n    yield key, sum(values) if key != 'b' else 1 / 0\n")]
    public async Task A_combiner_sets_no_keys_aside_because_other_tasks_hold_values_of_them(CodeContract contract, string source)
    {
        await using PythonBench bench = new();
        SetAside bad = new();
        UserCodeFault fault = await Assert.ThrowsAsync<UserCodeFault>(() => bench.ReduceAsync(
            bench.Write(source, contract), MemoryGroups.Of(("a", ["1", "2"]), ("b", ["3"])), attempt: PythonBench.Attempt(skip: 5, bad: bad), role: "combiner"));
        Assert.Equal("b", Encoding.UTF8.GetString(fault.Card.Record!));
        Assert.Empty(bad.All);
    }

    [Fact]
    public async Task Counters_and_status_on_stderr_are_reported()
    {
        await using PythonBench bench = new();
        AttemptContext attempt = PythonBench.Attempt();
        await bench.MapAsync(bench.Write("import sys\ndef mapper(arr):\n    sys.stderr.write('reporter:counter:words,seen,2\\nnoise\\nreporter:status:at ' + arr[0] + '\\n')\n    return []\n"), Numbers, attempt);
        Assert.Equal(600, attempt.Report.Counters()["words:seen"]);
        Assert.Equal("at 299", attempt.Report.Status);
    }

    [Theory]
    [InlineData("while True: pass")]
    [InlineData("os.closerange(3, 60); __import__('time').sleep(100)")]
    public async Task Cancellation_ends_the_process_at_once(string statement)
    {
        await using PythonBench bench = new();
        using CancellationTokenSource source = new();
        string marker = Path.Combine(bench.Folder, "pid");
        CodeFile code = bench.Write($"import os\ndef mapper(arr):\n    open({Literal(marker + ".new")}, 'w').write(str(os.getpid()))\n    os.rename({Literal(marker + ".new")}, {Literal(marker)})\n    {statement}\n");
        Task map = bench.MapAsync(code, "x\n", PythonBench.Attempt(cancellation: source.Token));
        int pid = await WaitForPidAsync(marker);
        Stopwatch watch = Stopwatch.StartNew();
        await source.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => map);
        Assert.False(Exists(pid));
        Assert.InRange(watch.Elapsed, TimeSpan.Zero, TimeSpan.FromSeconds(30));
    }

    [Fact]
    public async Task No_process_and_no_folder_is_left_behind()
    {
        List<int> pids = [];
        string work;
        await using (PythonBench bench = new())
        {
            CodeFile code = bench.Write("import os, subprocess\nchild = subprocess.Popen(['sleep', '1000'])\ndef mapper(arr):\n    return [('p', os.getpid()), ('p', child.pid)]\n");
            pids.AddRange((await bench.MapAsync(code, "x\n")).All.Select(pair => int.Parse(pair.Value, CultureInfo.InvariantCulture)));
            Assert.All(pids, pid => Assert.True(Exists(pid)));
            work = bench.Options.WorkFolder;
            await bench.Runner.DisposeAsync();
            Assert.Empty(Directory.EnumerateFileSystemEntries(work));
        }

        await UntilAsync(() => !pids.Exists(Exists));
    }

    [Fact]
    public async Task A_process_whose_parent_is_killed_ends_even_in_an_endless_loop()
    {
        await using PythonBench bench = new();
        string marker = Path.Combine(bench.Folder, "pid");
        CodeFile code = bench.Write($"import os\ndef mapper(arr):\n    open({Literal(marker + ".new")}, 'w').write(str(os.getpid()))\n    os.rename({Literal(marker + ".new")}, {Literal(marker)})\n    while True: pass\n");
        ByteBuffer frames = new();
        Add(frames, PythonFrame.Load, Encoding.UTF8.GetBytes($"1\0m\0mapper\0functions\0mapper\0{code.Path}\0{code.Path}\0\0600"));
        Add(frames, PythonFrame.Task, "1\0600"u8);
        Add(frames, PythonFrame.Block, "x\n"u8);
        string input = Path.Combine(bench.Folder, "frames");
        await File.WriteAllBytesAsync(input, frames.Span.ToArray(), TestContext.Current.CancellationToken);
        PythonInterpreter interpreter = new(bench.Options);
        ProcessStartInfo start = new("/bin/sh", ["-c", "\"$0\" -S -c \"$1\" \"$2\" $$ 0 < \"$3\" > /dev/null & wait", interpreter.Path, PythonInterpreter.Boot, interpreter.Host, input]);
        using Process parent = Process.Start(start)!;
        int pid = await WaitForPidAsync(marker);
        Assert.True(Exists(pid));
        parent.Kill();
        await parent.WaitForExitAsync(TestContext.Current.CancellationToken);
        await UntilAsync(() => !Exists(pid));
    }

    [Theory]
    [InlineData("pid = os.fork()\n    if pid: os.waitpid(pid, 0)")]
    [InlineData("pid = os.fork()\n    if pid == 0: raise ValueError('in the child')\n    assert os.waitpid(pid, 0)[1] == 256")]
    [InlineData("pid = os.fork()\n    if pid == 0: sys.exit(7)\n    assert os.waitpid(pid, 0)[1] == 7 << 8")]
    [InlineData("pid = ctypes.CDLL(None).fork()\n    if pid: os.waitpid(pid, 0)")]
    [InlineData("assert subprocess.run(['echo', 'x'], stdout=-1, preexec_fn=os.getpid).stdout == b'x\\n'")]
    [InlineData("with multiprocessing.get_context('fork').Pool(2) as pool: assert pool.map(abs, [-1, -2]) == [1, 2]")]
    public async Task A_child_that_is_forked_does_not_take_part(string statement)
    {
        await using PythonBench bench = new();
        CodeFile functions = bench.Write($"import ctypes, multiprocessing, os, subprocess, sys\ndef work():\n    {statement}\ndef mapper(arr):\n    work()\n    return [(arr[0], 1)]\ndef reducer(entries):\n    work()\n    return entries\n");
        CodeFile generators = bench.Write($"import ctypes, multiprocessing, os, subprocess, sys\ndef work():\n    {statement}\ndef map(key, line):\n    yield line, 1\n    work()\n    yield line, 2\ndef reduce(key, values):\n    work()\n    yield key, list(values)\n", CodeContract.PythonGenerators, "generators.py");
        Assert.Equal(["a\t1", "b\t1", "c\t1"], (await bench.MapAsync(functions, "a\nb\nc\n")).Lines);
        Assert.Equal(["a\t1", "b\t1", "c\t1"], (await bench.MapAsync(functions, "a\nb\nc\n", PythonBench.Attempt(skip: 1))).Lines);
        Assert.Equal(["a\t1", "a\t2", "b\t1", "b\t2"], (await bench.MapAsync(generators, "a\nb\n")).Lines);
        MemoryGroups Groups() => MemoryGroups.Of(("a", ["1", "2"]), ("b", ["3"]));
        Assert.Equal(["a\t[1,2]", "b\t[3]"], (await bench.ReduceAsync(functions, Groups())).Lines);
        Assert.Equal(["a\t[1,2]", "b\t[3]"], (await bench.ReduceAsync(generators, Groups())).Lines);
        Assert.Equal(["a\t[1,2]", "b\t[3]"], (await bench.ReduceAsync(generators, Groups(), attempt: PythonBench.Attempt(skip: 1))).Lines);
    }

    [Fact]
    public async Task A_forked_child_does_not_go_on_with_the_records_of_its_parent()
    {
        await using PythonBench bench = new();
        AttemptContext attempt = PythonBench.Attempt();
        CodeFile code = bench.Write("import os, sys\ndef mapper(arr):\n    print('reporter:counter:g,seen,1', file=sys.stderr)\n    if arr[0] == '0': os.fork() and os.wait()\n    return [(arr[0], 1)]\n");
        Assert.Equal(300, (await bench.MapAsync(code, Numbers, attempt)).All.Count);
        Assert.Equal(300, attempt.Report.Counters()["g:seen"]);
    }

    [Fact]
    public async Task No_interpreter_and_one_that_is_too_old_are_said_to_be_so()
    {
        await using PythonBench none = new(options => options with { Interpreter = "no-such-python" });
        Assert.Contains("no no-such-python is on PATH", (await Assert.ThrowsAsync<PermanentFault>(() => none.MapAsync(none.Write(Pid), "x\n"))).Message, StringComparison.Ordinal);
        await using PythonBench gone = new(options => options with { Interpreter = "/no/such/python" });
        Assert.Contains("/no/such/python", (await Assert.ThrowsAsync<PermanentFault>(() => gone.MapAsync(gone.Write(Pid), "x\n"))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_script_that_chooses_an_interpreter_is_asked_once()
    {
        await using PythonBench bench = new(options => options with { CacheFolder = Path.Combine(options.WorkFolder, "cache") });
        string real = new PythonInterpreter(bench.Options).Path;
        string asked = Path.Combine(bench.Folder, "asked");
        string shim = Path.Combine(bench.Folder, "python-shim");
        await File.WriteAllTextAsync(shim, $"#!/bin/sh\necho asked >> '{asked}'\nexec '{real}' \"$@\"\n", TestContext.Current.CancellationToken);
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(shim, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }

        PythonOptions options = bench.Options with { Interpreter = shim };
        Assert.Equal(real, new PythonInterpreter(options).Path);
        Assert.Equal(real, new PythonInterpreter(options).Path);
        Assert.Equal("asked\n", await File.ReadAllTextAsync(asked, TestContext.Current.CancellationToken));
    }

    private static void Add(ByteBuffer frames, byte kind, ReadOnlySpan<byte> body)
    {
        ByteBuffer frame = new();
        Frame.Open(frame);
        frame.Append(body);
        Frame.Seal(frame, kind);
        frames.Append(frame.Span);
    }

    private static async Task<string> MapInJobAsync(PythonBench bench, int job, CodeFile code)
    {
        await using IMapProgram mapper = await bench.Runner.OpenMapperAsync(new JobId("unit", job), code, TestContext.Current.CancellationToken);
        Pairs pairs = new();
        mapper.Map(PythonBench.Attempt(), new MemoryRecords("x\n"u8.ToArray()), pairs);
        return Assert.Single(pairs.Lines);
    }

    private static string Literal(string path) => $"'{path}'";

    private static bool Exists(int pid) => Directory.Exists($"/proc/{pid}") && !File.ReadAllText($"/proc/{pid}/stat").Contains(") Z ", StringComparison.Ordinal);

    private static async Task<int> WaitForPidAsync(string marker)
    {
        await UntilAsync(() => File.Exists(marker));
        return int.Parse(await File.ReadAllTextAsync(marker, TestContext.Current.CancellationToken), CultureInfo.InvariantCulture);
    }

    private static async Task UntilAsync(Func<bool> condition)
    {
        using PeriodicTimer timer = new(TimeSpan.FromMilliseconds(20));
        Stopwatch watch = Stopwatch.StartNew();
        while (!condition())
        {
            Assert.True(watch.Elapsed < TimeSpan.FromSeconds(60), "the condition did not come true in time");
            await timer.WaitForNextTickAsync(TestContext.Current.CancellationToken);
        }
    }

    private sealed class CallingSink(Pairs pairs, Action call) : IPairSink
    {
        public void Add(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value)
        {
            pairs.Add(key, value);
            call();
        }
    }
}
