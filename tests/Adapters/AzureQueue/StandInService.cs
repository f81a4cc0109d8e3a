using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Katanemimena.Tests.Contracts;

namespace Katanemimena.Tests.Adapters;

/// <summary>Stands in for a queue service in a state that Azurite is never in: answers every request the same way and remembers what was asked.</summary>
public sealed class StandInService : IAsyncDisposable
{
    private const int TriesMax = 20;

    private readonly HttpListener _listener;
    private readonly int _status;
    private readonly string _code;
    private readonly byte[] _body;
    private readonly Task _answering;

    /// <param name="status">Status of every answer.</param>
    /// <param name="code">The service's name for the error.</param>
    /// <param name="body">What every answer holds; by default the error, as the service describes it.</param>
    public StandInService(int status, string code = "", string? body = null)
    {
        body ??= $"""<?xml version="1.0" encoding="utf-8"?><Error><Code>{code}</Code><Message>Any.</Message></Error>""";
        (_status, _code, _body) = (status, code, Encoding.UTF8.GetBytes(body));
        _listener = Listen();
        _answering = AnswerAsync();
    }

    /// <summary>Method, path and query of every request, in order.</summary>
    public ConcurrentQueue<string> Requests { get; } = new();

    public string ConnectionString =>
        $"AccountName=account;AccountKey={Convert.ToBase64String("key"u8)};QueueEndpoint={_listener.Prefixes.Single()}account;";

    public async ValueTask DisposeAsync()
    {
        _listener.Close();
        await _answering.InTimeAsync();
    }

    /// <remarks>A listener takes no port 0, so another may take a free port first.</remarks>
    private static HttpListener Listen()
    {
        for (int tries = 1; ; tries++)
        {
            using TcpListener free = new(IPAddress.Loopback, 0);
            free.Start();
            int port = ((IPEndPoint)free.LocalEndpoint).Port;
            free.Stop();
            HttpListener listener = new();
            listener.Prefixes.Add($"http://127.0.0.1:{port}/");
            try
            {
                listener.Start();
                return listener;
            }
            catch (HttpListenerException) when (tries < TriesMax)
            {
            }
        }
    }

    private async Task AnswerAsync()
    {
        while (true)
        {
            try
            {
                HttpListenerContext context = await _listener.GetContextAsync();
                Requests.Enqueue($"{context.Request.HttpMethod} {context.Request.RawUrl}");
                context.Response.StatusCode = _status;
                context.Response.ContentType = "application/xml";
                if (_code.Length > 0)
                {
                    context.Response.Headers["x-ms-error-code"] = _code;
                }

                context.Response.Close(_body, willBlock: false);
            }
            catch (Exception e) when (e is HttpListenerException or ObjectDisposedException)
            {
                return;
            }
        }
    }
}
