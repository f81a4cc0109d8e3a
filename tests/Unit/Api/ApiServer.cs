using System.Diagnostics.Metrics;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;
using Katanemimena.Access;
using Katanemimena.Adapters.InMemory;
using Katanemimena.Api;
using Katanemimena.Tests.Unit.Access;
using Katanemimena.TriggerHost;
using Katanemimena.Wire;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Xunit;
using Endpoint = Katanemimena.Api.Endpoint;

namespace Katanemimena.Tests.Unit.Api;

/// <summary>Endpoints behind a real server on 127.0.0.1, over stores in memory and a clock that stands still.</summary>
internal sealed class ApiServer : IAsyncDisposable
{
    internal const string Password = AccessRig.Password;

    private readonly InMemoryTaskQueue _queue;
    private readonly Meter _meter = new("Katanemimena.Tests");
    private WebApplication _app = null!;

    private ApiServer(AccessOptions? options)
    {
        Rig = new AccessRig(options);
        _queue = new InMemoryTaskQueue(Rig.Clock);
        Parts = new ApiParts
        {
            AccessSource = () => Rig.First,
            Store = Rig.Store,
            Queue = _queue,
            Volume = new InMemoryVolume(),
            ProcessName = "api-0",
            Time = Rig.Clock,
            Metrics = new MetricsExposition(_meter),
            Used = (_, _) => ValueTask.FromResult(new QuotaDocument(1, 2)),
            Log = Log,
        };
    }

    internal AccessRig Rig { get; }

    internal ApiParts Parts { get; private set; }

    /// <summary>Measures the endpoints, as in an app.</summary>
    internal MeasuredFunctions Measured => field ??= new MeasuredFunctions(_meter, Rig.Clock);

    /// <summary>Everything that the server and the endpoints log.</summary>
    internal CapturedLog Log { get; } = new();

    internal HttpClient Client { get; private set; } = null!;

    /// <summary>Starts a server.</summary>
    /// <param name="endpoints">Makes the endpoints of the parts.</param>
    /// <param name="change">Changes the parts before that.</param>
    /// <param name="options">Figures of access; by default one round of hashing.</param>
    /// <param name="limits">Changes the server's limits.</param>
    internal static async Task<ApiServer> StartAsync(
        Func<ApiParts, IEnumerable<Endpoint>> endpoints, Func<ApiParts, ApiParts>? change = null, AccessOptions? options = null, Action<KestrelServerLimits>? limits = null)
    {
        ApiServer server = new(options);
        server.Parts = change?.Invoke(server.Parts) ?? server.Parts;
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders().SetMinimumLevel(LogLevel.Trace).AddProvider(server.Log);
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            CustomHandlerProcess.Listen(kestrel, 0);
            limits?.Invoke(kestrel.Limits);
        });
        server._app = builder.Build();
        server._app.UseProblemsForUnmatchedPaths();
        var functions = new ApiFunctions(() => server.Parts.Access.AccessTokens, server.Log, server.Parts.MetricsToken);
        server._app.MapHttpFunctions(server.Measured.Of(new FunctionCatalogue(functions.Of(endpoints(server.Parts)))), new HostSettings());
        await server._app.StartAsync();
        string address = server._app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single();
        server.Client = new HttpClient { BaseAddress = new Uri(address) };
        return server;
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await _app.DisposeAsync();
        Parts.Metrics.Dispose();
        _meter.Dispose();
        _queue.Dispose();
        Rig.Dispose();
    }

    /// <summary>An access token of a user, who is made if there is none of the name.</summary>
    internal async Task<string> TokenAsync(string name, UserRole role = UserRole.User)
    {
        UserAccount user = await Rig.First.Users.FindAsync(name, default) ?? await Rig.AddAsync(name, role);
        return (await Rig.First.Sessions.StartAsync(user, default)).Access.Text;
    }

    /// <summary>Signs in.</summary>
    internal Task<ApiAnswer> LoginAsync(string name, string password, string? device = null) =>
        SendAsync("POST", "login", new LoginRequest(name, password, device), WireJson.Default.LoginRequest);

    /// <summary>Sends a request.</summary>
    /// <param name="method">Its method.</param>
    /// <param name="path">Below <c>/api/</c>.</param>
    /// <param name="token">An access token, or null.</param>
    /// <param name="content">Its body, or null.</param>
    internal async Task<ApiAnswer> SendAsync(string method, string path, string? token = null, HttpContent? content = null)
    {
        using HttpRequestMessage request = new(new HttpMethod(method), "/api/" + path) { Content = content };
        request.Headers.Authorization = token is null ? null : new AuthenticationHeaderValue("Bearer", token);
        using HttpResponseMessage response = await Client.SendAsync(request);
        return await ApiAnswer.ReadAsync(response);
    }

    /// <summary>Sends a request with JSON for a body.</summary>
    internal Task<ApiAnswer> SendJsonAsync(string method, string path, string json, string? token = null) =>
        SendAsync(method, path, token, new StringContent(json, Encoding.UTF8, "application/json"));

    /// <summary>Sends a request with a document for a body.</summary>
    internal Task<ApiAnswer> SendAsync<T>(string method, string path, T document, JsonTypeInfo<T> type, string? token = null) =>
        SendJsonAsync(method, path, JsonSerializer.Serialize(document, type), token);
}

/// <summary>An answer, read to its end.</summary>
internal sealed record ApiAnswer(int Status, string? MediaType, IReadOnlyDictionary<string, string> Headers, string Body)
{
    /// <summary>The body, which has to be a problem, as one.</summary>
    internal ProblemDocument Problem
    {
        get
        {
            Assert.Equal(ProblemDocument.MediaType, MediaType);
            ProblemDocument problem = JsonSerializer.Deserialize(Body, WireJson.Default.ProblemDocument)!;
            Assert.Equal(Status, problem.Status);
            return problem;
        }
    }

    /// <summary>The body, which has to be JSON, as that.</summary>
    internal JsonNode Json => MediaType == "application/json" ? JsonNode.Parse(Body)! : throw new InvalidOperationException($"{Status} {MediaType}: {Body}");

    /// <summary>The body as a document, of an answer that has to be a good one.</summary>
    internal T Document<T>(JsonTypeInfo<T> type)
    {
        Assert.True(Status is >= 200 and < 300, $"{Status}: {Body}");
        return JsonSerializer.Deserialize(Body, type)!;
    }

    internal static async Task<ApiAnswer> ReadAsync(HttpResponseMessage response) => new(
        (int)response.StatusCode,
        response.Content.Headers.ContentType?.MediaType,
        response.Headers.Concat(response.Content.Headers).ToDictionary(header => header.Key, header => string.Join(", ", header.Value), StringComparer.OrdinalIgnoreCase),
        await response.Content.ReadAsStringAsync());
}
