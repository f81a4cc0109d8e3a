using Katanemimena.Core;
using Katanemimena.Runners;
using Xunit;

namespace Katanemimena.Tests.Unit.Runners.Recognition;

public sealed class RecognitionTests : IDisposable
{
    private readonly Workbench _bench = new();

    public void Dispose() => _bench.Dispose();

    [Theory]
    [InlineData("m.cs", "class M {}", "mapper", CodeContract.DotNet)]
    [InlineData("m.dll", "MZ", "mapper", CodeContract.DotNet)]
    [InlineData("m.py", "import os\ndef mapper(arr):\n    return []\n", "mapper", CodeContract.PythonFunctions)]
    [InlineData("m.py", "def reducer(entries):\n    return {}\n", "reducer", CodeContract.PythonFunctions)]
    [InlineData("m.py", "def map(key, line):\n    yield line, 1\n", "mapper", CodeContract.PythonGenerators)]
    [InlineData("m.py", "def reduce(key, values):\n    yield key, 1\n", "reducer", CodeContract.PythonGenerators)]
    [InlineData("m.py", "def reduce(key, values):\n    yield key, 1\n", "combiner", CodeContract.PythonGenerators)]
    [InlineData("m.py", "def mapper(arr): pass\nimport sys\nsys.stdin.read()\n", "mapper", CodeContract.PythonFunctions)]
    [InlineData("m.py", "import sys\nfor line in sys.stdin: print(line)\n", "mapper", CodeContract.Streaming)]
    public void A_contract_is_recognised_from_the_file(string name, string content, string role, CodeContract contract)
    {
        Assert.Equal(contract, ContractRecognition.Recognise(_bench.Write(name, content), role));
    }

    [Theory]
    [InlineData("\uFEFFdef mapper(arr): pass\n")]
    [InlineData("from lib import (\n    reducer,\n    mapper,  # ours\n)\n")]
    [InlineData("from lib import \\\n    mapper\n")]
    [InlineData("from lib import count as mapper, x\n")]
    [InlineData("import mapper\n")]
    [InlineData("from lib import (\n    x,\n)\ndef mapper(\n    arr,\n): pass\n")]
    [InlineData("text = '''\ndef map(key, line):\n'''\nmapper = len\n")]
    [InlineData("text = '\\''  # '''\r\ndef mapper(arr): pass\r\n")]
    public void A_function_is_found_however_it_is_written(string content)
    {
        Assert.Equal(CodeContract.PythonFunctions, ContractRecognition.Recognise(_bench.Write("m.py", content), "mapper"));
    }

    [Theory]
    [InlineData("import sys\nfor line in sys.stdin.buffer: pass\n")]
    [InlineData("from sys import (\n    argv,\n    stdin)\n")]
    [InlineData("import sys as system\nprint(system.stdin.read())\n")]
    [InlineData("import fileinput\n")]
    [InlineData("line = input()\n")]
    [InlineData("text = open(0).read()\n")]
    [InlineData("text = open('/dev/stdin').read()\n")]
    [InlineData("import os\nos.read(0, 10)\n")]
    [InlineData("import sys\ndef mapper():\n    for line in sys.stdin: print(line)\nmapper()\n")]
    [InlineData("import sys\ndef map( ) :\n    print(sys.stdin.read())\nmap()\n")]
    [InlineData("from builtins import map\nprint(*map(len, open(0)))\n")]
    public void A_script_that_reads_standard_input_is_a_streaming_program(string content)
    {
        Assert.Equal(CodeContract.Streaming, ContractRecognition.Recognise(_bench.Write("m.py", content), "mapper"));
    }

    [Theory]
    [InlineData("from functools import reduce\nimport sys\nprint(reduce(max, sys.stdin))\n", CodeContract.Streaming)]
    [InlineData("from functools import partial, reduce\nimport sys\ndef reducer(): print(reduce(max, sys.stdin))\nreducer()\n", CodeContract.Streaming)]
    [InlineData("from functools import reduce\ndef reducer(entries): return {k: reduce(max, v) for k, v in entries.items()}\n", CodeContract.PythonFunctions)]
    [InlineData("from functools_of_ours import reduce\n", CodeContract.PythonGenerators)]
    public void Python_s_own_reduce_is_no_reducer(string content, CodeContract contract)
    {
        Assert.Equal(contract, ContractRecognition.Recognise(_bench.Write("r.py", content), "reducer"));
    }

    [Theory]
    [InlineData("#!/usr/bin/env python3\ndef maper(arr): pass\n")]
    [InlineData("def maper(arr): pass  # input(arr), sys.stdin\n")]
    [InlineData("def maper(arr):\n    '''Takes input(s) as sys.stdin has them.'''\n")]
    [InlineData("def maper(arr): return raw_input(arr) + self.input(arr)\n")]
    [InlineData("def input(arr): pass\n")]
    [InlineData("import subprocess\ndef maper(arr): subprocess.run(arr, stdin=None)\n")]
    [InlineData("text = '''\ndef mapper(arr): pass\n'''\ndef maper(arr): pass\n")]
    [InlineData("from lib import mapper as maper\n")]
    public void A_script_that_has_neither_a_function_of_its_role_nor_reads_its_input_is_refused(string content)
    {
        PermanentFault fault = Assert.Throws<PermanentFault>(() => ContractRecognition.Recognise(_bench.Script("m.py", content), "mapper"));
        Assert.Contains("fits no contract", fault.Message, StringComparison.Ordinal);
        Assert.Contains(content.Contains("def maper", StringComparison.Ordinal) ? "(but maper)" : "--contract streaming", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void What_the_name_of_a_file_says_counts_in_a_folder_of_PATH_too()
    {
        string? path = Environment.GetEnvironmentVariable("PATH");
        try
        {
            Environment.SetEnvironmentVariable("PATH", $"{path}:{_bench.Folder}");
            string file = _bench.Script("count-of-words.py", "#!/usr/bin/env python3\ndef mapper(arr): return []\n");
            foreach (string name in (string[])[file, "count-of-words.py"])
            {
                CodeFile code = _bench.Load(name, "mapper");
                Assert.Equal((CodeContract.PythonFunctions, _bench.In("store")), (code.Contract, Path.GetDirectoryName(code.Path)));
            }

            Assert.Equal(CodeContract.DotNet, _bench.Load(_bench.Script("Words.cs", "class M {}"), "mapper").Contract);
            CodeFile withArguments = _bench.Load("count-of-words.py -x", "mapper");
            Assert.Equal((CodeContract.Streaming, file), (withArguments.Contract, withArguments.Path));
        }
        finally
        {
            Environment.SetEnvironmentVariable("PATH", path);
        }
    }

    [Fact]
    public void Executables_and_command_lines_are_streaming_programs()
    {
        string script = _bench.Script("m", "#!/bin/sh\ncat\n");
        Assert.Equal(CodeContract.Streaming, ContractRecognition.Recognise(script, "mapper"));
        CodeFile withArguments = _bench.Load($"{script} -x 'a b'", "mapper");
        Assert.Equal(("m", CodeContract.Streaming), (withArguments.Name, withArguments.Contract));
        Assert.Equal(["-x", "a b"], withArguments.Arguments);
        CodeFile grep = _bench.Load("grep -F \"two words\"", "mapper");
        Assert.Equal(("grep", CodeContract.Streaming, Environment.CurrentDirectory), (grep.Name, grep.Contract, grep.SourceFolder));
        Assert.EndsWith("/grep", grep.Path, StringComparison.Ordinal);
        Assert.Equal(["-F", "two words"], grep.Arguments);
        Assert.Equal(grep.Path, _bench.Load($"{grep.Path} -F x", "mapper").Path);
        Assert.Equal(grep.Path, _bench.Load(grep.Path, "mapper").Path);
        Assert.NotEqual(grep.Sha256, _bench.Load("grep -F two words", "mapper").Sha256);
    }

    [Theory]
    [InlineData("m.sh", "#!/bin/sh\ncat\n", "is not executable: chmod +x")]
    [InlineData("m.txt", "just text", "fits no contract: it is not executable")]
    [InlineData("m.py", "def other(): pass\n", "has none of the functions wanted of a mapper (but other) and does not read sys.stdin")]
    [InlineData("m.py", "", "is empty")]
    public void A_file_that_fits_no_contract_is_refused_with_what_to_do(string name, string content, string message)
    {
        PermanentFault fault = Assert.Throws<PermanentFault>(() => _bench.Load(_bench.Write(name, content), "mapper"));
        Assert.Contains(message, fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void What_does_not_exist_or_is_a_folder_is_refused()
    {
        Assert.Contains("mapper 'nowhere.py' does not exist", Fail("nowhere.py"), StringComparison.Ordinal);
        Assert.Contains("no command of that name on PATH", Fail("no-such-command -x"), StringComparison.Ordinal);
        Assert.Contains("is a folder", Fail(_bench.Folder), StringComparison.Ordinal);
        Assert.Contains("a quote is not closed", Fail("grep 'x"), StringComparison.Ordinal);
        Assert.Contains("no mapper given", Fail(" "), StringComparison.Ordinal);
    }

    [Fact]
    public void A_named_contract_overrides_what_the_file_looks_like_but_must_be_possible()
    {
        string python = _bench.Write("m.py", "def mapper(arr): return []\n");
        Assert.Equal(CodeContract.Streaming, _bench.Load(python, "mapper", CodeContract.Streaming).Contract);
        Assert.Equal(CodeContract.PythonGenerators, _bench.Load(python, "mapper", CodeContract.PythonGenerators).Contract);
        Assert.Throws<PermanentFault>(() => _bench.Load(python, "mapper", CodeContract.DotNet));
        Assert.Throws<PermanentFault>(() => _bench.Load("grep x", "mapper", CodeContract.PythonFunctions));
        Assert.Throws<PermanentFault>(() => _bench.Load("x", "mapper", CodeContract.Identity));
        Assert.Same(CodeFiles.Identity, _bench.Load("x", "reducer", CodeContract.Identity));
    }

    [Fact]
    public void The_copy_is_named_by_content_and_keeps_extension_and_executable_bit()
    {
        string script = _bench.Script("m.sh", "#!/bin/sh\necho one\n");
        CodeFile one = _bench.Load(script, "mapper");
        Assert.Equal(Path.Combine(_bench.In("store"), one.Sha256 + ".sh"), one.Path);
        Assert.Equal(_bench.Folder, one.SourceFolder);
        _bench.Script("m.sh", "#!/bin/sh\necho two\n");
        CodeFile two = _bench.Load(script, "mapper");
        Assert.NotEqual(one.Path, two.Path);
        Assert.Equal("#!/bin/sh\necho one\n", File.ReadAllText(one.Path));
        Assert.True(CommandLine.IsExecutable(one.Path));
        Assert.Equal(one.Sha256, Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(File.ReadAllBytes(one.Path))));
    }

    [Fact]
    public void The_executable_bit_is_kept_even_when_the_content_was_stored_without_it()
    {
        Assert.False(CommandLine.IsExecutable(_bench.Load(_bench.Write("a.py", "#!/bin/cat\n"), "mapper", CodeContract.Streaming).Path));
        Assert.True(CommandLine.IsExecutable(_bench.Load(_bench.Script("b.py", "#!/bin/cat\n"), "mapper", CodeContract.Streaming).Path));
    }

    [Theory]
    [InlineData("a b  c", "a|b|c")]
    [InlineData("a 'b c' \"d e\"", "a|b c|d e")]
    [InlineData("a'b'\"c\"d", "abcd")]
    [InlineData("'' x", "|x")]
    [InlineData("'a\\nb' \"a\\nb\" a\\nb", "a\\nb|a\\nb|anb")]
    [InlineData("\"a\\\"b\\\\c\\$d\" \\\"", "a\"b\\c$d|\"")]
    [InlineData("\t a\\ b ", "a b")]
    public void Command_lines_split_by_the_rules_of_the_shell(string line, string words)
    {
        Assert.Equal(words, string.Join('|', CommandLine.Split(line)!));
    }

    private string Fail(string text) => Assert.Throws<PermanentFault>(() => _bench.Load(text, "mapper")).Message;
}
