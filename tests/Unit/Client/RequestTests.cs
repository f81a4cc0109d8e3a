using Katanemimena.Client;
using Katanemimena.Tests.Contracts.FakeService;
using Katanemimena.Wire;
using Xunit;

namespace Katanemimena.Tests.Unit.Client;

/// <summary>What is safe to repeat is repeated, within bounds; what is not, is not.</summary>
public sealed class RequestTests : IAsyncLifetime
{
    private ClientRig _rig = null!;

    public async ValueTask InitializeAsync() => _rig = await ClientRig.StartAsync();

    public ValueTask DisposeAsync() => _rig.DisposeAsync();

    [Fact]
    public async Task Busy_server_is_asked_again_when_it_says_so()
    {
        _rig.Service.Refuse("GET whoami", 1, FakeAnswer.Problem(503, ProblemCodes.Unavailable, "busy", retryAfter: 1));
        long began = TimeProvider.System.GetTimestamp();
        Assert.Equal("ada", (await _rig.Client().Accounts.WhoAmIAsync(default)).Name);
        Assert.True(TimeProvider.System.GetElapsedTime(began) >= TimeSpan.FromSeconds(1));
        Assert.Equal("busy", Assert.Single(_rig.Retries).Reason);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(5)]
    public async Task Cut_answer_is_asked_for_again(int after)
    {
        _rig.Service.Cut("GET whoami", 2, after);
        Assert.Equal("ada", (await _rig.Client().Accounts.WhoAmIAsync(default)).Name);
        Assert.Equal(3, _rig.Service.Requests.Count);
    }

    [Fact]
    public async Task Attempts_are_bounded_and_the_last_problem_is_told()
    {
        _rig.Service.Refuse("GET whoami", 100, FakeAnswer.Problem(503, ProblemCodes.Unavailable, "still busy"));
        ServiceProblem problem = await Assert.ThrowsAsync<ServiceProblem>(() => _rig.Client(options => options with { AttemptsMax = 3 }).Accounts.WhoAmIAsync(default));
        Assert.Equal((503, ProblemCodes.Unavailable, "still busy", "r-1"), (problem.Status, problem.Code, problem.Detail, problem.Request));
        Assert.Equal(3, _rig.Service.Requests.Count);
    }

    [Fact]
    public async Task Wait_that_is_too_long_is_not_waited_for()
    {
        _rig.Service.Refuse("GET whoami", 1, FakeAnswer.Problem(503, ProblemCodes.Unavailable, "closed", retryAfter: 3600));
        ServiceProblem problem = await Assert.ThrowsAsync<ServiceProblem>(() => _rig.Client().Accounts.WhoAmIAsync(default));
        Assert.Equal(TimeSpan.FromHours(1), problem.RetryAfter);
    }

    [Theory]
    [InlineData(ProblemCodes.TooManyJobs)]
    [InlineData(ProblemCodes.TooManyAttempts)]
    public async Task Limit_of_the_user_is_not_tried_again(string code)
    {
        _rig.Service.Refuse("GET whoami", 1, FakeAnswer.Problem(429, code, "enough", retryAfter: 1));
        Assert.Equal(code, (await Assert.ThrowsAsync<ServiceProblem>(() => _rig.Client().Accounts.WhoAmIAsync(default))).Code);
    }

    [Fact]
    public async Task Rate_limit_is_waited_for()
    {
        _rig.Service.Refuse("GET whoami", 1, FakeAnswer.Problem(429, "too-many-requests", "slowly", retryAfter: 1));
        Assert.Equal("ada", (await _rig.Client().Accounts.WhoAmIAsync(default)).Name);
    }

    [Fact]
    public async Task Request_that_must_count_once_is_not_sent_again_when_its_answer_is_lost()
    {
        _rig.Service.Cut("POST users", 1, 0);
        using var root = new ServiceClient(new ServiceClientOptions { Server = _rig.Address, Tokens = new FixedToken(_rig.Service.Accounts.Tokens("root").AccessToken) });
        await Assert.ThrowsAsync<ServiceUnreachable>(() => root.Administration.AddUserAsync(new NewUserRequest("eve", "secret-secret"), default));
        Assert.Single(_rig.Service.Requests);
    }

    [Fact]
    public async Task Server_that_is_not_there_is_named()
    {
        using var nobody = new ServiceClient(new ServiceClientOptions { Server = Address("http://127.0.0.1:1"), AttemptsMax = 2 });
        ServiceUnreachable error = await Assert.ThrowsAsync<ServiceUnreachable>(() => nobody.ReadyAsync(default));
        Assert.Contains("http://127.0.0.1:1 cannot be reached", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Redirect_is_not_followed()
    {
        var answer = new FakeAnswer(302, []);
        answer.Headers["Location"] = "http://elsewhere.example/";
        _rig.Service.Refuse("GET whoami", 1, answer);
        ServiceProblem problem = await Assert.ThrowsAsync<ServiceProblem>(() => _rig.Client().Accounts.WhoAmIAsync(default));
        Assert.Contains("elsewhere.example", problem.Detail, StringComparison.Ordinal);
        Assert.Single(_rig.Service.Requests);
    }

    [Fact]
    public async Task Answer_of_something_else_has_a_code_of_its_own()
    {
        _rig.Service.Refuse("GET whoami", 1, FakeAnswer.Html(404));
        Assert.Equal("http-404", (await Assert.ThrowsAsync<ServiceProblem>(() => _rig.Client().Accounts.WhoAmIAsync(default))).Code);
    }

    [Fact]
    public async Task Answer_that_is_no_document_is_an_error()
    {
        _rig.Service.Refuse("GET whoami", 100, FakeAnswer.Html(200));
        await Assert.ThrowsAsync<ServiceUnreachable>(() => _rig.Client(options => options with { AttemptsMax = 2 }).Accounts.WhoAmIAsync(default));
    }

    [Theory]
    [InlineData("https://mr.example.org", "https://mr.example.org/api/", false)]
    [InlineData("https://mr.example.org/team/api/", "https://mr.example.org/team/api/", false)]
    [InlineData("http://mr.example.org:8080/", "http://mr.example.org:8080/api/", true)]
    [InlineData("http://localhost:7071", "http://localhost:7071/api/", false)]
    [InlineData("http://[::1]:7071", "http://[::1]:7071/api/", false)]
    [InlineData("http://127.0.0.2", "http://127.0.0.2/api/", false)]
    public void Address_is_read(string text, string api, bool inTheClear)
    {
        ServiceAddress address = Address(text);
        Assert.Equal((api, inTheClear), (address.Api.AbsoluteUri, address.IsInTheClear));
    }

    [Theory]
    [InlineData("mr.example.org")]
    [InlineData("ftp://mr.example.org")]
    [InlineData("https://ada:secret@mr.example.org")]
    [InlineData("https://mr.example.org/?a=b")]
    [InlineData("file:///etc/passwd")]
    [InlineData("")]
    public void What_is_no_address_is_not_taken(string text) => Assert.False(ServiceAddress.TryParse(text, out _));

    [Fact]
    public void Checksum_is_that_of_the_standard() => Assert.Equal("e3069283", Crc32C.Of("123456789"u8).ToString());

    [Fact]
    public void Checksum_of_pieces_is_that_of_the_whole()
    {
        byte[] bytes = ClientRig.Bytes(1000);
        Crc32C pieces = default;
        pieces.Append(bytes.AsSpan(0, 13));
        pieces.Append(bytes.AsSpan(13, 500));
        pieces.Append(bytes.AsSpan(513));
        Assert.Equal(FakeDatafiles.Checksum(bytes), pieces.ToString());
        Assert.Equal("00000000", default(Crc32C).ToString());
    }

    private static ServiceAddress Address(string text) => ServiceAddress.TryParse(text, out ServiceAddress? address) ? address! : throw new InvalidOperationException(text);
}
