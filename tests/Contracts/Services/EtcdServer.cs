using System.Diagnostics;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Xunit;

namespace Katanemimena.Tests.Contracts.Services;

/// <summary>One member of an etcd cluster, alone if not told of others.</summary>
public sealed class EtcdServer : ServiceProcess
{
    private static readonly HttpClient s_client = new();

    private readonly List<EtcdServer> _cluster;

    /// <summary>A cluster of one.</summary>
    public EtcdServer()
        : this([])
    {
    }

    private EtcdServer(List<EtcdServer> cluster)
    {
        _cluster = cluster;
        cluster.Add(this);
        (Client, Peer) = (new Uri($"http://127.0.0.1:{FreePort()}"), new Uri($"http://127.0.0.1:{FreePort()}"));
        Name = $"member-{cluster.Count}";
    }

    /// <summary>Where clients reach it.</summary>
    public Uri Client { get; private set; }

    /// <summary>More arguments, such as those of TLS.</summary>
    public IReadOnlyList<string> Arguments { get; init; } = [];

    private Uri Peer { get; }

    private string Name { get; }

    /// <summary>The members of one cluster, not started.</summary>
    public static IReadOnlyList<EtcdServer> Cluster(int members)
    {
        List<EtcdServer> cluster = [];
        while (cluster.Count < members)
        {
            _ = new EtcdServer(cluster);
        }

        return cluster;
    }

    /// <summary>Says that clients have to come by TLS.</summary>
    public EtcdServer OverTls()
    {
        Client = new UriBuilder(Client) { Scheme = "https" }.Uri;
        return this;
    }

    /// <summary>Calls its gateway with a document of JSON.</summary>
    public async Task<JsonElement> CallAsync(string path, string json, string? token = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(Client, path)) { Content = new StringContent(json, Encoding.UTF8, new MediaTypeHeaderValue("application/json")) };
        if (token is not null)
        {
            request.Headers.TryAddWithoutValidation("Authorization", token);
        }

        using HttpResponseMessage response = await s_client.SendAsync(request).InTimeAsync();
        string answer = await response.Content.ReadAsStringAsync();
        Assert.True(response.IsSuccessStatusCode, $"{path}: {answer}");
        return JsonDocument.Parse(answer).RootElement;
    }

    /// <summary>Deletes all keys.</summary>
    public Task ClearAsync() => CallAsync("v3/kv/deleterange", """{"key": "AA==", "range_end": "AA=="}""");

    /// <summary>Forgets all revisions before the present one.</summary>
    public async Task CompactAsync()
    {
        JsonElement now = await CallAsync("v3/kv/range", """{"key": "AA=="}""");
        await CallAsync("v3/kv/compaction", $$"""{"revision": "{{now.GetProperty("header").GetProperty("revision").GetString()}}", "physical": true}""");
    }

    /// <inheritdoc/>
    protected override ProcessStartInfo Command() => new("etcd",
    [
        "--name", Name, "--data-dir", Folder.File("data"), "--logger", "zap", "--log-level", "error",
        "--listen-client-urls", Address(Client), "--advertise-client-urls", Address(Client),
        "--listen-peer-urls", Address(Peer), "--initial-advertise-peer-urls", Address(Peer),
        "--initial-cluster", string.Join(',', _cluster.Select(member => $"{member.Name}={Address(member.Peer)}")),
        .. Arguments,
    ]);

    /// <inheritdoc/>
    protected override async Task<bool> AnswersAsync()
    {
        if (Client.Scheme == "https")
        {
            return await ListensAsync(Client.Port);
        }

        try
        {
            using HttpResponseMessage health = await s_client.GetAsync(new Uri(Client, "health")).InTimeAsync();
            return (await health.Content.ReadAsStringAsync()).Contains("\"true\"", StringComparison.Ordinal);
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }

    private static string Address(Uri uri) => uri.GetLeftPart(UriPartial.Authority);
}
