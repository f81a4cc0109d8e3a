using Katanemimena.Core;
using Katanemimena.Runners;
using Xunit;

namespace Katanemimena.Tests.Unit.Runners.DotNet;

/// <summary>.NET code in a sandbox works as it does elsewhere.</summary>
public sealed class SandboxedTests() : DotNetContract(DotNetIsolation.OwnProcess, SandboxDemand.Required)
{
    [Theory]
    [InlineData("Environment.Exit(3);", 3, "ended with exit code 3", "")]
    [InlineData("Environment.FailFast(\"enough\");", 134, "was ended by signal 6, SIGABRT", ": Process terminated: enough")]
    [InlineData("System.Diagnostics.Process.GetCurrentProcess().Kill();", 137, "was ended by signal 9, SIGKILL", "")]
    public void Code_that_ends_its_process_fails_with_its_record(string body, int exitCode, string how, string why)
    {
        string mapper = Bench.Write("bad.cs", Mapper($"if (record.SequenceEqual(\"bad\"u8)) {{ {body} }} output.Emit(record, default);"));
        FailureCard card = Assert.Throws<UserCodeFault>(() => Bench.Map(mapper, "a\nbad\n")).Card;
        Assert.StartsWith($"the mapper 'bad.cs' {how}", card.Error, StringComparison.Ordinal);
        Assert.EndsWith($" on the record at byte 2 of data.txt{why}", card.Error, StringComparison.Ordinal);
        Assert.Equal((exitCode, 2L), (card.ExitCode, card.Offset));
        Assert.Equal("bad"u8.ToArray(), card.Record);
        Assert.Equal(0, Bench.WorkFoldersLeft);
    }

    [Fact]
    public void A_process_is_kept_for_the_programs_of_its_own_file_and_for_no_other()
    {
        string id = Mapper("output.Emit(Encoding.UTF8.GetBytes($\"{Environment.ProcessId} {File.ResolveLinkTarget(\"/proc/self/ns/pid\", false)!.Name}\"), default);");
        string both = Bench.Write("both.cs", id + "public class R : IReducer { public void Reduce(ReadOnlySpan<byte> key, IValues values, IEmitter output) => output.Emit(Encoding.UTF8.GetBytes($\"{Environment.ProcessId} {File.ResolveLinkTarget(\"/proc/self/ns/pid\", false)!.Name}\"), default); }");
        string other = Bench.Write("other.cs", id.Replace("class M", "class N", StringComparison.Ordinal));
        CodeFile mapper = Bench.Load(both, "mapper"), reducer = Bench.Load(both, "reducer");
        PairList pairs = new();
        Workbench.Using(Bench.Open(new JobCode(Workbench.Job, mapper, reducer, null)), code =>
        {
            code.Map(Workbench.Attempt(), new RecordList("a\n"u8.ToArray()), pairs);
            code.Reduce(Workbench.Attempt(TaskStage.Reduce), GroupList.Of(("a", ["1"])), pairs);
            Workbench.Using(Bench.Open(new JobCode(Workbench.Job, Bench.Load(other, "mapper"), CodeFiles.Identity, null)), second => second.Map(Workbench.Attempt(), new RecordList("a\n"u8.ToArray()), pairs));
            code.Map(Workbench.Attempt(), new RecordList("a\n"u8.ToArray()), pairs);
        });
        Assert.Equal([pairs.Pairs[0], pairs.Pairs[0], pairs.Pairs[2], pairs.Pairs[0]], pairs.Pairs);
        Assert.NotEqual(pairs.Pairs[0], pairs.Pairs[2]);
        Assert.Equal(0, Bench.WorkFoldersLeft);
    }

    [Fact]
    public void It_sees_of_our_own_files_what_it_cannot_do_without()
    {
        Bench.Write("beside.txt", "secret");
        string mapper = Bench.Write("look.cs", Mapper($$"""
            foreach (string folder in new[] { "{{Bench.Folder}}", "{{Bench.Options.CacheFolder}}", "{{Path.TrimEndingDirectorySeparator(AppContext.BaseDirectory)}}" })
                foreach (string file in Directory.Exists(folder) ? Directory.GetFiles(folder) : [])
                    output.Emit(Encoding.UTF8.GetBytes(Path.GetFileName(file)), default);
            """));
        string[] seen = [.. Bench.Map(mapper, "a\n").Pairs.Select(pair => pair.Key).Order(StringComparer.Ordinal)];
        string compiled = Path.GetFileName(Directory.GetFiles(Bench.Options.CacheFolder, "*.dll").Single());
        Assert.Equal(HostFiles.ToRun.Where(file => Path.GetDirectoryName(file) == Path.GetDirectoryName(HostFiles.Program)).Select(Path.GetFileName).Append(compiled).Order(StringComparer.Ordinal), seen);
    }
}

/// <summary>.NET code for a sandbox is made ready as it is elsewhere.</summary>
public sealed class SandboxedLoadingTests() : DotNetLoadingContract(DotNetIsolation.OwnProcess, SandboxDemand.Required)
{
    [Fact]
    public void The_compiler_is_in_the_sandbox_as_well()
    {
        string starts = Bench.In("starts");
        string bubblewrap = Bench.Script("bwrap", $"#!/bin/sh\necho \"$@\" | tr '\\n' ' ' >>'{starts}'; echo >>'{starts}'; exec bwrap \"$@\"\n");
        using Workbench bench = new(options => options with { DotNetIsolation = DotNetIsolation.OwnProcess, Sandbox = SandboxDemand.Required, Bubblewrap = bubblewrap });
        Assert.Equal([("a", "")], bench.Map(bench.Write("m.cs", Mapper), "a\n").Pairs);
        string compiled = Directory.GetFiles(bench.Options.CacheFolder, "*.dll").Single();
        string[] lines = File.ReadAllLines(starts);
        Assert.Equal(["/bin/true", "compiles", "runs"], lines.Select(line => line.Contains("Microsoft.CodeAnalysis.CSharp.dll", StringComparison.Ordinal) ? "compiles" : line.Contains(compiled, StringComparison.Ordinal) ? "runs" : line.Trim().Split(' ')[^1]));
        Assert.DoesNotContain(compiled, lines[1], StringComparison.Ordinal);
    }
}
