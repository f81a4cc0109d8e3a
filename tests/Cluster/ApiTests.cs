using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Katanemimena.Tests.Cluster.Running;
using Katanemimena.Tests.Cluster.Runtime;
using Katanemimena.Tests.Contracts;
using Katanemimena.Tests.Contracts.Services;

namespace Katanemimena.Tests.Cluster;

/// <summary>The API of the app's own processes, over a real etcd and Azurite.</summary>
public sealed partial class ApiTests : IAsyncLifetime
{
    private const string Program = "functions/Katanemimena.Functions";
    private const string Password = "Nine lives, one cluster";
    private const string Scraper = "a token for prometheus";

    private readonly EtcdServer _etcd = new();
    private readonly AzuriteServer _azurite = new();
    private readonly TemporaryFolder _volume = new();
    private readonly HttpClient _client = new();
    private readonly List<AppProcess> _apps = [];
    private readonly string _key = Convert.ToBase64String(RandomNumberGenerator.GetBytes(32));
    private string _storage = null!;

    public async ValueTask InitializeAsync()
    {
        await Task.WhenAll(_etcd.StartAsync(), _azurite.StartAsync());
        _storage = _azurite.NewAccount();
    }

    public async ValueTask DisposeAsync()
    {
        foreach (AppProcess app in _apps)
        {
            await app.DisposeAsync();
        }

        _client.Dispose();
        await _etcd.DisposeAsync();
        await _azurite.DisposeAsync();
        _volume.Dispose();
    }

    [Fact]
    public async Task Admin_signs_in_at_one_instance_and_is_known_at_another()
    {
        AppProcess first = await StartAsync("manager-0", ("KEY_ENCRYPTION_KEY", _key), ("ADMIN_PASSWORD", Password), ("METRICS_TOKEN", Scraper));
        AppProcess second = await StartAsync("manager-1", ("KEY_ENCRYPTION_KEY", _key));
        string token = await TokenAsync(first.Address, "admin", Password);

        JsonNode instances = await GetAsync(second.Address, "instances", token);
        Assert.Equal(["manager-0", "manager-1"], instances["managers"]!.AsArray().Select(manager => (string)manager!["name"]!));
        Assert.Equal("ok", (string)(await GetAsync(second.Address, "readyz"))["status"]!);
        Assert.Equal("3.1.1", (string)(await GetAsync(second.Address, "openapi.json"))["openapi"]!);
        Assert.Contains("katanemimena_managers_alive 2\n", await TextAsync(first.Address, "metrics", Scraper), StringComparison.Ordinal);
        Assert.Contains("katanemimena_timer_runs_total{function=\"Reconcile\",outcome=\"done\"}", await MetricsOfTimerAsync(first.Address), StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.NotFound, (await SendAsync(first.Address, HttpMethod.Get, "nothing", token)).StatusCode);
        Assert.Equal("application/problem+json", (await SendAsync(first.Address, HttpMethod.Delete, "login", token)).Content.Headers.ContentType!.MediaType);
        Assert.DoesNotContain(Password, first.Output, StringComparison.Ordinal);
        Assert.DoesNotContain(token, first.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Password_that_was_generated_is_shown_once_and_lets_in()
    {
        AppProcess app = await StartAsync("manager-0", ("KEY_ENCRYPTION_KEY", _key), ("ADMIN_NAME", "boss"));
        await Waiting.UntilAsync(() => ValueTask.FromResult(Generated.IsMatch(app.Output)), "the password is shown");
        string password = Assert.Single(Generated.Matches(app.Output)).Groups[1].Value;
        await app.RestartAsync();

        Assert.Single(Generated.Matches(app.Output));
        Assert.NotEmpty(await TokenAsync(app.Address, "boss", password));
    }

    [Fact]
    public async Task Instance_for_managers_alone_needs_no_key_and_says_that_it_is_ready()
    {
        AppProcess app = await StartAsync(
            "manager-0", ("AzureFunctionsJobHost__functions__0", "Manager"), ("AzureFunctionsJobHost__functions__1", "Reconcile"), ("AzureFunctionsJobHost__functions__2", "Ready"));

        Assert.Equal("ok", (string)(await GetAsync(app.Address, "readyz"))["status"]!);
        Assert.Equal(HttpStatusCode.NotFound, (await SendAsync(app.Address, HttpMethod.Post, "login")).StatusCode);
    }

    [Fact]
    public async Task Instance_that_needs_the_key_says_so_and_ends()
    {
        AppProcess app = new(Program, Settings("manager-0"));
        await Assert.ThrowsAnyAsync<Exception>(app.StartAsync);
        await Waiting.UntilAsync(() => ValueTask.FromResult(app.Output.Contains("KEY_ENCRYPTION_KEY_FILE", StringComparison.Ordinal)), "the reason is told");
        app.Folder.Dispose();
    }

    [Fact]
    public async Task Handler_of_the_runtime_makes_nobody_wait_for_failures_of_others()
    {
        await using RuntimeDouble runtime = new(Program, Settings("manager-0", ("KEY_ENCRYPTION_KEY", _key), ("ADMIN_PASSWORD", Password)));
        await runtime.StartAsync();
        for (int n = 0; n < 6; n++)
        {
            Assert.Equal(HttpStatusCode.Unauthorized, (await LoginAsync(runtime.Address, $"nobody-{n}", "not the password")).StatusCode);
        }

        string token = await TokenAsync(runtime.Address, "admin", Password);
        Assert.Equal("admin", (string)(await GetAsync(runtime.Address, "users/admin", token))["name"]!);
        Assert.Equal(HttpStatusCode.OK, (await SendAsync(runtime.Address, HttpMethod.Head, "healthz")).StatusCode);
    }

    private async Task<AppProcess> StartAsync(string name, params (string Name, string Value)[] settings)
    {
        AppProcess app = new(Program, Settings(name, settings));
        await app.StartAsync();
        _apps.Add(app);
        return app;
    }

    private Dictionary<string, string> Settings(string name, params (string Name, string Value)[] settings)
    {
        Dictionary<string, string> all = new()
        {
            ["MANAGER_ID"] = name,
            ["ETCD_ENDPOINTS"] = _etcd.Client.ToString(),
            ["AzureWebJobsStorage"] = _storage,
            ["VOLUME_PATH"] = _volume.Path,
        };
        foreach ((string setting, string value) in settings)
        {
            all[setting] = value;
        }

        return all;
    }

    private Task<HttpResponseMessage> LoginAsync(Uri app, string name, string password) =>
        _client.PostAsync(new Uri(app, "api/login"), JsonContent(new JsonObject { ["name"] = name, ["password"] = password }));

    private async Task<string> TokenAsync(Uri app, string name, string password)
    {
        using HttpResponseMessage answer = await LoginAsync(app, name, password);
        string body = await answer.Content.ReadAsStringAsync();
        Assert.True(answer.IsSuccessStatusCode, body);
        return (string)JsonNode.Parse(body)!["accessToken"]!;
    }

    private async Task<JsonNode> GetAsync(Uri app, string path, string? token = null) => JsonNode.Parse(await TextAsync(app, path, token))!;

    private async Task<string> TextAsync(Uri app, string path, string? token = null)
    {
        using HttpResponseMessage answer = await SendAsync(app, HttpMethod.Get, path, token);
        string body = await answer.Content.ReadAsStringAsync();
        Assert.True(answer.IsSuccessStatusCode, body);
        return body;
    }

    /// <summary>The metrics once the timer has run, which it does within 5 s.</summary>
    private async Task<string> MetricsOfTimerAsync(Uri app)
    {
        string text = "";
        await Waiting.UntilAsync(async () => (text = await TextAsync(app, "metrics", Scraper)).Contains("katanemimena_timer_runs_total", StringComparison.Ordinal), "a timer runs");
        return text;
    }

    private async Task<HttpResponseMessage> SendAsync(Uri app, HttpMethod method, string path, string? token = null)
    {
        using HttpRequestMessage request = new(method, new Uri(app, "api/" + path));
        request.Headers.Authorization = token is null ? null : new AuthenticationHeaderValue("Bearer", token);
        return await _client.SendAsync(request);
    }

    private static StringContent JsonContent(JsonObject document) => new(document.ToJsonString(), System.Text.Encoding.UTF8, "application/json");

    [GeneratedRegex("the first admin is 'boss', with the password ([A-Za-z0-9]{24});")]
    private static partial Regex Generated { get; }
}
