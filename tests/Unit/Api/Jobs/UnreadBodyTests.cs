using System.Text.Json;
using Katanemimena.Api;
using Katanemimena.TriggerHost;
using Katanemimena.Wire;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;
using KestrelServerLimits = Microsoft.AspNetCore.Server.Kestrel.Core.KestrelServerLimits;
using MinDataRate = Microsoft.AspNetCore.Server.Kestrel.Core.MinDataRate;

namespace Katanemimena.Tests.Unit.Api.Jobs;

/// <summary>Bodies that the server gives up on: whoever sends one is told why.</summary>
public sealed class UnreadBodyTests
{
    private const string FormType = "Content-Type: multipart/form-data; boundary=x";
    private const string Beginning = "--x\r\nContent-Disposition: form-data; name=\"label\"\r\n\r\nsome";

    [Fact]
    public async Task Form_that_comes_too_slowly_is_answered_408()
    {
        await using JobServer server = await JobServer.StartAsync(new JobServerOptions { Workers = false, Limits = Impatient });
        string answer = await RawRequest.SendAsync(
            server.Api.Client.BaseAddress!, "POST /api/jobs HTTP/1.1", await server.Api.TokenAsync("ann"), FormType + "\r\nContent-Length: 1000", Beginning);
        AssertTooSlow(answer);
    }

    [Fact]
    public async Task Datafile_and_document_that_come_too_slowly_are_answered_408()
    {
        await using ApiServer server = await ApiServer.StartAsync(parts => [.. DatafileEndpoints.All(parts), .. AccessEndpoints.All(parts)], limits: Impatient);
        string token = await server.TokenAsync("ann");
        string[] answers = await Task.WhenAll(
            RawRequest.SendAsync(server.Client.BaseAddress!, "PUT /api/datafiles/a HTTP/1.1", token, "Content-Length: 1000", "some"),
            RawRequest.SendAsync(server.Client.BaseAddress!, "POST /api/login HTTP/1.1", token, "Content-Type: application/json\r\nContent-Length: 1000", "{"));
        Assert.All(answers, AssertTooSlow);
        Assert.Equal(404, (await server.SendAsync("GET", "datafiles/a", token)).Status);
    }

    [Theory]
    [InlineData(408, 408, ProblemCodes.RequestTimeout)]
    [InlineData(413, 413, ProblemCodes.TooLarge)]
    [InlineData(400, 400, ProblemCodes.InvalidRequest)]
    public async Task Form_that_the_server_gives_up_on_is_answered_with_its_reason(int given, int answered, string code)
    {
        await using JobServer server = await JobServer.StartAsync(new JobServerOptions { Workers = false });
        string token = await server.Api.TokenAsync("ann");
        using var body = new BrokenBody(new BadHttpRequestException("no more of it", given));
        (int status, ProblemDocument problem) = await PostAsync(server, token, body);
        Assert.Equal((answered, answered, code), (status, problem.Status, problem.Code));
    }

    [Fact]
    public async Task Form_whose_sender_has_gone_is_no_fault_of_the_servers()
    {
        await using JobServer server = await JobServer.StartAsync(new JobServerOptions { Workers = false });
        using var body = new BrokenBody(new IOException("gone"));
        (int status, ProblemDocument problem) = await PostAsync(server, await server.Api.TokenAsync("ann"), body);
        Assert.Equal((400, ProblemCodes.InvalidRequest, "body"), (status, problem.Code, problem.Field));
    }

    private static void Impatient(KestrelServerLimits limits) => limits.MinRequestBodyDataRate = new MinDataRate(240, TimeSpan.FromSeconds(1.5));

    private static void AssertTooSlow(string answer)
    {
        Assert.StartsWith("HTTP/1.1 408 ", answer, StringComparison.Ordinal);
        Assert.Contains(ProblemDocument.MediaType, answer, StringComparison.Ordinal);
        Assert.Contains($"\"{ProblemCodes.RequestTimeout}\"", answer, StringComparison.Ordinal);
    }

    private static async Task<(int Status, ProblemDocument Problem)> PostAsync(JobServer server, string token, Stream body)
    {
        HttpFunction function = new ApiFunctions(() => server.Api.Parts.Access.AccessTokens, NullLogger.Instance).Of(JobEndpoints.All(server.Endpoints))
            .Single(function => function.Name == "SubmitJob");
        using var answer = new MemoryStream();
        var context = new DefaultHttpContext
        {
            Request = { Method = "POST", Path = "/api/jobs", Body = body, ContentLength = 1000, ContentType = FormType.Split(": ")[1], Headers = { Authorization = "Bearer " + token } },
            Response = { Body = answer },
        };
        await function.Handle(context);
        return (context.Response.StatusCode, JsonSerializer.Deserialize(answer.ToArray(), WireJson.Default.ProblemDocument)!);
    }

    /// <summary>The beginning of a form, and then an error.</summary>
    private sealed class BrokenBody(Exception error) : MemoryStream(System.Text.Encoding.ASCII.GetBytes(Beginning), writable: false)
    {
        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
            Position < Length ? base.ReadAsync(buffer, cancellationToken) : ValueTask.FromException<int>(error);

        public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
            ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();
    }
}
