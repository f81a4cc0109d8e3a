using Katanemimena.Access;
using Katanemimena.Api;
using Katanemimena.Orchestration;
using Katanemimena.Tests.Unit.Service;
using Katanemimena.Wire;
using Xunit;

namespace Katanemimena.Tests.Unit.Api;

public sealed class OperationsEndpointTests : IAsyncLifetime
{
    private const string Scraper = "a token for prometheus";

    private ApiServer _server = null!;

    public async ValueTask InitializeAsync() =>
        _server = await ApiServer.StartAsync(parts => OpenApiDocument.Describing([.. AccessEndpoints.All(parts), .. OperationsEndpoints.All(parts)]), parts => parts with { MetricsToken = Scraper });

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    [Fact]
    public async Task Process_that_serves_is_healthy()
    {
        ApiAnswer answer = await _server.SendAsync("GET", "healthz");
        Assert.Equal((200, """{"status":"ok"}"""), (answer.Status, answer.Body));
        Assert.Equal((200, ""), ((await _server.SendAsync("HEAD", "healthz")).Status, (await _server.SendAsync("HEAD", "healthz")).Body));
    }

    [Fact]
    public async Task Instance_whose_parts_answer_is_ready()
    {
        ApiAnswer answer = await _server.SendAsync("GET", "readyz");
        Assert.Equal((200, """{"status":"ok","checks":{"store":"ok","queue":"ok","volume":"ok"}}"""), (answer.Status, answer.Body));
    }

    [Fact]
    public async Task Instance_whose_queue_fails_is_not_ready_and_says_which_part_and_no_more()
    {
        await using ApiServer server = await ApiServer.StartAsync(OperationsEndpoints.All, parts => parts with { Queue = new FaultyQueue("account secret") });
        ApiAnswer answer = await server.SendAsync("GET", "readyz");

        Assert.Equal((503, "1"), (answer.Status, answer.Headers["Retry-After"]));
        Assert.Equal("""{"status":"unavailable","checks":{"store":"ok","queue":"cannot be used; the log says why","volume":"ok"}}""", answer.Body);
        Assert.Contains("account secret", server.Log.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Instances_are_for_admins()
    {
        await using var member = await ManagerNode.StartAsync(
            new ManagerParts { Store = _server.Rig.Store, Queue = _server.Parts.Queue, Volume = _server.Parts.Volume, Manager = "manager-0", ProcessName = "p0", Time = _server.Rig.Clock }, default);
        ApiAnswer answer = await _server.SendAsync("GET", "instances", await _server.TokenAsync("root", UserRole.Admin));

        InstancesDocument instances = answer.Document(WireJson.Default.InstancesDocument);
        Assert.Equal(("p0", "manager-0"), (Assert.Single(instances.Instances).Id, instances.Instances[0].Manager));
        Assert.Equal(new ManagerDocument("manager-0", true, 0, 0), Assert.Single(instances.Managers));
        Assert.Equal(403, (await _server.SendAsync("GET", "instances", await _server.TokenAsync("bob"))).Status);
    }

    [Theory]
    [InlineData(null, 401)]
    [InlineData("a token for prometheu", 401)]
    [InlineData("a token for prometheus!", 401)]
    [InlineData(Scraper, 200)]
    public async Task Metrics_need_the_token(string? token, int status) => Assert.Equal(status, (await _server.SendAsync("GET", "metrics", token)).Status);

    [Fact]
    public async Task Token_for_metrics_is_good_for_nothing_else()
    {
        Assert.Equal(401, (await _server.SendAsync("GET", "instances", Scraper)).Status);
        Assert.Equal(401, (await _server.SendAsync("GET", "whoami", Scraper)).Status);
    }

    [Fact]
    public async Task Metrics_are_for_admins_too_and_not_for_users()
    {
        Assert.Equal(200, (await _server.SendAsync("GET", "metrics", await _server.TokenAsync("root", UserRole.Admin))).Status);
        Assert.Equal(403, (await _server.SendAsync("GET", "metrics", await _server.TokenAsync("bob"))).Status);
    }

    [Fact]
    public async Task Without_a_token_set_no_token_is_good_for_metrics()
    {
        await using ApiServer server = await ApiServer.StartAsync(OperationsEndpoints.All);
        Assert.Equal(401, (await server.SendAsync("GET", "metrics", "")).Status);
        Assert.Equal(401, (await server.SendAsync("GET", "metrics", Scraper)).Status);
    }

    [Fact]
    public async Task Metrics_tell_of_requests_and_of_the_cluster()
    {
        await _server.Parts.Queue.SendAsync("map-tasks", "x"u8.ToArray(), TimeSpan.Zero, default);
        await _server.LoginAsync("nobody", "not the password");
        await _server.LoginAsync("nobody", "not the password");
        int sent = (await _server.SendAsync("GET", "healthz")).Body.Length;
        ApiAnswer answer = await _server.SendAsync("GET", "metrics", Scraper);
        string[] lines = answer.Body.Split('\n');

        Assert.Equal("text/plain; version=0.0.4; charset=utf-8", answer.Headers["Content-Type"]);
        Assert.Contains("katanemimena_http_requests_total{function=\"Login\",method=\"POST\",status=\"401\"} 2", lines);
        Assert.Contains("katanemimena_http_request_duration_seconds_count{function=\"Login\"} 2", lines);
        Assert.Contains("katanemimena_http_request_duration_seconds_bucket{function=\"Login\",le=\"+Inf\"} 2", lines);
        Assert.Contains($"katanemimena_http_sent_bytes_total{{function=\"Health\"}} {sent}", lines);
        Assert.Contains(lines, line => line.StartsWith("katanemimena_http_received_bytes_total{function=\"Login\"} ", StringComparison.Ordinal) && !line.EndsWith(" 0", StringComparison.Ordinal));
        Assert.Contains("katanemimena_queue_messages{queue=\"map-tasks\"} 1", lines);
        Assert.Contains("katanemimena_queue_messages{queue=\"submit-poison\"} 0", lines);
        Assert.Contains("katanemimena_part_up{part=\"store\"} 1", lines);
        Assert.Contains("katanemimena_managers_alive 0", lines);
        Assert.Contains("katanemimena_jobs_open{state=\"reducing\"} 0", lines);
    }

    [Fact]
    public async Task Metrics_go_on_without_a_part_that_is_down()
    {
        await using ApiServer server = await ApiServer.StartAsync(OperationsEndpoints.All, parts => parts with { MetricsToken = Scraper, Queue = new FaultyQueue("down") });
        string[] lines = (await server.SendAsync("GET", "metrics", Scraper)).Body.Split('\n');

        Assert.Contains("katanemimena_part_up{part=\"queue\"} 0", lines);
        Assert.Contains("katanemimena_part_up{part=\"store\"} 1", lines);
        Assert.DoesNotContain(lines, line => line.StartsWith("katanemimena_queue_messages", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Description_is_for_anybody_and_describes_itself()
    {
        ApiAnswer answer = await _server.SendAsync("GET", "openapi.json");
        Assert.Equal(200, answer.Status);
        Assert.NotNull(answer.Json["paths"]!["/openapi.json"]!["get"]);
        Assert.NotNull(answer.Json["paths"]!["/login"]!["post"]);
    }
}
