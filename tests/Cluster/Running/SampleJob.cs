using System.Text.Json;
using Katanemimena.Core;

namespace Katanemimena.Tests.Cluster.Running;

/// <summary>One sample in one contract, submitted.</summary>
/// <param name="Name">Sample and contract.</param>
/// <param name="Id">The job.</param>
/// <param name="Format">Of the result.</param>
/// <param name="Expected">The result's bytes.</param>
public sealed record SampleJob(string Name, JobId Id, string Format, byte[] Expected)
{
    /// <summary>Submits all samples in all contracts.</summary>
    public static async Task<List<SampleJob>> SubmitAllAsync(ClusterServices cluster)
    {
        List<SampleJob> jobs = [];
        foreach (string folder in Directory.EnumerateDirectories(Path.Join(Repository.Root, "samples")))
        {
            using var sample = JsonDocument.Parse(File.ReadAllBytes(Path.Join(folder, "sample.json")));
            JsonElement root = sample.RootElement;
            string[] input = [.. root.GetProperty("input").EnumerateArray().Select(file => Path.Join(folder, file.GetString()))];
            byte[] expected = File.ReadAllBytes(Path.Join(folder, root.GetProperty("expected").GetString()));
            foreach (JsonElement variant in root.GetProperty("variants").EnumerateArray())
            {
                string? Program(string role) => variant.TryGetProperty(role, out JsonElement file) && file.GetString() is { } name ? Path.Join(folder, name) : null;
                JobId job = await cluster.SubmitAsync(input, Program("mapper")!, Program("reducer"), Program("combiner"), new JobOptions { ChunkBytes = 1024, Reducers = 3, Workers = 4 });
                jobs.Add(new SampleJob($"{Path.GetFileName(folder)}, {variant.GetProperty("name").GetString()}", job, root.GetProperty("format").GetString()!, expected));
            }
        }

        Assert.True(jobs.Count >= 7);
        return jobs;
    }
}
