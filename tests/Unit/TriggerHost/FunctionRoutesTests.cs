using System.Net;
using System.Net.Http.Headers;
using System.Text;
using Katanemimena.Core;
using Katanemimena.Tests.Contracts;
using Katanemimena.TriggerHost;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace Katanemimena.Tests.Unit.TriggerHost;

/// <summary>An app as the runtime calls it, over HTTP.</summary>
public sealed class FunctionRoutesTests : IAsyncLifetime
{
    private readonly ManualTimeProvider _clock = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly List<string> _taken = [];
    private readonly TaskCompletionSource _entered = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly SemaphoreSlim _gate = new(0);
    private WebApplication _app = null!;
    private HttpClient _client = null!;

    public async ValueTask InitializeAsync()
    {
        var catalogue = new FunctionCatalogue(
        [
            Functions.Queue("Mapper", "map-tasks", TakeAsync),
            Functions.Queue("Stuck", "stuck", async (_, cancellation) =>
            {
                _entered.TrySetResult();
                await Task.Delay(Timeout.InfiniteTimeSpan, _clock, cancellation);
            }),
            Functions.Queue("Gated", "gated", async (body, cancellation) =>
            {
                await _gate.WaitAsync(cancellation);
                await TakeAsync(body, cancellation);
            }),
            Functions.Timer("Reconcile", "*/5 * * * * *", _ => TakeAsync("tick"u8.ToArray(), default)),
            Functions.Http("GetJob", "jobs/{id}", "GET"),
        ]);
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => CustomHandlerProcess.Listen(kestrel, 0));
        _app = builder.Build();
        _app.MapHttpFunctions(catalogue, new HostSettings());
        _app.MapInvocations(catalogue, new HostSettings { FunctionTimeout = TimeSpan.FromMinutes(10) }, _clock, NullLogger.Instance, _stop.Token);
        await _app.StartAsync();
        string address = _app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single();
        Assert.StartsWith("http://127.0.0.1:", address, StringComparison.Ordinal);
        _client = new HttpClient { BaseAddress = new Uri(address) };
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _client.Dispose();
        await _app.DisposeAsync();
        _gate.Dispose();
        _stop.Dispose();
    }

    [Fact]
    public async Task App_answers_whether_it_is_up() => Assert.Equal(HttpStatusCode.OK, (await _client.GetAsync("/")).StatusCode);

    [Fact]
    public async Task Invocation_in_chunks_is_answered_with_an_empty_object()
    {
        using HttpResponseMessage answer = await InvokeAsync("Mapper", "{\"a\":1}");
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal("application/json", answer.Content.Headers.ContentType!.MediaType);
        Assert.Equal("{}", await answer.Content.ReadAsStringAsync());
        Assert.Equal(["{\"a\":1}"], _taken);
    }

    [Fact]
    public async Task Ten_invocations_at_once_are_all_answered()
    {
        Task<HttpResponseMessage>[] calls = [.. Enumerable.Range(0, 10).Select(number => InvokeAsync("Gated", $"{number}"))];
        _gate.Release(10);
        foreach (HttpResponseMessage answer in await Task.WhenAll(calls).InTimeAsync())
        {
            Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
            answer.Dispose();
        }

        Assert.Equal(10, _taken.Distinct().Count());
    }

    [Fact]
    public async Task Function_that_throws_is_a_failure_with_a_body()
    {
        using HttpResponseMessage answer = await InvokeAsync("Mapper", "throw");
        Assert.Equal((HttpStatusCode.InternalServerError, "{}"), (answer.StatusCode, await answer.Content.ReadAsStringAsync()));
    }

    [Fact]
    public async Task What_is_no_invocation_is_a_failure()
    {
        using HttpResponseMessage answer = await _client.PostAsync("/Mapper", new StringContent("hello"));
        Assert.Equal(HttpStatusCode.InternalServerError, answer.StatusCode);
        Assert.Empty(_taken);
    }

    [Fact]
    public async Task Function_that_lasts_too_long_fails_before_the_runtime_kills_the_app()
    {
        Task<HttpResponseMessage> call = InvokeAsync("Stuck", "");
        await _entered.Task.InTimeAsync();
        _clock.Advance(TimeSpan.FromMinutes(9));
        using HttpResponseMessage answer = await call.InTimeAsync();
        Assert.Equal(HttpStatusCode.InternalServerError, answer.StatusCode);
    }

    [Fact]
    public async Task Timer_is_invoked_whatever_it_is_told()
    {
        using HttpResponseMessage answer = await _client.PostAsync("/Reconcile", new StringContent("""{"Data":{"timer":{"IsPastDue":false}},"Metadata":{}}"""));
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal(["tick"], _taken);
    }

    [Theory]
    [InlineData("GET", "/api/jobs/a-1", HttpStatusCode.OK)]
    [InlineData("POST", "/api/jobs/a-1", HttpStatusCode.MethodNotAllowed)]
    [InlineData("GET", "/jobs/a-1", HttpStatusCode.NotFound)]
    [InlineData("POST", "/GetJob", HttpStatusCode.NotFound)]
    [InlineData("POST", "/Other", HttpStatusCode.NotFound)]
    [InlineData("GET", "/Mapper", HttpStatusCode.MethodNotAllowed)]
    public async Task Paths_are_those_of_the_runtime(string method, string path, HttpStatusCode status)
    {
        using HttpResponseMessage answer = await _client.SendAsync(new HttpRequestMessage(new HttpMethod(method), path));
        Assert.Equal(status, answer.StatusCode);
    }

    private ValueTask TakeAsync(ReadOnlyMemory<byte> body, CancellationToken cancellation)
    {
        string text = Encoding.UTF8.GetString(body.Span);
        lock (_taken)
        {
            _taken.Add(text);
        }

        return text == "throw" ? throw new TransientFault("no") : ValueTask.CompletedTask;
    }

    private Task<HttpResponseMessage> InvokeAsync(string function, string message)
    {
        string text = System.Text.Json.JsonSerializer.Serialize(new { Data = new { message = System.Text.Json.JsonSerializer.Serialize(message) }, Metadata = new { Id = "\"x\"" } });
        var request = new HttpRequestMessage(HttpMethod.Post, $"/{function}") { Content = new StringContent(text, Encoding.UTF8, new MediaTypeHeaderValue("application/json")) };
        request.Headers.TransferEncodingChunked = true;
        request.Headers.Add("X-Azure-Functions-InvocationId", "00000000-0000-0000-0000-000000000001");
        return _client.SendAsync(request);
    }
}
