using Katanemimena.TriggerHost;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Katanemimena.Tests.Cluster.Runtime;

/// <summary>Forwards requests of HTTP functions to an app as the runtime does with <c>enableForwardingHttpRequest</c>.</summary>
/// <remarks>Source: azure-functions-host 4.1036, DefaultHttpWorkerService and HttpRequestExtensions: bodies and answers are buffered whole, requests in chunks fail, some content
/// headers are dropped, repeated ones and repeated query parameters are joined.</remarks>
internal sealed class RuntimeFront : IAsyncDisposable
{
    private const long BodyBytesMax = 104_857_600;
    private static readonly string[] s_dropped = ["Content-Encoding", "Content-Language", "Content-Disposition", "Content-MD5", "Content-Range", "Expires", "Last-Modified", "Allow"];
    private static readonly string[] s_content = ["Content-Type", "Content-Length"];

    private readonly WebApplication _app;
    private readonly HttpClient _client = new(new SocketsHttpHandler { AllowAutoRedirect = false });
    private readonly int _port;

    private RuntimeFront(WebApplication app, int port) => (_app, _port) = (app, port);

    /// <summary>Where clients reach it.</summary>
    public Uri Address { get; private set; } = null!;

    public static async Task<RuntimeFront> StartAsync(IEnumerable<FunctionFile> functions, HostSettings settings, int port)
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0").ConfigureKestrel(kestrel => kestrel.Limits.MaxRequestBodySize = null);
        WebApplication app = builder.Build();
        var front = new RuntimeFront(app, port);
        foreach (FunctionFile function in functions)
        {
            if (function.Trigger is FunctionTrigger.Http http)
            {
                app.MapMethods($"/{settings.RoutePrefix}/{http.Route}", http.Methods, front.ForwardAsync);
            }
        }

        await app.StartAsync();
        front.Address = new Uri(app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single());
        return front;
    }

    public async ValueTask DisposeAsync()
    {
        await _app.DisposeAsync();
        _client.Dispose();
    }

    private async Task ForwardAsync(HttpContext context)
    {
        if (context.Request.Headers.TransferEncoding.Count > 0 || context.Request.ContentLength > BodyBytesMax)
        {
            context.Response.StatusCode = StatusCodes.Status500InternalServerError;
            return;
        }

        using var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body);
        try
        {
            using HttpRequestMessage request = Rebuild(context.Request, body.ToArray());
            using HttpResponseMessage answer = await _client.SendAsync(request, HttpCompletionOption.ResponseContentRead);
            await AnswerAsync(context.Response, answer);
        }
        catch (HttpRequestException)
        {
            context.Response.StatusCode = StatusCodes.Status500InternalServerError;
        }
    }

    private HttpRequestMessage Rebuild(HttpRequest request, byte[] body)
    {
        string path = request.HttpContext.Features.Get<Microsoft.AspNetCore.Http.Features.IHttpRequestFeature>()!.RawTarget.Split('?')[0];
        string query = string.Join('&', request.Query.Select(pair => $"{Uri.EscapeDataString(pair.Key)}={Uri.EscapeDataString(string.Join(',', pair.Value!))}"));
        int cut = path.IndexOf("%3F", StringComparison.OrdinalIgnoreCase);
        var uri = new Uri($"http://127.0.0.1:{_port}{(cut < 0 ? path : path[..cut])}{(query.Length == 0 ? "" : $"?{query}")}");
        var forwarded = new HttpRequestMessage(new HttpMethod(request.Method), uri);
        if (request.ContentLength > 0)
        {
            forwarded.Content = new ByteArrayContent(body);
        }

        foreach ((string name, Microsoft.Extensions.Primitives.StringValues values) in request.Headers)
        {
            string joined = string.Join(", ", values!);
            if (s_content.Contains(name, StringComparer.OrdinalIgnoreCase))
            {
                forwarded.Content?.Headers.TryAddWithoutValidation(name, joined);
            }
            else if (!s_dropped.Contains(name, StringComparer.OrdinalIgnoreCase))
            {
                forwarded.Headers.TryAddWithoutValidation(name, joined);
            }
        }

        forwarded.Headers.Add("X-Azure-Functions-InvocationId", Guid.NewGuid().ToString());
        forwarded.Headers.Add("X-Azure-Functions-HostVersion", "4.1036.3.0");
        return forwarded;
    }

    private static async Task AnswerAsync(HttpResponse response, HttpResponseMessage answer)
    {
        response.StatusCode = (int)answer.StatusCode;
        byte[] body = await answer.Content.ReadAsByteArrayAsync();
        foreach ((string name, IEnumerable<string> values) in answer.Headers.Concat(answer.Content.Headers))
        {
            if (!name.Equals("Transfer-Encoding", StringComparison.OrdinalIgnoreCase))
            {
                response.Headers[name] = values.ToArray();
            }
        }

        if (!HttpMethods.IsHead(response.HttpContext.Request.Method) && response.StatusCode is not (204 or 304))
        {
            response.ContentLength = body.Length;
            await response.Body.WriteAsync(body);
        }
    }
}
