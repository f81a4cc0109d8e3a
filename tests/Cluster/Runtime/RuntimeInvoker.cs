using System.Collections.Concurrent;
using System.Net.Http.Headers;
using System.Text.Json;

namespace Katanemimena.Tests.Cluster.Runtime;

/// <summary>Posts invocations to an app and judges its answers as the runtime does.</summary>
/// <param name="port">Where the app listens.</param>
internal sealed class RuntimeInvoker(int port) : IDisposable
{
    private readonly HttpClient _client = new() { Timeout = TimeSpan.FromMinutes(31) };

    /// <summary>Answers that the runtime would wait on for ever, or could not read: there must be none.</summary>
    public ConcurrentQueue<string> Violations { get; } = new();

    /// <summary>Most invocations that were in flight at once.</summary>
    public int InFlightMax { get; private set; }

    private int _inFlight;

    /// <summary>Invokes a function.</summary>
    /// <returns>Whether it succeeded.</returns>
    public async Task<bool> InvokeAsync(string function, byte[] body, CancellationToken cancellation)
    {
        int inFlight = Interlocked.Increment(ref _inFlight);
        InFlightMax = Math.Max(InFlightMax, inFlight);
        try
        {
            using HttpRequestMessage request = Request(function, body);
            using HttpResponseMessage answer = await _client.SendAsync(request, cancellation);
            return Judge(function, answer, await answer.Content.ReadAsStringAsync(cancellation));
        }
        catch (HttpRequestException)
        {
            return false; // The process has died or is not up.
        }
        finally
        {
            Interlocked.Decrement(ref _inFlight);
        }
    }

    public void Dispose() => _client.Dispose();

    /// <summary>In chunks, without a length, as the runtime sends it.</summary>
    private HttpRequestMessage Request(string function, byte[] body)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, new Uri($"http://127.0.0.1:{port}/{function}")) { Content = new ByteArrayContent(body) };
        request.Content.Headers.ContentType = MediaTypeHeaderValue.Parse("application/json; charset=utf-8");
        request.Headers.TransferEncodingChunked = true;
        request.Headers.Add("X-Azure-Functions-InvocationId", Guid.NewGuid().ToString());
        request.Headers.Add("X-Azure-Functions-HostVersion", "4.1036.3.0");
        request.Headers.UserAgent.ParseAdd("Azure-Functions-Host/4.1036.3.0");
        return request;
    }

    private bool Judge(string function, HttpResponseMessage answer, string text)
    {
        if (!answer.IsSuccessStatusCode)
        {
            return false;
        }

        if (answer.Content.Headers.ContentType?.MediaType is not ("application/json" or "text/json"))
        {
            Violations.Enqueue($"{function} answered {(int)answer.StatusCode} as {answer.Content.Headers.ContentType}");
            return false;
        }

        try
        {
            using var document = JsonDocument.Parse(text);
            if (document.RootElement.ValueKind == JsonValueKind.Object)
            {
                return true;
            }
        }
        catch (JsonException)
        {
        }

        Violations.Enqueue($"{function} answered {(int)answer.StatusCode} with '{text}', on which the runtime would wait for ever");
        return false;
    }
}
