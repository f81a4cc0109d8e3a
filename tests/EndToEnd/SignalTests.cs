using System.Text.Json;
using Katanemimena.Tests.EndToEnd.Running;

namespace Katanemimena.Tests.EndToEnd;

/// <summary>Ctrl-C and SIGTERM end a job cleanly: no process, no temporary file, no output.</summary>
public sealed class SignalTests : IDisposable
{
    private const int Interrupt = 2, Terminate = 15;

    private readonly Sandbox _sandbox = new();

    public SignalTests()
    {
        _sandbox.Write("data.txt", string.Concat(Enumerable.Repeat("a b c\n", 1000)));
        string begun = JsonSerializer.Serialize(_sandbox["begun"]);
        _sandbox.Write("slow.py", $"import time\ndef map(key, line):\n    open({begun}, 'w').close()\n    time.sleep(600)\n    yield line, 1\n");
        _sandbox.Script("slow.sh", $"#!/bin/sh\ntouch {_sandbox["begun"]}\nsleep 600\n");
        _sandbox.Write("Slow.cs", $$"""
            using System;
            using Katanemimena.Sdk;

            public sealed class Slow : IMapper
            {
                public void Map(ReadOnlySpan<byte> record, long offset, IEmitter output)
                {
                    System.IO.File.WriteAllText({{begun}}, "");
                    for (int i = 0; i < 600_000; i++)
                    {
                        System.Threading.Thread.Sleep(1);
                        output.Emit(record, record);
                    }
                }
            }
            """);
    }

    public void Dispose() => _sandbox.Dispose();

    [Theory]
    [InlineData("slow.py", Interrupt, 130)]
    [InlineData("slow.py", Terminate, 143)]
    [InlineData("./slow.sh", Interrupt, 130)]
    [InlineData("./slow.sh", Terminate, 143)]
    [InlineData("Slow.cs", Interrupt, 130)]
    public async Task Signal_ends_the_job_and_leaves_nothing(string mapper, int signal, int exitCode)
    {
        using Mrctl mrctl = _sandbox.Start(null, "run", "--data", "data.txt", "--mapper", mapper, "--output", "out.tsv");
        await mrctl.UntilAsync(() => File.Exists(_sandbox["begun"]), "the mapper began");
        mrctl.Signal(signal);
        Outcome outcome = (await mrctl.EndAsync()).Expect(exitCode);
        Assert.Contains("stopped", outcome.Error, StringComparison.Ordinal);
        Assert.False(File.Exists(_sandbox["out.tsv"]));
        Assert.DoesNotContain(Directory.EnumerateFiles(_sandbox.Folder), path => path.EndsWith(".partial", StringComparison.Ordinal));
        await _sandbox.ExpectCleanAsync();
    }

    [Fact]
    public async Task Ctrl_C_that_also_reaches_the_children_is_no_failure_of_theirs()
    {
        Outcome outcome = await _sandbox.ShellAsync("""
            set -m
            mrctl run --data data.txt --mapper slow.py &
            job=$!
            until [ -e begun ]; do read -t 0.01 <> <(:) || true; done
            kill -INT -- -$job
            wait $job; echo $?
            """);
        Assert.Equal("130\n", outcome.Text);
        Assert.DoesNotContain("KeyboardInterrupt", outcome.Error, StringComparison.Ordinal);
        await _sandbox.ExpectCleanAsync();
    }

    [Fact]
    public async Task Signal_that_comes_twice_at_once_as_from_timeout_is_one()
    {
        // timeout(1) sends its signal to the process and then to the process's group.
        using Mrctl mrctl = _sandbox.Start(null, "run", "--data", "data.txt", "--mapper", "slow.py");
        await mrctl.UntilAsync(() => File.Exists(_sandbox["begun"]), "the mapper began");
        mrctl.Signal(Terminate);
        mrctl.Signal(Interrupt);
        Outcome outcome = await mrctl.EndAsync();
        Assert.Contains(outcome.ExitCode, new[] { 130, 143 });
        Assert.Contains("stopped by a signal", outcome.Error, StringComparison.Ordinal);
        await _sandbox.ExpectCleanAsync();
    }

    [Fact]
    public async Task Signal_while_standard_input_is_awaited_ends_it()
    {
        Outcome outcome = await _sandbox.ShellAsync("""
            mkfifo pipe
            exec 7<>pipe
            mrctl run --data - --mapper slow.py <pipe &
            job=$!
            until compgen -G "$TMPDIR/mrctl-*/input/*" >/dev/null; do read -t 0.01 <> <(:) || true; done
            kill -TERM $job
            wait $job; echo $?
            """);
        Assert.Equal("143\n", outcome.Text);
        await _sandbox.ExpectCleanAsync();
    }

    [Fact]
    public async Task Job_with_a_state_folder_can_go_on_after_a_signal()
    {
        _sandbox.Write("gate.py", $"import os, time\ndef map(key, line):\n    open({JsonSerializer.Serialize(_sandbox["begun"])}, 'w').close()\n    while not os.path.exists({JsonSerializer.Serialize(_sandbox["open"])}): time.sleep(0.01)\n    yield line, 1\n");
        using (Mrctl mrctl = _sandbox.Start(null, "run", "--state-dir", "the state", "--data", "data.txt", "--mapper", "gate.py", "--format", "jsonl", "--output", "out.jsonl"))
        {
            await mrctl.UntilAsync(() => File.Exists(_sandbox["begun"]), "the mapper began");
            mrctl.Signal(Interrupt);
            Outcome stopped = (await mrctl.EndAsync()).Expect(130);
            Assert.Contains("go on with: mrctl run --state-dir 'the state' --resume local-1 --output out.jsonl --format jsonl\n", stopped.Error, StringComparison.Ordinal);
        }

        _sandbox.Write("open", "");
        Outcome outcome = (await _sandbox.RunAsync("run", "--state-dir", "the state", "--resume", "local-1")).Expect(0);
        Assert.Equal(1000, outcome.Text.Split('\n').Length - 1);
        await _sandbox.ExpectCleanAsync();
    }

    [Fact]
    public async Task Second_signal_ends_it_at_once()
    {
        // A process that ignores SIGTERM and is deep in its work must not hold mrctl up, whatever the clean way waits for.
        _sandbox.Script("stubborn.sh", $"#!/bin/sh\ntrap '' INT TERM HUP\ntouch {_sandbox["begun"]}\nwhile :; do :; done\n");
        using Mrctl mrctl = _sandbox.Start(null, "run", "--data", "data.txt", "--mapper", "./stubborn.sh");
        await mrctl.UntilAsync(() => File.Exists(_sandbox["begun"]), "the mapper began");
        await mrctl.SignalUntilEndedAsync(Interrupt);
        (await mrctl.EndAsync()).Expect(130);
        await Sandbox.UntilAsync(() => _sandbox.Processes().Count == 0, "all processes ended");
    }
}
