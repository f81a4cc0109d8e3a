using System.Net;
using System.Text;
using Katanemimena.Access;
using Katanemimena.Api;
using Katanemimena.Wire;
using Xunit;

namespace Katanemimena.Tests.Unit.Api;

/// <summary>What happens before and around an operation.</summary>
public sealed class EndpointTests : IAsyncLifetime
{
    private ApiServer _server = null!;

    public async ValueTask InitializeAsync() => _server = await ApiServer.StartAsync(_ =>
    [
        new Endpoint("Things", "things/{name}",
        [
            new Operation("GET", Caller.User, "Shows one.", call => call.AnswerAsync(200, Encoding.UTF8.GetBytes(call.Path("name")), "text/plain")) { Answers = [] },
            new Operation("PUT", Caller.Admin, "Sets one.", call => { call.AnswerNothing(); return Task.CompletedTask; }) { Answers = [] },
        ]),
        new Endpoint("MakeThing", "things/{name}", [new Operation("POST", Caller.Anybody, "Makes one.", _ => throw new InvalidOperationException("secret")) { Answers = [] }]),
    ]);

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    [Fact]
    public async Task Path_that_is_none_is_a_problem_too()
    {
        ApiAnswer answer = await _server.SendAsync("GET", "nothing");
        Assert.Equal((404, ProblemCodes.NotFound), (answer.Status, answer.Problem.Code));
    }

    [Fact]
    public async Task Method_that_no_function_of_the_path_takes_is_told_with_those_that_they_take()
    {
        ApiAnswer answer = await _server.SendAsync("DELETE", "things/a");
        Assert.Equal((405, ProblemCodes.MethodNotAllowed), (answer.Status, answer.Problem.Code));
        Assert.Equal(["GET", "HEAD", "POST", "PUT"], answer.Headers["Allow"].Split(", ").Order());
    }

    [Fact]
    public async Task Head_is_answered_like_get_without_a_body()
    {
        string token = await _server.TokenAsync("bob");
        ApiAnswer get = await _server.SendAsync("GET", "things/abc", token);
        ApiAnswer head = await _server.SendAsync("HEAD", "things/abc", token);
        Assert.Equal((200, "abc"), (get.Status, get.Body));
        Assert.Equal((200, "", "3"), (head.Status, head.Body, head.Headers["Content-Length"]));
        Assert.Equal((401, ""), ((await _server.SendAsync("HEAD", "things/abc")).Status, (await _server.SendAsync("HEAD", "things/abc")).Body));
    }

    [Theory]
    [InlineData("a%2Fb", "a/b")]
    [InlineData("a%2fb", "a/b")]
    [InlineData("a%20b", "a b")]
    public async Task Slash_in_a_name_may_be_sent_encoded(string sent, string read) =>
        Assert.Equal(read, (await _server.SendAsync("GET", "things/" + sent, await _server.TokenAsync("bob"))).Body);

    [Fact]
    public async Task Role_is_asked_for()
    {
        Assert.Equal((401, ProblemCodes.Unauthorized), await CodeAsync("PUT", null));
        Assert.Equal((403, ProblemCodes.Forbidden), await CodeAsync("PUT", await _server.TokenAsync("bob")));
        Assert.Equal(204, (await _server.SendAsync("PUT", "things/a", await _server.TokenAsync("root", UserRole.Admin))).Status);
    }

    [Fact]
    public async Task What_goes_wrong_here_is_in_the_log_under_the_requests_name_and_not_in_the_answer()
    {
        ApiAnswer answer = await _server.SendAsync("POST", "things/a");
        Assert.Equal((500, ProblemCodes.Internal), (answer.Status, answer.Problem.Code));
        Assert.DoesNotContain("secret", answer.Body, StringComparison.Ordinal);
        Assert.Contains($"MakeThing, request {answer.Problem.Request} failed", _server.Log.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Answers_are_not_cached_nor_guessed_at_and_do_not_name_the_server()
    {
        foreach (string path in new[] { "things/a", "nothing" })
        {
            ApiAnswer answer = await _server.SendAsync("GET", path);
            Assert.Equal(("no-store", "nosniff"), (answer.Headers["Cache-Control"], answer.Headers["X-Content-Type-Options"]));
            Assert.DoesNotContain("Server", answer.Headers.Keys);
        }
    }

    [Fact]
    public async Task Headers_past_the_limit_are_refused()
    {
        using HttpRequestMessage request = new(HttpMethod.Get, "/api/things/a");
        request.Headers.Add("X-Long", new string('a', 20_000));
        using HttpResponseMessage answer = await _server.Client.SendAsync(request);
        Assert.Equal(HttpStatusCode.RequestHeaderFieldsTooLarge, answer.StatusCode);
    }

    private async Task<(int, string)> CodeAsync(string method, string? token)
    {
        ApiAnswer answer = await _server.SendAsync(method, "things/a", token);
        return (answer.Status, answer.Problem.Code);
    }
}
