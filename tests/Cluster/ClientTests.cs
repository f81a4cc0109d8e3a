using System.Text.Json;
using Katanemimena.Client;
using Katanemimena.Tests.Cluster.Running;
using Katanemimena.Tests.Cluster.Runtime;
using Katanemimena.Wire;

namespace Katanemimena.Tests.Cluster;

/// <summary>Sign in, upload, submit, watch and result through the client, over two instances of each app with the built-in triggers.</summary>
public sealed class ClientOfAppsTests(RunningCluster cluster) : IClassFixture<RunningCluster>
{
    [Fact]
    public Task Samples_by_the_client_give_the_bytes_expected() => SamplesByClient.RunAsync([.. cluster.Managers.Select(manager => manager.Address)]);
}

/// <summary>The same with the runtime's side of the custom-handler protocol in between.</summary>
public sealed class ClientThroughRuntimeTests(RuntimeCluster cluster) : IClassFixture<RuntimeCluster>
{
    [Fact]
    public Task Samples_by_the_client_give_the_bytes_expected() => SamplesByClient.RunAsync([.. cluster.Managers.Select(manager => manager.Address)]);
}

/// <summary>Runs every sample in every contract as a user does.</summary>
internal static class SamplesByClient
{
    public static async Task RunAsync(IReadOnlyList<Uri> instances)
    {
        CancellationToken never = CancellationToken.None;
        int next = 0;
        using ServiceClient uploader = await ClusterUser.AdminAsync(instances[0]);
        foreach (string folder in Directory.EnumerateDirectories(Path.Join(Repository.Root, "samples")))
        {
            using var sample = JsonDocument.Parse(File.ReadAllBytes(Path.Join(folder, "sample.json")));
            JsonElement root = sample.RootElement;
            byte[] expected = File.ReadAllBytes(Path.Join(folder, root.GetProperty("expected").GetString()));
            List<string> data = [];
            foreach (string file in root.GetProperty("input").EnumerateArray().Select(file => file.GetString()!))
            {
                string name = $"{Path.GetFileName(folder)}/{file}";
                Assert.Equal(new FileInfo(Path.Join(folder, file)).Length, (await uploader.Datafiles.UploadAsync(Path.Join(folder, file), name, replace: true, null, never)).Bytes);
                data.Add(name);
            }

            foreach (JsonElement variant in root.GetProperty("variants").EnumerateArray())
            {
                using ServiceClient client = await ClusterUser.AdminAsync(instances[next++ % instances.Count]);
                ProgramSource? Program(string role) => variant.TryGetProperty(role, out JsonElement file) && file.GetString() is { } name
                    ? new ProgramSource.Sent(Path.GetFileName(name), File.ReadAllBytes(Path.Join(folder, name)))
                    : null;
                JobDetail job = await client.Jobs.SubmitAsync(
                    new JobSubmission
                    {
                        Data = data,
                        Mapper = Program("mapper")!,
                        Reducer = Program("reducer"),
                        Combiner = Program("combiner"),
                        Options = new JobOptionsDocument { ChunkSize = "1K", Reducers = 3, Workers = 4 },
                    },
                    never);
                await foreach (JobDetail change in client.Jobs.WatchAsync(job.Id, never))
                {
                    job = change;
                }

                string what = $"{Path.GetFileName(folder)}, {variant.GetProperty("name").GetString()}";
                Assert.True(job.State == JobStates.Completed, $"{what} ended as {job.State}: {job.Error}");
                using var result = new MemoryStream();
                await client.Jobs.ResultAsync(job.Id, root.GetProperty("format").GetString()!, result, null, never);
                Assert.True(expected.AsSpan().SequenceEqual(result.GetBuffer().AsSpan(0, (int)result.Length)), $"{what} gave other bytes");
            }
        }

        Assert.True(next >= 7);
    }
}
