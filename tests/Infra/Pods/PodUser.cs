using System.Text;
using System.Text.Json;
using Katanemimena.Client;
using Katanemimena.Tests.Contracts;
using Katanemimena.Wire;
using Xunit;

namespace Katanemimena.Tests.Infra.Pods;

/// <summary>The first admin, with the password that infra/up made, who runs jobs while KEDA scales.</summary>
internal sealed class PodUser : IDisposable
{
    private static readonly TimeSpan s_limit = TimeSpan.FromMinutes(3);
    private static readonly TimeSpan s_look = TimeSpan.FromMilliseconds(500);

    private readonly ServiceClient _client;

    private PodUser(ServiceClient client) => _client = client;

    internal static async Task<PodUser> SignInAsync(PodCluster cluster)
    {
        Assert.True(ServiceAddress.TryParse($"http://{cluster.Api.Address}:8080", out ServiceAddress? server));
        using var anonymous = new ServiceClient(new ServiceClientOptions { Server = server! });
        TokensDocument tokens = await anonymous.Accounts.LoginAsync("admin", cluster.Secret("access", "ADMIN_PASSWORD"), null, CancellationToken.None);
        return new PodUser(new ServiceClient(new ServiceClientOptions { Server = server!, Tokens = new FixedToken(tokens.AccessToken) }));
    }

    /// <summary>Submits one way of writing a sample.</summary>
    internal Task<JobDetail> SubmitSampleAsync(string sample, string variant)
    {
        string folder = Path.Join(Repository.Root, "samples", sample);
        using var read = JsonDocument.Parse(File.ReadAllBytes(Path.Join(folder, "sample.json")));
        JsonElement of = read.RootElement.GetProperty("variants").EnumerateArray().Single(entry => entry.GetProperty("name").GetString() == variant);
        ProgramSource? Program(string role) => of.TryGetProperty(role, out JsonElement file) && file.GetString() is { } name
            ? new ProgramSource.Sent(Path.GetFileName(name), File.ReadAllBytes(Path.Join(folder, name)))
            : null;
        return _client.Jobs.SubmitAsync(
            new JobSubmission
            {
                Input = [.. read.RootElement.GetProperty("input").EnumerateArray().Select(file => file.GetString()!).Select(file => new ProgramSource.Sent(Path.GetFileName(file), File.ReadAllBytes(Path.Join(folder, file))))],
                Mapper = Program("mapper")!,
                Reducer = Program("reducer"),
                Combiner = Program("combiner"),
                Options = new JobOptionsDocument { ChunkSize = "1K", Reducers = 3, Workers = 4 },
            },
            CancellationToken.None);
    }

    /// <summary>Submits a Python program over lines of data.</summary>
    internal Task<JobDetail> SubmitAsync(string data, string program, string chunkSize)
    {
        var sent = new ProgramSource.Sent("program.py", Encoding.UTF8.GetBytes(program));
        return _client.Jobs.SubmitAsync(
            new JobSubmission { Input = [new ProgramSource.Sent("data.txt", Encoding.UTF8.GetBytes(data))], Mapper = sent, Reducer = sent, Options = new JobOptionsDocument { ChunkSize = chunkSize, Reducers = 1, Workers = 4 } },
            CancellationToken.None);
    }

    /// <summary>What a sample must give, and in which format.</summary>
    internal static (byte[] Bytes, string Format) Expected(string sample)
    {
        string folder = Path.Join(Repository.Root, "samples", sample);
        using var read = JsonDocument.Parse(File.ReadAllBytes(Path.Join(folder, "sample.json")));
        return (File.ReadAllBytes(Path.Join(folder, read.RootElement.GetProperty("expected").GetString())), read.RootElement.GetProperty("format").GetString()!);
    }

    /// <summary>The job as it is now, with its tasks.</summary>
    internal Task<JobDetail> GetAsync(string job) => _client.Jobs.GetAsync(job, tasks: true, CancellationToken.None);

    /// <summary>Waits for a job's end, while scalers look at the queues, and reads its result.</summary>
    internal async Task<byte[]> ResultAsync(JobDetail job, string format, params Scaler[] scalers)
    {
        await Waiting.UntilAsync(
            async () =>
            {
                foreach (Scaler scaler in scalers)
                {
                    await scaler.LookAsync();
                }

                await Waiting.PassAsync(s_look);
                job = await _client.Jobs.GetAsync(job.Id, tasks: false, CancellationToken.None);
                return JobStates.HasEnded(job.State);
            },
            $"{job.Id} ends",
            s_limit);
        Assert.True(job.State == JobStates.Completed, $"{job.Id} ended as {job.State}: {job.Error}");
        using var result = new MemoryStream();
        await _client.Jobs.ResultAsync(job.Id, format, result, null, CancellationToken.None);
        return result.ToArray();
    }

    public void Dispose() => _client.Dispose();
}
