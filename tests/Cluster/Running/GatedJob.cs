using System.Text;
using System.Text.Json;
using Katanemimena.Core;
using Katanemimena.Tests.Contracts;

namespace Katanemimena.Tests.Cluster.Running;

/// <summary>A job whose mappers wait until the test lets them go on: so that something can happen in the middle of it.</summary>
public sealed class GatedJob
{
    private const int Lines = 40;

    private readonly ClusterServices _cluster;

    private GatedJob(ClusterServices cluster, JobId job) => (_cluster, Job) = (cluster, job);

    /// <summary>The job.</summary>
    public JobId Job { get; }

    /// <summary>Submits it and waits until one of its mappers has begun.</summary>
    public static async Task<GatedJob> SubmitAsync(ClusterServices cluster, int attempts = 4)
    {
        string data = cluster.Write("data.txt", string.Concat(Enumerable.Range(0, Lines).Select(line => $"{line % 7} {new string('x', 200)}\n")));
        string code = cluster.Write("gate.py", $"""
            import os, time
            def map(key, line):
                open({JsonSerializer.Serialize(cluster.File("begun"))}, 'w').close()
                while not os.path.exists({JsonSerializer.Serialize(cluster.File("open"))}): time.sleep(0.01)
                yield line.split(' ')[0], 1
            def reduce(key, values):
                yield sum(values)
            """);
        JobId job = await cluster.SubmitAsync([data], code, code, options: new JobOptions { ChunkBytes = 1024, Reducers = 2, Workers = 4, AttemptsMax = attempts });
        var gated = new GatedJob(cluster, job);
        await gated.BegunAsync();
        return gated;
    }

    /// <summary>Waits until a mapper has begun, since the start or since <see cref="ForgetBegun"/>.</summary>
    /// <param name="orEnded">What else ends the wait; null for nothing.</param>
    public Task BegunAsync(Func<ValueTask<bool>>? orEnded = null) => Waiting.UntilAsync(
        async () => File.Exists(_cluster.File("begun")) || (orEnded is not null && await orEnded()), "a mapper has begun");

    /// <summary>Makes <see cref="BegunAsync"/> wait for the next mapper that begins.</summary>
    public void ForgetBegun() => File.Delete(_cluster.File("begun"));

    /// <summary>Lets the mappers go on.</summary>
    public void Open() => _cluster.Write("open", "");

    /// <summary>Waits for the result, which has to be the right one.</summary>
    public async Task ExpectAsync()
    {
        string expected = string.Concat(Enumerable.Range(0, Lines).GroupBy(line => line % 7).OrderBy(group => group.Key).Select(group => $"{group.Key}\t{group.Count()}\n"));
        Assert.Equal(expected, Encoding.UTF8.GetString(await _cluster.ResultAsync(Job)));
    }
}
