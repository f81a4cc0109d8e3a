using Katanemimena.Core;
using Katanemimena.Tests.Cluster.Running;

namespace Katanemimena.Tests.Cluster;

/// <summary>Every sample in every contract gives, on a cluster, the bytes that it gives on one machine.</summary>
public sealed class SamplesTests(RunningCluster cluster) : IClassFixture<RunningCluster>
{
    [Fact]
    public async Task All_samples_at_once_give_the_bytes_expected_and_run_in_namespaces()
    {
        List<SampleJob> jobs = await SampleJob.SubmitAllAsync(cluster);
        Assert.Equal(jobs.Count, jobs.Select(job => job.Id).Distinct().Count());
        Assert.Contains(jobs, job => job.Name.Contains("dotnet", StringComparison.OrdinalIgnoreCase));
        Assert.Equal(2, jobs.Select(job => job.Id.Manager).Distinct().Count());
        foreach ((string name, JobId job, string format, byte[] expected) in jobs)
        {
            byte[] result = await cluster.ResultAsync(job, format);
            Assert.True(expected.AsSpan().SequenceEqual(result), $"{name} gave other bytes");
            Assert.True((await cluster.ManifestAsync(job)).Sandbox == SandboxLevel.Namespaces, $"{name} ran outside of the sandbox");
        }
    }

    [Fact]
    public async Task Job_that_fails_says_why_on_a_cluster_as_well()
    {
        string data = cluster.Write("bad.txt", "a\nb\n");
        string code = cluster.Write("bad.py", "def map(key, line):\n    raise ValueError('bad ' + line)\n    yield\n");
        JobState state = await cluster.EndAsync(await cluster.SubmitAsync([data], code, null));
        Assert.Equal(JobPhase.Failed, state.Phase);
        Assert.Contains("ValueError: bad a", state.Error, StringComparison.Ordinal);
        Assert.Equal(0, state.Card!.Offset);
    }
}
