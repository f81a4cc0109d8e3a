using System.Diagnostics;
using Katanemimena.Core;
using Katanemimena.Runners;
using Xunit;

namespace Katanemimena.Tests.Unit.Runners.Sandbox;

/// <summary>What a worker says at its start of what user code could read.</summary>
public sealed class WorkerExposureTests
{
    private const string NoSandbox = "user code runs without a sandbox";
    private const string Memory = "memory and the environment of this worker";
    private const string Runtime = "environment of the Functions runtime";

    [Theory]
    [InlineData(true, false, SandboxDemand.Preferred, null, new string[0])]
    [InlineData(true, true, SandboxDemand.Required, null, new string[0])]
    [InlineData(false, true, SandboxDemand.Preferred, null, new string[0])]
    [InlineData(true, false, SandboxDemand.Preferred, "no bubblewrap", new[] { NoSandbox })]
    [InlineData(true, false, SandboxDemand.Off, null, new[] { NoSandbox })]
    [InlineData(false, false, SandboxDemand.Preferred, "no bubblewrap", new[] { NoSandbox, Memory })]
    [InlineData(true, true, SandboxDemand.Preferred, "no bubblewrap", new[] { NoSandbox, Runtime })]
    [InlineData(false, true, SandboxDemand.Off, null, new[] { NoSandbox, Memory, Runtime })]
    public void Each_thing_that_user_code_could_read_is_said_where_no_sandbox_keeps_it_away(bool hidden, bool shown, SandboxDemand demand, string? noSandbox, string[] expected)
    {
        string[] warnings = [.. new WorkerExposure(hidden, shown).Warnings(demand, noSandbox)];
        Assert.Equal(expected.Length, warnings.Length);
        Assert.All(expected.Zip(warnings), pair => Assert.Contains(pair.First, pair.Second, StringComparison.Ordinal));
        Assert.Equal(noSandbox is not null, warnings.Any(warning => warning.Contains("no bubblewrap", StringComparison.Ordinal)));
    }

    [Fact]
    public void Worker_that_cannot_hide_its_memory_does_not_start_where_a_sandbox_is_required()
    {
        PermanentFault fault = Assert.Throws<PermanentFault>(() => new WorkerExposure(MemoryHidden: false, RuntimeShown: false).Warnings(SandboxDemand.Required, null));
        Assert.Contains("PR_SET_DUMPABLE", fault.Message, StringComparison.Ordinal);
        Assert.True(fault.OfMachine);
    }

    [Fact]
    public void Environment_of_a_process_of_the_same_user_is_seen_to_be_shown_and_that_of_none_is_not()
    {
        using var process = Process.Start(new ProcessStartInfo("sleep", "60"))!;
        try
        {
            Assert.True(SpinWait.SpinUntil(() => WorkerExposure.ShowsEnvironment(process.Id), TimeSpan.FromSeconds(30)));
        }
        finally
        {
            process.Kill();
            process.WaitForExit();
        }

        Assert.False(WorkerExposure.ShowsEnvironment(process.Id));
        Assert.False(WorkerExposure.Find(memoryHidden: true, behindRuntime: false).RuntimeShown);
    }
}
