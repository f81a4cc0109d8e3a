using Katanemimena.Bench.Workloads;
using Katanemimena.Tests.EndToEnd.Running;

namespace Katanemimena.Tests.Bench;

/// <summary>A tiny run of every workload, so that no program of the bench rots.</summary>
/// <remarks>2 MB of text hold the word that W5 looks for a few times; a grep that finds nothing would end with 1.</remarks>
public sealed class WorkloadTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("bench-test-").FullName;

    public static TheoryData<string> Names() => [.. Catalogue.All.Select(workload => workload.Name)];

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [MemberData(nameof(Names))]
    public void Our_programs_and_those_peers_that_need_no_installation_agree(string name)
    {
        Workload workload = Catalogue.All.Single(one => one.Name == name);
        var places = new Places(Path.Join(PublishedMrctl.Root, "bench"), PublishedMrctl.Program);
        BenchProgram[] programs = [.. workload.Programs.Where(program => program.Tiny)];
        Comparison comparison = new Comparer(places, _folder, TextWriter.Null, settled: false).Compare(workload, programs, 2_000_000, rounds: 1, allowMissing: false);
        Assert.Empty(comparison.Disagreements);
        Assert.Contains(programs, program => !program.Ours);
        Assert.All(programs, program => Assert.Contains(comparison.Programs, one => one.Program == program));
    }

    [Fact]
    public void Every_goal_names_two_programs_of_its_workload()
    {
        foreach (Workload workload in Catalogue.All.Append(Latency.Workload))
        {
            Assert.All(workload.Goals, goal => Assert.True(workload.Programs.Single(program => program.Name == goal.Ours).Ours));
            Assert.All(workload.Goals, goal => Assert.False(workload.Programs.Single(program => program.Name == goal.Peer).Ours));
        }
    }
}
