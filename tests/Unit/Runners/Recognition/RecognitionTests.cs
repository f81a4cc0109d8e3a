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
    [InlineData("m.py", "#!/usr/bin/env python3\nprint(1)\n", "mapper", CodeContract.Streaming)]
    [InlineData("m.py", "import sys\nfor line in sys.stdin: print(line)\n", "mapper", CodeContract.Streaming)]
    public void A_contract_is_recognised_from_the_file(string name, string content, string role, CodeContract contract)
    {
        Assert.Equal(contract, ContractRecognition.Recognise(_bench.Write(name, content), role));
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
    [InlineData("m.py", "def other(): pass\n", "has none of the functions wanted of a mapper and does not read sys.stdin")]
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
        Assert.False(CommandLine.IsExecutable(_bench.Load(_bench.Write("a.py", "#!/bin/cat\n"), "mapper").Path));
        Assert.True(CommandLine.IsExecutable(_bench.Load(_bench.Script("b.py", "#!/bin/cat\n"), "mapper").Path));
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
