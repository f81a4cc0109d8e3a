using System.Net;
using System.Net.Sockets;
using System.Text;
using Katanemimena.Access;
using Katanemimena.Api;
using Katanemimena.Tests.Contracts;
using Katanemimena.Wire;
using Xunit;

namespace Katanemimena.Tests.Unit.Api;

/// <summary>Requests that are not as they should be.</summary>
public sealed class RequestSecurityTests : IAsyncLifetime
{
    private ApiServer _server = null!;

    public async ValueTask InitializeAsync()
    {
        _server = await ApiServer.StartAsync(AccessEndpoints.All);
        await _server.Rig.AddAsync("bob");
    }

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    [Fact]
    public async Task Body_past_the_limit_is_not_read()
    {
        ApiAnswer answer = await _server.SendJsonAsync("POST", "login", $$"""{"name":"bob","password":"{{new string('a', ApiCall.JsonBytesMax)}}"}""");
        Assert.Equal((413, ProblemCodes.TooLarge), (answer.Status, answer.Problem.Code));
    }

    [Theory]
    [InlineData(10)]
    [InlineData(ApiCall.JsonBytesMax + 1)]
    public async Task Body_in_chunks_is_not_taken_whatever_its_size(int bytes)
    {
        using HttpRequestMessage request = new(HttpMethod.Post, "/api/login") { Content = new StringContent(new string(' ', bytes), Encoding.UTF8, "application/json") };
        request.Headers.TransferEncodingChunked = true;
        using HttpResponseMessage response = await _server.Client.SendAsync(request);
        ApiAnswer answer = await ApiAnswer.ReadAsync(response);
        Assert.Equal((411, ProblemCodes.LengthRequired, "Content-Length"), (answer.Status, answer.Problem.Code, answer.Problem.Field));
    }

    [Fact]
    public async Task Body_without_a_length_is_not_taken() => Assert.Contains("411", await RawAsync("POST /api/login HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nConnection: close\r\n\r\n"), StringComparison.Ordinal);

    [Theory]
    [InlineData("text/plain")]
    [InlineData("application/x-www-form-urlencoded")]
    [InlineData("multipart/form-data")]
    public async Task Media_type_that_is_another_is_not_taken(string mediaType)
    {
        ApiAnswer answer = await _server.SendAsync("POST", "login", null, new StringContent("{}", Encoding.UTF8, mediaType));
        Assert.Equal((415, ProblemCodes.UnsupportedMediaType), (answer.Status, answer.Problem.Code));
    }

    [Theory]
    [InlineData("", "body")]
    [InlineData("null", null)]
    [InlineData("[]", "body")]
    [InlineData("{", "body")]
    [InlineData("""{"name":"bob"}""", "body")]
    [InlineData("""{"name":null,"password":"Tall-ships 4 sale"}""", "name")]
    [InlineData("""{"name":"bob","password":7}""", "password")]
    [InlineData("""{"name":"bob","password":"Tall-ships 4 sale","admin":true}""", "admin")]
    [InlineData("""{"name":"\ud800","password":"Tall-ships 4 sale"}""", "name")]
    public async Task Json_that_is_not_as_it_should_be_is_told_where(string json, string? field)
    {
        ApiAnswer answer = await _server.SendJsonAsync("POST", "login", json);
        Assert.Equal((400, ProblemCodes.InvalidRequest, field), (answer.Status, answer.Problem.Code, answer.Problem.Field));
        Assert.DoesNotContain("Tall-ships", answer.Body, StringComparison.Ordinal);
        Assert.DoesNotContain("Katanemimena.", answer.Body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Json_that_is_deep_is_refused() =>
        Assert.Equal(400, (await _server.SendJsonAsync("POST", "login", new string('[', 100_000))).Status);

    [Theory]
    [InlineData("service-tokens?user=a%0d%0aSet-Cookie:%20x=1")]
    [InlineData("users/a%0d%0aSet-Cookie:%20x=1")]
    [InlineData("users/%00")]
    [InlineData("users/..%2f..%2fkeys")]
    [InlineData("keys/%2e%2e%2fusers")]
    public async Task Control_characters_and_paths_in_values_stay_values(string path)
    {
        string admin = await _server.TokenAsync("root", UserRole.Admin);
        string answer = await RawAsync($"GET /api/{path} HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {admin}\r\nConnection: close\r\n\r\n");
        Assert.Matches("^HTTP/1.1 (200|400|404|405) ", answer);
        Assert.DoesNotContain("\nSet-Cookie", answer, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("PublicPem", answer, StringComparison.OrdinalIgnoreCase);
    }

    [Theory]
    [InlineData("GET /api/whoami HTTP/1.1\r\nHost: a\r\nX-A: b\rSet-Cookie: c\r\nConnection: close\r\n\r\n")]
    [InlineData("GET /api/whoami HTTP/1.1\r\nHost: a\r\nX-A : b\r\nConnection: close\r\n\r\n")]
    [InlineData("POST /api/login HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nContent-Length: 3\r\nConnection: close\r\n\r\n{}")]
    [InlineData("POST /api/login HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\nConnection: close\r\n\r\n")]
    [InlineData("GET /api/whoami\0 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")]
    public async Task Request_that_is_no_http_is_refused(string request) => Assert.StartsWith("HTTP/1.1 400", await RawAsync(request), StringComparison.Ordinal);

    [Fact]
    public async Task Both_lengths_at_once_end_the_connection()
    {
        string answer = await RawAsync("POST /api/login HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\nContent-Type: application/json\r\n\r\n0\r\n\r\nGET /api/healthz HTTP/1.1\r\nHost: a\r\n\r\n");
        Assert.Equal(0, CountOf(answer, "HTTP/1.1 200"));
        Assert.Equal(1, CountOf(answer, "HTTP/1.1 4"));
    }

    [Fact]
    public async Task Neither_passwords_nor_tokens_get_into_the_log()
    {
        const string typo = "My secret in the wrong field";
        TokensDocument tokens = (await _server.LoginAsync("bob", ApiServer.Password)).Document(WireJson.Default.TokensDocument);
        await _server.LoginAsync(typo, "Another secret one");
        await _server.SendJsonAsync("POST", "login", """{"name":"bob","password":"Half a secret""");
        await _server.SendAsync("POST", "refresh", new RefreshRequest(tokens.RefreshToken), WireJson.Default.RefreshRequest);
        await _server.SendAsync("POST", "refresh", new RefreshRequest(tokens.RefreshToken), WireJson.Default.RefreshRequest);
        await _server.SendAsync("PUT", "password", new PasswordRequest("Third secret, old", "Fourth secret, new"), WireJson.Default.PasswordRequest, tokens.AccessToken);
        await _server.SendAsync("GET", "whoami", tokens.AccessToken + "x");

        Assert.Contains("Login, request", _server.Log.Text, StringComparison.Ordinal);
        Assert.All(
            [ApiServer.Password, typo, "Another secret one", "Half a secret", "Third secret", "Fourth secret", tokens.AccessToken, tokens.RefreshToken, tokens.DeviceToken!],
            secret => Assert.DoesNotContain(secret, _server.Log.Text, StringComparison.Ordinal));
    }

    private static int CountOf(string text, string part) => text.Split(part).Length - 1;

    /// <summary>Sends bytes as they are, which no client would, and reads the answer to the end of the connection.</summary>
    private async Task<string> RawAsync(string request)
    {
        using TcpClient client = new();
        await client.ConnectAsync(IPAddress.Loopback, _server.Client.BaseAddress!.Port);
        await using NetworkStream stream = client.GetStream();
        await stream.WriteAsync(Encoding.Latin1.GetBytes(request));
        using StreamReader reader = new(stream, Encoding.Latin1);
        return await reader.ReadToEndAsync().InTimeAsync();
    }
}
