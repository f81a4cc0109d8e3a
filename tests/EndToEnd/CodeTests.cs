using Katanemimena.Tests.EndToEnd.Running;

namespace Katanemimena.Tests.EndToEnd;

/// <summary>User code that is missing, broken or misbehaves ends the job with an error that says what, where and what to do.</summary>
public sealed class CodeTests : IDisposable
{
    private readonly Sandbox _sandbox = new();

    public CodeTests()
    {
        _sandbox.Write("data.txt", "good one\nbad two\ngood three\n");
        _sandbox.Write("wc.py", Programs.FunctionsWordCount);
    }

    public void Dispose() => _sandbox.Dispose();

    [Theory]
    [InlineData("--mapper")]
    [InlineData("--reducer")]
    [InlineData("--combiner")]
    public async Task Missing_program_is_named(string option)
    {
        string[] arguments = ["run", "--data", "data.txt", "--mapper", option == "--mapper" ? "none.py" : "wc.py", "--reducer", option == "--reducer" ? "none.py" : "wc.py"];
        string[] combiner = option == "--combiner" ? ["--combiner", "none.py"] : [];
        (await _sandbox.RunAsync([.. arguments, .. combiner])).ExpectError(2, option[2..], "none.py");
        await _sandbox.ExpectCleanAsync();
    }

    [Theory]
    [InlineData("--mapper")]
    [InlineData("--reducer")]
    public async Task Unreadable_program_is_named(string option)
    {
        _sandbox.Write("locked.py", Programs.FunctionsWordCount);
        File.SetUnixFileMode(_sandbox["locked.py"], UnixFileMode.None);
        string[] arguments = ["run", "--data", "data.txt", "--mapper", option == "--mapper" ? "locked.py" : "wc.py", "--reducer", option == "--reducer" ? "locked.py" : "wc.py"];
        (await _sandbox.RunAsOrdinaryAsync(arguments)).ExpectError(2, option[2..], "locked.py", "denied");
    }

    [Fact]
    public async Task Folder_as_a_program_is_refused()
    {
        Directory.CreateDirectory(_sandbox["folder"]);
        (await MapAsync("./folder")).ExpectError(2, "folder");
    }

    [Fact]
    public async Task Python_syntax_error_is_shown_with_its_line()
    {
        _sandbox.Write("broken.py", "def mapper(arr):\n    return [(w, 1) for w in\n\ndef reducer(entries): pass\n");
        (await MapAsync("broken.py")).ExpectError(1, "broken.py", "SyntaxError", "line 2");
        await _sandbox.ExpectCleanAsync();
    }

    [Fact]
    public async Task Python_file_of_neither_contract_is_told_what_is_wanted()
    {
        _sandbox.Write("neither.py", "def count(words):\n    return len(words)\n");
        (await MapAsync("neither.py")).ExpectError(2, "neither.py", "mapper(arr)", "map(key, line)");
    }

    [Theory]
    [InlineData("return None")]
    [InlineData("return 7")]
    [InlineData("return [1, 2]")]
    [InlineData("return [(1, 2, 3)]")]
    public async Task Mapper_that_returns_something_else_is_told_so(string statement)
    {
        _sandbox.Write("odd.py", $"def mapper(arr):\n    {statement}\ndef reducer(entries):\n    return entries\n");
        (await MapAsync("odd.py")).ExpectError(1, "odd.py", "mapper");
    }

    [Fact]
    public async Task Reducer_that_returns_something_else_is_told_so()
    {
        _sandbox.Write("odd.py", "def mapper(arr):\n    return [(w, 1) for w in arr]\ndef reducer(entries):\n    return 7\n");
        Outcome outcome = await _sandbox.RunAsync("run", "--data", "data.txt", "--mapper", "odd.py", "--reducer", "odd.py");
        outcome.ExpectError(1, "odd.py", "reducer", "reduce, task");
    }

    [Theory]
    [InlineData("functions", "def mapper(arr):\n    if arr[0] == 'bad': raise ValueError('not ' + arr[1])\n    return []\ndef reducer(entries):\n    return {}\n")]
    [InlineData("generators", "def map(key, line):\n    if line.startswith('bad'): raise ValueError('not ' + line[4:])\n    yield line, 1\n")]
    public async Task Exception_on_one_record_is_shown_with_file_offset_record_and_traceback(string contract, string code)
    {
        _sandbox.Write($"{contract}.py", code);
        Outcome outcome = await MapAsync($"{contract}.py");
        outcome.ExpectError(1, "map, task 0", "ValueError: not two", $"{_sandbox["data.txt"]}:9", "bad two", "Traceback", $"{contract}.py", "mrctl replay ");
        Assert.Contains("attempt", outcome.Error, StringComparison.Ordinal);
        await _sandbox.ExpectCleanAsync();
    }

    [Fact]
    public async Task Bad_records_are_set_aside_up_to_the_number_allowed()
    {
        _sandbox.Write("picky.py", "def map(key, line):\n    if line.startswith('bad'): raise ValueError(line)\n    yield line, 1\n");
        Outcome outcome = await MapAsync("picky.py", "--skip-bad-records", "1");
        Assert.Equal("good one\t1\ngood three\t1\n", outcome.Expect(0).Text);
        Assert.Contains("1 bad record set aside", outcome.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task More_bad_records_than_allowed_fail_the_job()
    {
        _sandbox.Write("picky.py", "def map(key, line):\n    if 'o' in line: raise ValueError(line)\n    yield line, 1\n");
        (await MapAsync("picky.py", "--skip-bad-records", "1")).ExpectError(1, "ValueError");
    }

    [Fact]
    public async Task Code_that_loops_for_ever_is_stopped_after_the_timeout()
    {
        _sandbox.Write("loop.py", "def mapper(arr):\n    while True: pass\ndef reducer(entries):\n    return {}\n");
        (await MapAsync("loop.py", "--task-timeout", "1s", "--attempts", "1")).ExpectError(1, "loop.py", "1 s");
        await _sandbox.ExpectCleanAsync();
    }

    [Theory]
    [InlineData("import sys; sys.exit(3)")]
    [InlineData("import os; os._exit(3)")]
    public async Task Python_that_exits_is_an_error(string statement)
    {
        _sandbox.Write("exits.py", $"def mapper(arr):\n    {statement}\ndef reducer(entries):\n    return {{}}\n");
        (await MapAsync("exits.py")).ExpectError(1, "exits.py", "3");
        await _sandbox.ExpectCleanAsync();
    }

    [Fact]
    public async Task Python_that_prints_to_standard_output_gives_the_right_answer_all_the_same()
    {
        _sandbox.Write("prints.py", "import os\nprint('loading')\ndef mapper(arr):\n    print('mapping', arr)\n    os.write(1, b'raw\\n')\n    return [(arr[0], 1)]\ndef reducer(entries):\n    print('reducing')\n    return {k: sum(v) for k, v in entries.items()}\n");
        Outcome outcome = await _sandbox.RunAsync("run", "--data", "data.txt", "--mapper", "prints.py", "--reducer", "prints.py");
        Assert.Equal("bad\t1\ngood\t2\n", outcome.Expect(0).Text);
    }

    [Fact]
    public async Task Python_that_eats_memory_is_an_error_and_not_the_end_of_the_machine()
    {
        _sandbox.Write("eats.py", "def mapper(arr):\n    held = []\n    while True: held.append(bytearray(5 << 30))\ndef reducer(entries):\n    return {}\n");
        (await MapAsync("eats.py", "--attempts", "1")).ExpectError(1, "eats.py", "MemoryError");
        await _sandbox.ExpectCleanAsync();
    }

    [Theory]
    [InlineData("{1, 2}", "set")]
    [InlineData("object()", "object")]
    [InlineData("float('nan')", "nan")]
    public async Task Value_that_JSON_cannot_hold_is_an_error_that_names_it(string value, string part)
    {
        _sandbox.Write("value.py", $"def mapper(arr):\n    return [('k', {value})]\ndef reducer(entries):\n    return entries\n");
        (await MapAsync("value.py")).ExpectError(1, "value.py", part);
    }

    [Fact]
    public async Task Key_that_JSON_cannot_hold_is_an_error_that_names_it()
    {
        _sandbox.Write("key.py", "def mapper(arr):\n    return [(b'bytes', 1)]\ndef reducer(entries):\n    return entries\n");
        (await MapAsync("key.py")).ExpectError(1, "key.py", "bytes");
    }

    [Fact]
    public async Task Program_that_is_not_executable_is_told_to_be()
    {
        _sandbox.Write("map.sh", "#!/bin/sh\ncat\n");
        (await MapAsync("./map.sh")).ExpectError(2, "map.sh", "not executable", "chmod +x");
    }

    [Fact]
    public async Task Script_with_Windows_line_ends_is_told_so()
    {
        string script = _sandbox.Script("map.sh", "#!/bin/sh\r\ncat\r\n");
        (await MapAsync(script)).ExpectError(2, "map.sh", "Windows line ends", "dos2unix");
    }

    [Fact]
    public async Task Python_that_does_not_load_is_no_matter_of_a_record()
    {
        _sandbox.Write("typo.py", "def mapper(arr)\n    return []\n");
        Outcome outcome = await MapAsync("typo.py");
        outcome.ExpectError(1, "typo.py", "does not load", "line 1", "  card ");
        Assert.DoesNotContain("mrctl replay", outcome.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("--skip-bad-records", outcome.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Program_that_exits_non_zero_is_an_error_with_its_standard_error()
    {
        string script = _sandbox.Script("map.sh", "#!/bin/sh\necho 'cannot go on' >&2\ncat >/dev/null\nexit 7\n");
        Outcome outcome = await MapAsync(script);
        outcome.ExpectError(1, "map.sh", "7", "cannot go on", "--skip-bad-records 1 finds the record");
        Assert.DoesNotContain("mrctl replay", outcome.Error, StringComparison.Ordinal);
        await _sandbox.ExpectCleanAsync();
    }

    [Fact]
    public async Task Program_that_dies_of_a_signal_is_an_error_that_names_it()
    {
        string script = _sandbox.Script("map.sh", "#!/bin/sh\nkill -SEGV $$\n");
        (await MapAsync(script)).ExpectError(1, "map.sh", "SIGSEGV");
    }

    [Fact]
    public async Task Program_that_closes_its_input_early_and_succeeds_is_taken_at_its_word()
    {
        _sandbox.Write("data.txt", string.Concat(Enumerable.Repeat("line\n", 500_000)));
        string script = _sandbox.Script("map.sh", "#!/bin/sh\nexec head -n 1\n");
        Outcome outcome = await MapAsync($"{script} ", "--chunk-size", "16M");
        Assert.StartsWith("line", outcome.Expect(0).Text, StringComparison.Ordinal);
        Assert.Single(outcome.Text.TrimEnd('\n').Split('\n'));
    }

    [Fact]
    public async Task Program_that_writes_an_endless_line_is_an_error()
    {
        string script = _sandbox.Script("map.sh", "#!/bin/sh\nexec tr '\\n' x </dev/zero\n");
        (await MapAsync(script, "--attempts", "1")).ExpectError(1, "map.sh", "line");
        await _sandbox.ExpectCleanAsync();
    }

    [Fact]
    public async Task CSharp_that_does_not_compile_is_shown_with_line_and_column()
    {
        _sandbox.Write("Bad.cs", "using Katanemimena.Sdk;\n\npublic sealed class Bad : IMapper\n{\n    public void Map(System.ReadOnlySpan<byte> record, long offset, IEmitter output) => output.Emitt(record, record);\n}\n");
        (await MapAsync("Bad.cs")).ExpectError(1, "Bad.cs", "CS1061", "(5,");
        await _sandbox.ExpectCleanAsync();
    }

    [Fact]
    public async Task CSharp_exception_is_shown_with_the_record()
    {
        _sandbox.Write("Throws.cs", """
            using System;
            using Katanemimena.Sdk;

            public sealed class Throws : IMapper
            {
                public void Map(ReadOnlySpan<byte> record, long offset, IEmitter output)
                {
                    if (record.StartsWith("bad"u8)) throw new InvalidOperationException("no such thing");
                }
            }
            """);
        (await MapAsync("Throws.cs")).ExpectError(1, "Throws.cs", "InvalidOperationException", "no such thing", "bad two", $"{_sandbox["data.txt"]}:9");
    }

    [Fact]
    public async Task Missing_interpreter_is_an_error_of_the_machine()
    {
        _sandbox.Set("PATH", "/nowhere");
        (await MapAsync("wc.py")).ExpectError(3, "python3");
    }

    [Theory]
    [InlineData("lines.cs", Programs.DotNetLineCount)]
    [InlineData("lines.py", Programs.GeneratorsLineCount)]
    public async Task Cache_folder_that_cannot_be_written_is_an_error_of_the_machine(string name, string code)
    {
        _sandbox.Write(name, code);
        _sandbox.Write("cache", "a file where a folder is needed");
        _sandbox.Set("XDG_CACHE_HOME", _sandbox["cache"]);
        (await _sandbox.RunAsync("run", "--data", "data.txt", "--mapper", name, "--reducer", name)).ExpectError(3, _sandbox["cache"]);
    }

    [Theory]
    [InlineData("lines.cs", Programs.DotNetLineCount)]
    [InlineData("lines.py", Programs.GeneratorsLineCount)]
    public async Task User_without_a_home_needs_no_cache(string name, string code)
    {
        _sandbox.Write(name, code);
        _sandbox.Set("XDG_CACHE_HOME", null);
        _sandbox.Set("HOME", "/nonexistent");
        (await _sandbox.RunAsync("run", "--data", "data.txt", "--mapper", name, "--reducer", name)).Expect(0);
        Assert.False(Directory.Exists(_sandbox[".cache"]));
        await _sandbox.ExpectCleanAsync();
    }

    [Fact]
    public async Task Counters_are_shown()
    {
        string script = _sandbox.Script("map.sh", "#!/bin/sh\necho 'reporter:counter:Text,Lines,3' >&2\ncat\n");
        Outcome outcome = (await MapAsync(script)).Expect(0);
        Assert.Contains("counter Text:Lines = 3", outcome.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Contracts_of_mapper_and_reducer_may_differ()
    {
        _sandbox.Write("first.py", "def map(key, line):\n    yield line.split()[0], 1\n");
        _sandbox.Write("Sum.cs", Programs.DotNetLineCount);
        Outcome outcome = await _sandbox.RunAsync("run", "--data", "data.txt", "--mapper", "first.py", "--reducer", "Sum.cs");
        Assert.Equal("bad\t1\ngood\t2\n", outcome.Expect(0).Text);
    }

    private Task<Outcome> MapAsync(string mapper, params string[] more) =>
        _sandbox.RunAsync(["run", "--data", "data.txt", "--mapper", mapper, .. more]);
}
