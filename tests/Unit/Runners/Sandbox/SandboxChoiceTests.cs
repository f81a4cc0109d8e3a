using Katanemimena.Core;
using Katanemimena.Runners;
using Xunit;

namespace Katanemimena.Tests.Unit.Runners.Sandbox;

/// <summary>The level that a job gets, by what it asks for, what its worker asks for, and what the machine can do.</summary>
public sealed class SandboxChoiceTests : IDisposable
{
    private static readonly string Where = $$"""
        public class M : IMapper
        {
            public void Map(ReadOnlySpan<byte> record, long offset, IEmitter output) =>
                output.Emit(Environment.ProcessId == {{Environment.ProcessId}} ? "here"u8 : "elsewhere"u8, Encoding.UTF8.GetBytes(Environment.MachineName));
        }
        """;

    private readonly string _folder = Directory.CreateTempSubdirectory("sandbox-choice-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData(SandboxDemand.Preferred, SandboxDemand.Preferred, SandboxLevel.Namespaces)]
    [InlineData(SandboxDemand.Preferred, SandboxDemand.Off, SandboxLevel.Namespaces)]
    [InlineData(SandboxDemand.Preferred, SandboxDemand.Required, SandboxLevel.Namespaces)]
    [InlineData(SandboxDemand.Required, SandboxDemand.Off, SandboxLevel.Namespaces)]
    [InlineData(SandboxDemand.Off, SandboxDemand.Off, SandboxLevel.Process)]
    [InlineData(SandboxDemand.Off, SandboxDemand.Preferred, SandboxLevel.Process)]
    [InlineData(SandboxDemand.Off, SandboxDemand.Required, SandboxLevel.Namespaces)]
    public void Where_bubblewrap_starts_the_worker_decides_unless_the_job_requires_more(SandboxDemand worker, SandboxDemand job, SandboxLevel level)
    {
        SandboxChoice choice = Choice(worker, "bwrap");
        Assert.Equal(level, choice.LevelOf(job));
        Assert.Equal(level, choice.For(job).Level);
        Assert.Null(choice.WhyNot);
    }

    [Theory]
    [InlineData(SandboxDemand.Preferred, SandboxDemand.Off)]
    [InlineData(SandboxDemand.Preferred, SandboxDemand.Preferred)]
    [InlineData(SandboxDemand.Off, SandboxDemand.Preferred)]
    public void Where_it_does_not_and_nobody_requires_it_there_are_processes(SandboxDemand worker, SandboxDemand job)
    {
        SandboxChoice choice = Choice(worker, "/bin/false");
        Assert.Equal(SandboxLevel.Process, choice.LevelOf(job));
        Assert.Equal(SandboxLevel.Process, choice.For(job).Level);
    }

    [Theory]
    [InlineData(SandboxDemand.Required, SandboxDemand.Off)]
    [InlineData(SandboxDemand.Preferred, SandboxDemand.Required)]
    [InlineData(SandboxDemand.Off, SandboxDemand.Required)]
    public void Where_it_does_not_and_somebody_requires_it_the_machine_is_blamed(SandboxDemand worker, SandboxDemand job)
    {
        PermanentFault fault = Assert.Throws<PermanentFault>(() => Choice(worker, "/bin/false").For(job));
        Assert.True(fault.OfMachine);
        Assert.Contains("/bin/false", fault.Message, StringComparison.Ordinal);
        Assert.Contains("exit code 1", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_bubblewrap_that_is_not_there_is_named() =>
        Assert.Contains("no-such-bwrap", Choice(SandboxDemand.Preferred, "no-such-bwrap").WhyNot, StringComparison.Ordinal);

    [Fact]
    public async Task A_worker_that_requires_it_is_told_at_once()
    {
        await using UserCodeHost host = new(Options(SandboxDemand.Required, "/bin/false"));
        Assert.Throws<PermanentFault>(() => host.TrySandbox());
        await using UserCodeHost other = new(Options(SandboxDemand.Preferred, "/bin/false"));
        Assert.Contains("/bin/false", other.TrySandbox(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_level_of_a_job_is_that_of_its_weakest_program()
    {
        await using UserCodeHost host = new(Options(SandboxDemand.Off, "bwrap"));
        CodeFile python = File(CodeContract.PythonFunctions);
        Assert.Equal(SandboxLevel.Process, host.LevelOf(new JobCode(Workbench.Job, python, CodeFiles.Identity, null)));
        Assert.Equal(SandboxLevel.None, host.LevelOf(new JobCode(Workbench.Job, python, File(CodeContract.DotNet), null)));
        Assert.Equal(SandboxLevel.None, host.LevelOf(new JobCode(Workbench.Job, python, python, File(CodeContract.DotNet))));
    }

    [Theory]
    [InlineData(DotNetIsolation.InProcess, SandboxDemand.Off, SandboxDemand.Off, "bwrap", SandboxLevel.None)]
    [InlineData(DotNetIsolation.InProcess, SandboxDemand.Off, SandboxDemand.Preferred, "bwrap", SandboxLevel.None)]
    [InlineData(DotNetIsolation.InProcess, SandboxDemand.Off, SandboxDemand.Required, "bwrap", SandboxLevel.Namespaces)]
    [InlineData(DotNetIsolation.InProcess, SandboxDemand.Preferred, SandboxDemand.Off, "bwrap", SandboxLevel.Namespaces)]
    [InlineData(DotNetIsolation.InProcess, SandboxDemand.Preferred, SandboxDemand.Off, "/bin/false", SandboxLevel.Process)]
    [InlineData(DotNetIsolation.OwnProcess, SandboxDemand.Off, SandboxDemand.Off, "bwrap", SandboxLevel.Process)]
    [InlineData(DotNetIsolation.OwnProcess, SandboxDemand.Preferred, SandboxDemand.Off, "bwrap", SandboxLevel.Namespaces)]
    [InlineData(DotNetIsolation.OwnProcess, SandboxDemand.Required, SandboxDemand.Off, "bwrap", SandboxLevel.Namespaces)]
    public async Task DotNet_code_runs_in_our_own_process_only_where_nobody_wants_it_elsewhere(
        DotNetIsolation isolation, SandboxDemand worker, SandboxDemand job, string bubblewrap, SandboxLevel level)
    {
        await using UserCodeHost host = new(Options(worker, bubblewrap) with { DotNetIsolation = isolation });
        string source = Path.Combine(_folder, "where.cs");
        await System.IO.File.WriteAllTextAsync(source, Where, TestContext.Current.CancellationToken);
        JobCode code = new(Workbench.Job, CodeFiles.Load(source, "mapper", CodeContract.DotNet, _folder), CodeFiles.Identity, null) { Sandbox = job };
        Assert.Equal(level, host.LevelOf(code));
        PairList pairs = new();
        Workbench.Using(await host.OpenAsync(code, TestContext.Current.CancellationToken), opened => opened.Map(Workbench.Attempt(), new RecordList("a\n"u8.ToArray()), pairs));
        Assert.Equal([(level == SandboxLevel.None ? "here" : "elsewhere", level == SandboxLevel.Namespaces ? "sandbox" : Environment.MachineName)], pairs.Pairs);
    }

    [Fact]
    public async Task DotNet_code_of_a_job_that_requires_a_sandbox_does_not_run_without()
    {
        await using UserCodeHost host = new(Options(SandboxDemand.Off, "/bin/false"));
        JobCode code = new(Workbench.Job, File(CodeContract.DotNet), CodeFiles.Identity, null) { Sandbox = SandboxDemand.Required };
        Assert.True((await Assert.ThrowsAsync<PermanentFault>(async () => await host.OpenAsync(code, TestContext.Current.CancellationToken))).OfMachine);
    }

    private static CodeFile File(CodeContract contract) => new() { Name = "x", Path = "/x", Sha256 = "", Contract = contract };

    private SandboxChoice Choice(SandboxDemand worker, string bubblewrap) => new(Options(worker, bubblewrap));

    private UserCodeHostOptions Options(SandboxDemand worker, string bubblewrap) => new()
    {
        CacheFolder = Path.Combine(_folder, "cache"),
        WorkFolder = Path.Combine(_folder, "work"),
        Sandbox = worker,
        Bubblewrap = bubblewrap,
    };
}
