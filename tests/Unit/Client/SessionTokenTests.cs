using Katanemimena.Client;
using Katanemimena.Tests.Contracts.FakeService;
using Katanemimena.Wire;
using Xunit;

namespace Katanemimena.Tests.Unit.Client;

/// <summary>A session goes on by itself, whoever uses it, until it ends; and only its owner can read it.</summary>
[System.Runtime.Versioning.SupportedOSPlatform("linux")]
public sealed class SessionTokenTests : IAsyncLifetime
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    private ClientRig _rig = null!;

    public async ValueTask InitializeAsync() => _rig = await ClientRig.StartAsync();

    public ValueTask DisposeAsync() => _rig.DisposeAsync();

    [Fact]
    public async Task Token_that_is_about_to_end_is_refreshed_before_it_is_sent()
    {
        _rig.Service.Accounts.AccessSeconds = 20;
        await _rig.Client().Accounts.WhoAmIAsync(default);
        Assert.Equal(["POST refresh", "GET whoami"], _rig.Service.Requests);
    }

    [Fact]
    public async Task Refused_token_is_refreshed_and_the_request_sent_again_whatever_it_is()
    {
        ServiceClient client = _rig.Client();
        _rig.Service.Accounts.ForgetAccess();
        await client.Accounts.ChangePasswordAsync("correct horse", "another horse", default);
        Assert.Equal(["PUT password", "POST refresh", "PUT password"], _rig.Service.Requests);
    }

    [Fact]
    public async Task Server_that_refuses_every_token_is_not_asked_for_ever()
    {
        _rig.Service.Refuse("GET whoami", 100, FakeAnswer.Problem(401, ProblemCodes.Unauthorized, "no"));
        Assert.Equal(401, (await Assert.ThrowsAsync<ServiceProblem>(() => _rig.Client().Accounts.WhoAmIAsync(default))).Status);
        Assert.Equal(["GET whoami", "POST refresh", "GET whoami"], _rig.Service.Requests);
    }

    [Fact]
    public async Task Refresh_token_is_never_sent_twice_by_many_at_once()
    {
        ServiceClient[] clients = [.. Enumerable.Range(0, 8).Select(_ => _rig.Client())];
        _rig.Service.Accounts.ForgetAccess();
        await Task.WhenAll(clients.SelectMany(client => Enumerable.Range(0, 3).Select(_ => client.Accounts.WhoAmIAsync(default))));
        Assert.Equal(0, _rig.Service.Accounts.Reused);
        Assert.Equal(1, _rig.Service.Requests.Count(request => request == "POST refresh"));
    }

    [Fact]
    public async Task Refresh_whose_answer_was_lost_before_the_server_took_it_is_sent_again()
    {
        ServiceClient client = _rig.Client();
        _rig.Service.Accounts.ForgetAccess();
        _rig.Service.Refuse("POST refresh", 1, new FakeAnswer(200, [1]) { CutAfter = 0 });
        Assert.Equal("ada", (await client.Accounts.WhoAmIAsync(default)).Name);
    }

    [Fact]
    public async Task Refresh_whose_answer_was_lost_ends_the_session()
    {
        ServiceClient client = _rig.Client();
        _rig.Service.Accounts.ForgetAccess();
        _rig.Service.Cut("POST refresh", 1, 0);
        NotSignedIn error = await Assert.ThrowsAsync<NotSignedIn>(() => client.Accounts.WhoAmIAsync(default));
        Assert.Contains("ada", error.Message, StringComparison.Ordinal);
        Assert.Null(_rig.Store.Read(_rig.Address));
    }

    [Fact]
    public async Task Command_that_is_cancelled_does_not_lose_the_refreshed_session()
    {
        ServiceClient client = _rig.Client();
        _rig.Service.Accounts.ForgetAccess();
        using var cancelled = new CancellationTokenSource();
        _rig.Service.Break("POST refresh", 1, async serve =>
        {
            FakeAnswer answer = await serve();
            await cancelled.CancelAsync();
            return answer;
        });
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => client.Accounts.WhoAmIAsync(cancelled.Token));
        Assert.Equal("refresh-2", _rig.Store.Read(_rig.Address)!.RefreshToken);
        Assert.Equal("ada", (await client.Accounts.WhoAmIAsync(default)).Name);
    }

    [Fact]
    public async Task Fixed_token_is_not_refreshed()
    {
        using var client = new ServiceClient(new ServiceClientOptions { Server = _rig.Address, Tokens = new FixedToken("unknown") });
        Assert.Equal(ProblemCodes.Unauthorized, (await Assert.ThrowsAsync<ServiceProblem>(() => client.Accounts.WhoAmIAsync(default))).Code);
        Assert.Single(_rig.Service.Requests);
    }

    [Fact]
    public async Task Logout_ends_the_session_here_and_at_the_server()
    {
        using var anonymous = new ServiceClient(new ServiceClientOptions { Server = _rig.Address });
        ServiceClient client = _rig.Client();
        using var tokens = new SessionTokens(anonymous, _rig.Store, TimeProvider.System);
        Assert.True(await tokens.EndAsync(default));
        Assert.False(await tokens.EndAsync(default));
        await Assert.ThrowsAsync<NotSignedIn>(() => client.Accounts.WhoAmIAsync(default));
        Assert.Equal(ProblemCodes.InvalidGrant, (await Assert.ThrowsAsync<ServiceProblem>(() => anonymous.Accounts.RefreshAsync("refresh-1", default))).Code);
    }

    [Fact]
    public void Kept_files_are_their_owners_alone()
    {
        _rig.Client();
        _rig.Store.KeepDevice(_rig.Address, "ada", "device");
        string folder = Path.Join(_rig.Folder, "sessions");
        Assert.Equal(OwnerOnly | UnixFileMode.UserExecute, File.GetUnixFileMode(folder));
        Assert.Equal(2, Directory.GetFiles(folder).Length);
        Assert.All(Directory.GetFiles(folder), file => Assert.Equal(OwnerOnly, File.GetUnixFileMode(file)));
    }

    [Theory]
    [InlineData(UnixFileMode.GroupRead)]
    [InlineData(UnixFileMode.OtherWrite)]
    public async Task Session_that_others_can_read_or_write_is_refused(UnixFileMode open)
    {
        ServiceClient client = _rig.Client();
        string file = Assert.Single(Directory.GetFiles(Path.Join(_rig.Folder, "sessions")));
        File.SetUnixFileMode(file, OwnerOnly | open);
        SettingsFault fault = await Assert.ThrowsAsync<SettingsFault>(() => client.Accounts.WhoAmIAsync(default));
        Assert.Contains(file, fault.Message, StringComparison.Ordinal);
        Assert.Empty(_rig.Service.Requests);
    }

    [Fact]
    public void Servers_have_sessions_of_their_own()
    {
        Assert.True(ServiceAddress.TryParse("https://a.example/x_y", out ServiceAddress? one));
        Assert.True(ServiceAddress.TryParse("https://a.example/x/y", out ServiceAddress? other));
        _rig.Store.KeepDevice(one!, "ada", "device");
        Assert.Equal("device", _rig.Store.DeviceToken(one!, "ada"));
        Assert.Null(_rig.Store.DeviceToken(other!, "ada"));
    }

    [Fact]
    public void Secrets_are_in_no_text()
    {
        Session session = Session.Of(_rig.Address, _rig.Service.Accounts.Tokens("ada"), TimeProvider.System.GetUtcNow(), false);
        Assert.DoesNotContain("access-", session.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain("refresh-", session.ToString(), StringComparison.Ordinal);
    }
}
