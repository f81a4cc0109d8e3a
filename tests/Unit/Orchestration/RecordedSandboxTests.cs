using System.Text;
using Katanemimena.Core;
using Katanemimena.Orchestration;
using Xunit;

namespace Katanemimena.Tests.Unit.Orchestration;

/// <summary>The sandbox that attempts record, and what a job's manifest says of it.</summary>
public sealed class RecordedSandboxTests
{
    [Theory]
    [InlineData(SandboxLevel.Namespaces, SandboxLevel.Namespaces, SandboxLevel.Namespaces)]
    [InlineData(SandboxLevel.Namespaces, SandboxLevel.Process, SandboxLevel.Process)]
    [InlineData(SandboxLevel.None, SandboxLevel.Namespaces, SandboxLevel.None)]
    [InlineData(SandboxLevel.Namespaces, null, null)]
    public void A_job_has_the_weakest_level_of_its_committed_attempts(SandboxLevel? map, SandboxLevel? reduce, SandboxLevel? job)
    {
        var state = new JobState { Phase = JobPhase.Reducing, MapTasks = 2, ReduceTasks = 1 };
        JobManifest manifest = ManifestBuilder.Build(
            new JobId("local", 1), Spec(), state, new StageCommits([Commit(map), Commit(SandboxLevel.Namespaces)], 2), new StageCommits([Commit(reduce)], 1), [1]);
        Assert.Equal(job, manifest.Sandbox);
        Assert.Equal(job, JobDocuments.ReadManifest(JobDocuments.Write(manifest)).Sandbox);
    }

    [Fact]
    public void Records_from_before_levels_were_recorded_are_read()
    {
        byte[] commit = Encoding.UTF8.GetBytes("""{"attempt":"w.1","worker":"w","bytes":3}""");
        Assert.Null(RecordJson.Read(commit, RecordJson.Default.CommitRecord).Sandbox);
        byte[] attempt = Encoding.UTF8.GetBytes("""{"worker":"w","started":"2026-01-01T00:00:00+00:00"}""");
        Assert.Null(RecordJson.Read(attempt, RecordJson.Default.AttemptRecord).Sandbox);
        string spec = Encoding.UTF8.GetString(JobDocuments.Write(Spec()));
        string old = spec.Replace(",\"sandbox\":\"Preferred\"", "", StringComparison.Ordinal);
        Assert.NotEqual(spec, old);
        Assert.Equal(SandboxDemand.Preferred, JobDocuments.ReadSpec(Encoding.UTF8.GetBytes(old)).Options.Sandbox);
    }

    private static CommitRecord Commit(SandboxLevel? sandbox) => new() { Attempt = "w.1", Worker = "w", Sandbox = sandbox };

    private static JobSpec Spec()
    {
        CodeFile file = new() { Name = "x", Path = "/x", Sha256 = "", Contract = CodeContract.Streaming };
        return new JobSpec { Inputs = [], Mapper = file, Reducer = file };
    }
}
