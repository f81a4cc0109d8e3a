using Katanemimena.Tests.Contracts;
using Katanemimena.Wire;
using Xunit;

namespace Katanemimena.Tests.Infra.Pods;

/// <summary>The overlay for one node, run in containers as its manifests say, with workers scaled by ScaledObjects.</summary>
public sealed class PodTests(DevCluster dev) : IClassFixture<DevCluster>
{
    private readonly PodCluster _cluster = dev.Pods;

    [Fact]
    public async Task Jobs_scale_workers_from_none_and_give_the_right_bytes_in_containers_that_may_do_nothing_else()
    {
        (Scaler mappers, Scaler reducers) = (new Scaler(_cluster, "ScaledObject/mapper"), new Scaler(_cluster, "ScaledObject/reducer"));
        using PodUser user = await PodUser.SignInAsync(_cluster);
        await mappers.LookAsync();
        Assert.Empty(mappers.Pods);
        foreach ((string sample, string variant) in new[] { ("word-count", "functions"), ("word-count", "dotnet"), ("join", "streaming") })
        {
            (byte[] expected, string format) = PodUser.Expected(sample);
            byte[] result = await user.ResultAsync(await user.SubmitSampleAsync(sample, variant), format, mappers, reducers);
            Assert.True(expected.AsSpan().SequenceEqual(result), $"{sample}, {variant} gave other bytes");
        }

        foreach (Pod pod in (Pod[])[_cluster.Api, .. mappers.Pods, .. reducers.Pods])
        {
            Confined.Check(pod);
        }

        await TakeOutAllAsync(mappers, reducers);
    }

    [Fact]
    public async Task Busy_worker_that_is_asked_to_stop_ends_with_0_within_its_grace_and_the_job_is_right()
    {
        (Scaler mappers, Scaler reducers) = (new Scaler(_cluster, "ScaledObject/mapper"), new Scaler(_cluster, "ScaledObject/reducer"));
        using PodUser user = await PodUser.SignInAsync(_cluster);
        JobDetail job = await user.SubmitAsync(
            string.Concat(Enumerable.Range(0, 40).Select(line => $"{line % 7} {new string('x', 100)}\n")),
            "import time\ndef map(key, line):\n    time.sleep(0.4)\n    yield line.split(' ')[0], 1\ndef reduce(key, values):\n    yield sum(values)\n",
            "1K");
        // One pod, so that it is this one that works.
        Pod pod = await _cluster.StartPodAsync("Deployment/mapper", _cluster.NewName("mapper"));
        await Waiting.UntilAsync(async () => (await user.GetAsync(job.Id)).Tasks!.Any(task => task.State == "running"), "the mapper works");
        long start = TimeProvider.System.GetTimestamp();
        Assert.Equal(0, await pod.Container.StopAsync());
        TimeSpan took = TimeProvider.System.GetElapsedTime(start);
        TestContext.Current.TestOutputHelper!.WriteLine($"a busy mapper ended {took.TotalSeconds:0.0} s after SIGTERM");
        Assert.True(took.TotalSeconds < _cluster.Manifests.Find("Deployment/mapper")!.Template.Number("spec/terminationGracePeriodSeconds"));
        byte[] result = await user.ResultAsync(job, "tsv", mappers, reducers);
        string expected = string.Concat(Enumerable.Range(0, 40).GroupBy(line => line % 7).OrderBy(group => group.Key).Select(group => $"{group.Key}\t{group.Count()}\n"));
        Assert.Equal(expected, System.Text.Encoding.UTF8.GetString(result));
        StageDocument map = (await user.GetAsync(job.Id)).Map;
        Assert.True(map.Tasks > 2, $"{map.Tasks} tasks");
        Assert.Equal(map.Tasks, map.Attempts); // what it had begun it ended, or gave back unbegun
        await TakeOutAllAsync(mappers, reducers);
    }

    private static async Task TakeOutAllAsync(params Scaler[] scalers)
    {
        foreach ((Scaler scaler, Pod pod) in scalers.SelectMany(scaler => scaler.Pods.Select(pod => (scaler, pod))).ToArray())
        {
            Assert.Equal(0, await scaler.TakeOutAsync(pod));
        }
    }
}

/// <summary>The overlay, without workers.</summary>
public sealed class DevCluster : IAsyncLifetime
{
    internal PodCluster Pods { get; private set; } = null!;

    public async ValueTask InitializeAsync() => Pods = await PodCluster.StartAsync("dev");

    public ValueTask DisposeAsync() => Pods?.DisposeAsync() ?? ValueTask.CompletedTask;
}

/// <summary>The same with workers as Jobs, which end by themselves.</summary>
public sealed class PodJobTests : IAsyncLifetime
{
    private PodCluster _cluster = null!;

    public async ValueTask InitializeAsync() => _cluster = await PodCluster.StartAsync("dev-jobs");

    public ValueTask DisposeAsync() => _cluster?.DisposeAsync() ?? ValueTask.CompletedTask;

    [Fact]
    public async Task Workers_end_with_0_once_their_queue_is_empty()
    {
        (Scaler mappers, Scaler reducers) = (new Scaler(_cluster, "ScaledJob/mapper"), new Scaler(_cluster, "ScaledJob/reducer"));
        using PodUser user = await PodUser.SignInAsync(_cluster);
        (byte[] expected, string format) = PodUser.Expected("word-count");
        byte[] result = await user.ResultAsync(await user.SubmitSampleAsync("word-count", "functions"), format, mappers, reducers);
        Assert.True(expected.AsSpan().SequenceEqual(result), "other bytes");
        Pod[] pods = [.. mappers.Pods, .. reducers.Pods];
        Assert.NotEmpty(mappers.Pods);
        Assert.NotEmpty(reducers.Pods);
        foreach (Pod pod in pods)
        {
            int code = await pod.Container.EndedAsync();
            Assert.True(code == 0, $"{pod.Name} ended with {code}: {pod.Container.Output}");
        }
    }
}
