using System.Diagnostics;
using System.Text;
using Katanemimena.Core;
using Katanemimena.Runners;
using Xunit;

namespace Katanemimena.Tests.Unit.Runners.Python;

public class PythonFailureTests
{
    private static readonly string Numbers = string.Concat(Enumerable.Range(0, 500).Select(i => $"{i}\n"));

    [Fact]
    public async Task A_syntax_error_is_found_when_the_file_is_opened()
    {
        FailureCard card = await FailAsync("def mapper(arr):\n    return [(w, 1) for w in arr\n", "x\n");
        Assert.Contains("the mapper 'code.py' does not load: SyntaxError", card.Error, StringComparison.Ordinal);
        Assert.Contains("code.py\", line 2", card.Traceback, StringComparison.Ordinal);
        Assert.DoesNotContain("katanemimena", card.Traceback, StringComparison.Ordinal);
        Assert.Equal(("map", "mapper", "code.py"), (card.Stage, card.Role, card.Code));
    }

    [Fact]
    public async Task A_file_that_raises_when_it_is_imported_is_found_when_it_is_opened()
    {
        FailureCard card = await FailAsync("import sys\nprint('hello')\nprint('trouble', file=sys.stderr)\nx = 1 / 0\n", "x\n");
        Assert.Contains("ZeroDivisionError: division by zero (code.py, line 4)", card.Error, StringComparison.Ordinal);
        Assert.Contains("x = 1 / 0", card.Traceback, StringComparison.Ordinal);
        Assert.Contains("hello", card.StandardError, StringComparison.Ordinal);
        Assert.Contains("trouble", card.StandardError, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("def maper(arr):\n    return []\n")]
    [InlineData("mapper = 7\n")]
    public async Task A_file_without_the_function_is_found_when_it_is_opened(string source)
    {
        FailureCard card = await FailAsync(source, "x\n");
        Assert.Contains("it has no function mapper", card.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_file_that_does_not_come_to_its_end_is_told_so_when_it_is_opened()
    {
        FailureCard card = await FailAsync("import time\ntime.sleep(1000)\n", "x\n", options: options => options with { LoadTimeout = TimeSpan.FromSeconds(1) });
        Assert.Contains("does not load: it was not ready within 1 s and was ended; raise the task timeout", card.Error, StringComparison.Ordinal);
        Assert.Contains("code.py\", line 2", card.Traceback, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0, 1)]
    [InlineData(1, 1)]
    [InlineData(0, 400_000)]
    [InlineData(1, 400_000)]
    public async Task Input_that_cannot_be_handed_over_is_no_failure_of_the_program(int skip, int size)
    {
        await using PythonBench bench = new();
        SetAside bad = new();
        CodeFile code = bench.Write("def reducer(entries):\n    return {key: len(values) for key, values in entries.items()}\n");
        IEnumerable<(byte[], long)> values = Enumerable.Repeat(("1"u8.ToArray(), 1L), size).Append(("not json"u8.ToArray(), 1L));
        UserCodeFault fault = await Assert.ThrowsAsync<UserCodeFault>(() =>
            bench.ReduceAsync(code, new MemoryGroups([("a"u8.ToArray(), values)]), attempt: PythonBench.Attempt(skip: skip, bad: bad)));
        Assert.Contains("cannot be given its input: a value is not JSON", fault.Message, StringComparison.Ordinal);
        Assert.Empty(bad.All);
    }

    [Fact]
    public async Task A_file_that_exits_when_it_is_imported_is_found_when_it_is_opened()
    {
        FailureCard card = await FailAsync("import os\nos._exit(7)\n", "x\n");
        Assert.Contains("does not load: it ended with exit code 7", card.Error, StringComparison.Ordinal);
        Assert.Equal(7, card.ExitCode);
    }

    [Theory]
    [InlineData("return None", "'NoneType' object is not iterable")]
    [InlineData("return 5", "'int' object is not iterable")]
    [InlineData("return 'text'", "returned 'text' of type str")]
    [InlineData("return arr", "that holds '0' of type str")]
    [InlineData("return {'a': 1}", "returned a dict that holds 'a' of type str")]
    [InlineData("return [('a', 1, 2)]", "that holds ('a', 1, 2) of type tuple")]
    [InlineData("return [(('a', 'b'), 1)]", "('a', 'b') of type tuple is no key")]
    [InlineData("return [('a', {1})]", "{1} of type set is no JSON value")]
    [InlineData("return [('a', b'bytes')]", "b'bytes' of type bytes is no JSON value")]
    [InlineData("return [('a', 1j)]", "of type complex is no JSON value")]
    [InlineData("return [('a', object)]", "of type type is no JSON value")]
    [InlineData("return [('a', [float('nan')])]", "nan is no JSON value")]
    [InlineData("return [('a', float('-inf'))]", "-inf is no JSON value")]
    [InlineData("return [('a', {(1, 2): 3})]", "(1, 2) of type tuple is no key")]
    [InlineData("loop = []; loop.append(loop); return [('a', loop)]", "RecursionError")]
    [InlineData("return next(iter([]))", "StopIteration")]
    public async Task What_is_no_list_of_pairs_that_JSON_can_hold_is_refused(string body, string error)
    {
        FailureCard card = await FailAsync($"def mapper(arr):\n    {body}\n", Numbers);
        Assert.Contains(error, card.Error, StringComparison.Ordinal);
        Assert.Contains("record at byte 0 of input.txt", card.Error, StringComparison.Ordinal);
        Assert.Equal("0", Encoding.UTF8.GetString(card.Record!));
    }

    [Theory]
    [InlineData("if arr[0] == '377':\n        return [('a', {1})]\n    return [('a', 1)]", "{1} of type set")]
    [InlineData("if arr[0] == '377':\n        return 7\n    return [('a', 1)]", "'int' object is not iterable")]
    [InlineData("if arr[0] == '377':\n        raise StopIteration\n    return [('a', 1)]", "raised StopIteration")]
    [InlineData("if arr[0] == '377':\n        raise KeyError('missing')\n    return [('a', 1)]", "the mapper 'code.py' raised KeyError: 'missing' (code.py, line 3)")]
    public async Task The_card_names_the_record_in_the_middle_of_a_block(string body, string error)
    {
        FailureCard card = await FailAsync($"def mapper(arr):\n    {body}\n", Numbers);
        Assert.Contains(error, card.Error, StringComparison.Ordinal);
        Assert.Equal("377", Encoding.UTF8.GetString(card.Record!));
        Assert.Equal(Numbers.IndexOf("\n377\n", StringComparison.Ordinal) + 1, card.Offset);
        Assert.Equal("input.txt", card.File);
        Assert.False(card.RecordCut);
    }

    [Fact]
    public async Task A_StopIteration_on_the_last_record_is_not_lost()
    {
        FailureCard card = await FailAsync("def mapper(arr):\n    if arr[0] == '499':\n        raise StopIteration\n    return [('a', 1)]\n", Numbers);
        Assert.Equal("499", Encoding.UTF8.GetString(card.Record!));
    }

    [Fact]
    public async Task A_traceback_shows_the_users_frames_only()
    {
        FailureCard card = await FailAsync("def deep(n):\n    if n == 0:\n        raise ValueError('bottom')\n    deep(n - 1)\ndef map(key, line):\n    yield line, 1\n    deep(2)\n", "one\n", CodeContract.PythonGenerators);
        string[] lines = card.Traceback!.Split('\n');
        Assert.Equal("Traceback (most recent call last):", lines[0]);
        Assert.Equal(4, lines.Count(line => line.Contains("code.py\", line", StringComparison.Ordinal)));
        Assert.DoesNotContain("katanemimena>", card.Traceback, StringComparison.Ordinal);
        Assert.EndsWith("ValueError: bottom\n", card.Traceback, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_long_record_is_cut_on_the_card()
    {
        FailureCard card = await FailAsync("def mapper(arr):\n    return 1 / 0\n", new string('x', 10_000));
        Assert.Equal(FailureCard.RecordBytesMax, card.Record!.Length);
        Assert.True(card.RecordCut);
    }

    [Theory]
    [InlineData("sys.exit(3)", 3, "called sys.exit(3)")]
    [InlineData("exit()", 0, "called sys.exit()")]
    [InlineData("sys.exit('no')", 1, "called sys.exit('no')")]
    [InlineData("os._exit(4)", 4, "ended with exit code 4")]
    [InlineData("os._exit(0)", 0, "ended with exit code 0")]
    [InlineData("os.kill(os.getpid(), 9)", 137, "signal 9")]
    [InlineData("os.abort()", 134, "signal 6")]
    public async Task A_process_that_ends_leaves_its_exit_code_and_the_record(string statement, int exitCode, string error)
    {
        FailureCard card = await FailAsync($"import os, sys\ndef mapper(arr):\n    if arr[0] == '123':\n        print('last words', file=sys.stderr, flush=True)\n        {statement}\n    return [('a', 1)]\n", Numbers);
        Assert.Equal(exitCode, card.ExitCode);
        Assert.Contains(error, card.Error, StringComparison.Ordinal);
        Assert.Equal("123", Encoding.UTF8.GetString(card.Record!));
        Assert.Contains("last words", card.StandardError, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("while True: pass")]
    [InlineData("import time; time.sleep(1000)")]
    public async Task An_endless_loop_is_ended_and_its_record_named(string statement)
    {
        FailureCard card = await FailAsync($"def mapper(arr):\n    if arr[0] == '123':\n        print('before the loop')\n        {statement}\n    return [('a', 1)]\n", Numbers, attempt: PythonBench.Attempt(TimeSpan.FromSeconds(1)));
        Assert.Contains("took no record and emitted none for 1 s", card.Error, StringComparison.Ordinal);
        Assert.Equal("123", Encoding.UTF8.GetString(card.Record!));
        Assert.Contains("code.py\", line 4", card.Traceback, StringComparison.Ordinal);
        Assert.Contains("before the loop", card.StandardError, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_call_that_never_gives_the_interpreter_back_is_ended_too()
    {
        FailureCard card = await FailAsync("def mapper(arr):\n    sum(iter(int, 1))\n", "x\n", attempt: PythonBench.Attempt(TimeSpan.FromSeconds(1)));
        Assert.Contains("took no record and emitted none for 1 s", card.Error, StringComparison.Ordinal);
        Assert.Contains("code.py", card.StandardError, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("os.closerange(3, 60)\n    time.sleep(100)")]
    [InlineData("os.closerange(3, 60)\n    return []")]
    [InlineData("os.close(4)\n    return []")]
    public async Task Code_that_closes_the_pipes_of_its_host_is_ended_long_before_the_timeout(string statements)
    {
        Stopwatch watch = Stopwatch.StartNew();
        FailureCard card = await FailAsync($"import os, time\ndef mapper(arr):\n    {statements}\n", "x\n", attempt: PythonBench.Attempt(TimeSpan.FromHours(1)));
        Assert.Contains("closed a file descriptor that it had not opened", card.Error, StringComparison.Ordinal);
        Assert.InRange(watch.Elapsed, TimeSpan.Zero, TimeSpan.FromSeconds(60));
    }

    [Theory]
    [InlineData("b'some text that is longer than a head'")]
    [InlineData("b'\\0' * 24")]
    [InlineData("b'P' + b'\\0' * 7 + (10).to_bytes(8, 'little') + b'\\0' * 8 + b'0123456789'")]
    [InlineData("b'P' + b'\\0' * 7 + (10).to_bytes(8, 'little') + b'\\0' * 8 + b'[\\x09\\0\\0\\0)\\x02zZk'")]
    [InlineData("b'P' + b'\\0' * 7 + (5).to_bytes(8, 'little') + b'\\0' * 8 + b'[\\x09\\0\\0\\0'")]
    [InlineData("b'F' + b'\\0' * 7 + (5).to_bytes(8, 'little') + b'\\0' * 8 + b'trash'")]
    [InlineData("b'F' + b'\\0' * 7 + (2**62).to_bytes(8, 'little') + b'\\0' * 8", "2 GiB")]
    public async Task Code_that_writes_into_the_pipe_of_its_host_is_told_so(string bytes, string error = "wrote to a file descriptor that it had not opened")
    {
        string source = $"import os\ndef mapper(arr):\n    if arr[0] == '123':\n        os.write(4, {bytes})\n    return [('a', 1)]\n";
        Assert.Contains(error, (await FailAsync(source, Numbers)).Error, StringComparison.Ordinal);
        Assert.Contains(error, (await FailAsync($"import os\nos.write(4, {bytes})\n{source}", Numbers)).Error, StringComparison.Ordinal);
        await using PythonBench bench = new();
        SetAside bad = new();
        Assert.Equal(499, (await bench.MapAsync(bench.Write(source), Numbers, PythonBench.Attempt(skip: 1, bad: bad))).All.Count);
        Assert.Equal("123", Assert.Single(bad.All).Record);
    }

    [Theory]
    [InlineData("value = [x] * 400")]
    [InlineData("value = [x] * 2500")]
    [InlineData("value = [1]\n        for i in range(26): value = [value, value]")]
    [InlineData("value = {'a': x}\n        for i in range(26): value = {'a': value, 'b': value}")]
    [InlineData("value = 'y' * (20 << 20)")]
    public async Task A_value_beyond_the_limit_stops_before_it_fills_memory(string statement)
    {
        string source = $"x = 'x' * (1 << 20)\ndef mapper(arr):\n    value = 1\n    if arr[0] == '123':\n        {statement}\n    return [('a', 1), ('b', value)]\n";
        static PythonOptions Small(PythonOptions options) => options with { RecordBytesMax = 16 << 20 };
        FailureCard card = await FailAsync(source, Numbers, options: Small);
        Assert.Contains("a value is longer than 16777216 bytes, the limit for a record", card.Error, StringComparison.Ordinal);
        Assert.Equal("123", Encoding.UTF8.GetString(card.Record!));
        await using PythonBench bench = new(Small);
        SetAside bad = new();
        Pairs pairs = await bench.MapAsync(bench.Write(source), Numbers, PythonBench.Attempt(skip: 1, bad: bad));
        Assert.Equal("123", Assert.Single(bad.All).Record);
        Assert.Equal(998, pairs.All.Count);
    }

    [Fact]
    public async Task Slow_code_that_makes_progress_is_left_alone()
    {
        await using PythonBench bench = new();
        Pairs pairs = await bench.MapAsync(bench.Write("import time\ndef mapper(arr):\n    time.sleep(0.3)\n    return [(arr[0], 1)]\n"), "1\n2\n3\n4\n5\n6\n", PythonBench.Attempt(TimeSpan.FromSeconds(1)));
        Assert.Equal(6, pairs.All.Count);
    }

    [Fact]
    public async Task Output_on_stdout_goes_to_stderr_and_breaks_nothing()
    {
        await using PythonBench bench = new();
        CodeFile code = bench.Write("import os, sys\ndef mapper(arr):\n    print('x' * 100)\n    os.write(1, b'raw')\n    os.system('echo child')\n    assert sys.stdin.read() == ''\n    return [(arr[0], 1)]\n");
        Assert.Equal(["a\t1", "b\t1"], (await bench.MapAsync(code, "a\nb\n")).Lines);
    }

    [Fact]
    public async Task Code_that_eats_memory_gets_a_MemoryError()
    {
        FailureCard card = await FailAsync("kept = []\ndef mapper(arr):\n    while arr[0] == '7':\n        kept.append(bytearray(10 << 20))\n    return [('a', 1)]\n", Numbers, options: options => options with { MemoryBytesMax = 200 << 20 });
        Assert.Contains("ran out of memory: MemoryError (code.py, line 4); its process may use 200 MiB", card.Error, StringComparison.Ordinal);
        Assert.Equal("7", Encoding.UTF8.GetString(card.Record!));
    }

    [Theory]
    [InlineData("return None", "None of type NoneType; a dict")]
    [InlineData("return list(entries.items())", "of type list; a dict")]
    [InlineData("return {key: {1} for key in entries}", "{1} of type set is no JSON value")]
    [InlineData("return {key: 1 / (key != 'c') for key in entries}", "raised ZeroDivisionError")]
    [InlineData("import os; [os._exit(5) for key in entries if key == 'c']; return {}", "ended with exit code 5")]
    public async Task The_card_of_a_reducer_names_the_key(string body, string error)
    {
        FailureCard card = await FailReduceAsync($"def reducer(entries):\n    {body}\n", CodeContract.PythonFunctions);
        Assert.Contains(error, card.Error, StringComparison.Ordinal);
        Assert.Equal(body.Contains('c', StringComparison.Ordinal) && body.Contains("'c'", StringComparison.Ordinal) ? "c" : "a", Encoding.UTF8.GetString(card.Record!));
        Assert.Equal("reduce", card.Stage);
    }

    [Theory]
    [InlineData("return key, 1", "returned ('a', 1) of type tuple; it has to yield", "a")]
    [InlineData("return 5", "returned 5 of type int; it has to yield", "a")]
    [InlineData("yield 1 / (key != 'c')", "raised ZeroDivisionError", "c")]
    [InlineData("yield {1} if key == 'c' else 1", "{1} of type set is no JSON value", "c")]
    [InlineData("import sys; sys.exit(2)\n    yield", "called sys.exit(2)", "a")]
    public async Task The_card_of_a_generator_reducer_names_the_key(string body, string error, string key)
    {
        FailureCard card = await FailReduceAsync($"def reduce(key, values):\n    {body}\n", CodeContract.PythonGenerators);
        Assert.Contains(error, card.Error, StringComparison.Ordinal);
        Assert.Equal(key, Encoding.UTF8.GetString(card.Record!));
    }

    [Fact]
    public async Task The_card_of_a_reducer_has_the_values_of_the_key()
    {
        await using PythonBench bench = new();
        CodeFile code = bench.Write("def reduce(key, values):\n    yield 1 / (key[0] != 'k')\n", CodeContract.PythonGenerators);
        byte[] text = "\"\u00e9\\n\""u8.ToArray(), list = "[1,{\"a\":2.5}]"u8.ToArray(), number = "7"u8.ToArray();
        byte[] key = [(byte)'k', 0xff];
        MemoryGroups groups = new([("a"u8.ToArray(), [(number, 9L)]), (key, [(text, 1L), (number, 10L), (list, 2L)]), ("l"u8.ToArray(), [(number, 1L)])]);
        FailureCard card = (await Assert.ThrowsAsync<UserCodeFault>(() => bench.ReduceAsync(code, groups))).Card;
        Assert.Equal(key, card.Record);
        Assert.Equal([text, .. Enumerable.Repeat(number, 10), list, list], card.Values!);
        Assert.False(card.ValuesCut);
        MemoryGroups many = new([("a"u8.ToArray(), [(number, 9L)]), (key, [(text, 1L), (number, 10_000L)])]);
        card = (await Assert.ThrowsAsync<UserCodeFault>(() => bench.ReduceAsync(code, many))).Card;
        Assert.Equal(1_000, card.Values!.Count);
        Assert.True(card.ValuesCut);
    }

    [Fact]
    public async Task A_value_that_is_no_JSON_is_refused()
    {
        await using PythonBench bench = new();
        CodeFile code = bench.Write("def reducer(entries):\n    return entries\n");
        foreach (string value in (string[])["{", "[1,]", "nul", "1 2", "\"open", "\"\\x\"", "+1", "1.2.3", "", "NaN"])
        {
            UserCodeFault fault = await Assert.ThrowsAsync<UserCodeFault>(() => bench.ReduceAsync(code, MemoryGroups.Of(("a", [value]))));
            Assert.Contains("is not JSON", fault.Message, StringComparison.Ordinal);
        }
    }

    private static async Task<FailureCard> FailAsync(string source, string input, CodeContract contract = CodeContract.PythonFunctions, AttemptContext? attempt = null, Func<PythonOptions, PythonOptions>? options = null)
    {
        await using PythonBench bench = new(options);
        UserCodeFault fault = await Assert.ThrowsAsync<UserCodeFault>(() => bench.MapAsync(bench.Write(source, contract), input, attempt));
        Assert.Equal("unit-1", fault.Card.Job);
        return fault.Card;
    }

    private static async Task<FailureCard> FailReduceAsync(string source, CodeContract contract)
    {
        await using PythonBench bench = new();
        return (await Assert.ThrowsAsync<UserCodeFault>(() => bench.ReduceAsync(bench.Write(source, contract), MemoryGroups.Of(("a", ["1"]), ("b", ["2"]), ("c", ["3"]), ("d", ["4"]))))).Card;
    }
}
