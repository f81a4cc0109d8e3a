using System.Net.Sockets;
using System.Text.Json.Nodes;

namespace Katanemimena.Tests.Infra.Pods;

/// <summary>Asks a container as the kubelet does.</summary>
internal static class Probe
{
    private static readonly HttpClient s_client = new();

    /// <summary>Whether all probes of a container succeed, each within its timeout.</summary>
    internal static async Task<bool> AllAsync(JsonNode container, string address)
    {
        foreach (string name in new[] { "startupProbe", "livenessProbe", "readinessProbe" })
        {
            if (container.At(name) is { } probe && !await AskAsync(container, probe, address))
            {
                return false;
            }
        }

        return true;
    }

    private static async Task<bool> AskAsync(JsonNode container, JsonNode probe, string address)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(probe.Number("timeoutSeconds") ?? 1));
        try
        {
            if (probe.At("httpGet") is { } get)
            {
                using HttpResponseMessage answer = await s_client.GetAsync(new Uri($"http://{address}:{Port(container, get)}{get.Text("path")}"), limit.Token);
                return answer.IsSuccessStatusCode;
            }

            using var client = new TcpClient();
            await client.ConnectAsync(address, Port(container, probe["tcpSocket"]!), limit.Token);
            return true;
        }
        catch (Exception e) when (e is HttpRequestException or SocketException or OperationCanceledException)
        {
            return false;
        }
    }

    private static int Port(JsonNode container, JsonNode asked) =>
        asked.Number("port") ?? container.List("ports").Single(port => port.Text("name") == asked.Text("port")).Number("containerPort")!.Value;
}
