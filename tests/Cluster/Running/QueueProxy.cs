using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Katanemimena.Tests.Cluster.Running;

/// <summary>Stands between members and the queue service, counts the messages they send, and may send each more than once. What is signed of a request names neither host nor port, so signatures stay good.</summary>
internal sealed class QueueProxy : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly HttpClient _client = new(new SocketsHttpHandler { AllowAutoRedirect = false });
    private readonly Uri _service;
    private readonly int _copies;
    private int _sent;

    private QueueProxy(WebApplication app, Uri service, int copies) => (_app, _service, _copies) = (app, service, copies);

    /// <summary>Messages that members sent, without copies.</summary>
    public int Sent => Volatile.Read(ref _sent);

    public static async Task<QueueProxy> StartAsync(string storage, int copies)
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        WebApplication app = builder.Build();
        var proxy = new QueueProxy(app, Endpoint(storage), copies);
        app.Run(proxy.ForwardAsync);
        await app.StartAsync();
        return proxy;
    }

    /// <summary>A connection string that leads through here.</summary>
    public string Through(string storage) => storage.Replace(
        Endpoint(storage).GetLeftPart(UriPartial.Authority), _app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single(), StringComparison.Ordinal);

    public async ValueTask DisposeAsync()
    {
        await _app.DisposeAsync();
        _client.Dispose();
    }

    private static Uri Endpoint(string storage) => new(storage.Split(';').Single(part => part.StartsWith("QueueEndpoint=", StringComparison.Ordinal))["QueueEndpoint=".Length..]);

    private async Task ForwardAsync(HttpContext context)
    {
        using var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body);
        string target = context.Features.Get<IHttpRequestFeature>()!.RawTarget;
        if (HttpMethods.IsPost(context.Request.Method) && context.Request.Path.Value!.EndsWith("/messages", StringComparison.Ordinal))
        {
            Interlocked.Increment(ref _sent);
            for (int copy = 1; copy < _copies; copy++)
            {
                using HttpResponseMessage first = await _client.SendAsync(Request(context.Request, target, body.ToArray()));
            }
        }

        using HttpResponseMessage answer = await _client.SendAsync(Request(context.Request, target, body.ToArray()));
        context.Response.StatusCode = (int)answer.StatusCode;
        foreach ((string name, IEnumerable<string> values) in answer.Headers.Concat(answer.Content.Headers))
        {
            if (!name.Equals("Transfer-Encoding", StringComparison.OrdinalIgnoreCase) && !name.Equals("Connection", StringComparison.OrdinalIgnoreCase))
            {
                context.Response.Headers[name] = values.ToArray();
            }
        }

        if (context.Response.StatusCode is not (204 or 304) && !HttpMethods.IsHead(context.Request.Method))
        {
            await answer.Content.CopyToAsync(context.Response.Body);
        }
    }

    private HttpRequestMessage Request(HttpRequest from, string target, byte[] body)
    {
        var request = new HttpRequestMessage(new HttpMethod(from.Method), new Uri(_service.GetLeftPart(UriPartial.Authority) + target));
        if (body.Length > 0 || from.ContentLength is not null)
        {
            request.Content = new ByteArrayContent(body);
        }

        foreach ((string name, Microsoft.Extensions.Primitives.StringValues values) in from.Headers)
        {
            if (name.Equals("Host", StringComparison.OrdinalIgnoreCase) || name.Equals("Connection", StringComparison.OrdinalIgnoreCase))
            {
                continue;
            }

            if (!request.Headers.TryAddWithoutValidation(name, values.ToArray()))
            {
                request.Content?.Headers.TryAddWithoutValidation(name, values.ToArray());
            }
        }

        return request;
    }
}
