using Katanemimena.Access;
using Katanemimena.Api;
using Katanemimena.Tests.Unit.Access;
using Katanemimena.Wire;
using Xunit;

namespace Katanemimena.Tests.Unit.Api;

public sealed class SessionEndpointTests : IAsyncLifetime
{
    private ApiServer _server = null!;

    public async ValueTask InitializeAsync()
    {
        _server = await ApiServer.StartAsync(AccessEndpoints.All);
        await _server.Rig.AddAsync("bob");
    }

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    [Fact]
    public async Task Password_gives_a_pair_of_tokens_and_a_device_token_and_the_next_pair_no_device_token()
    {
        TokensDocument first = await LoginAsync();
        TokensDocument second = (await RefreshAsync(first.RefreshToken)).Document(WireJson.Default.TokensDocument);

        Assert.Equal(("bob", "user", "Bearer", 15 * 60), (first.Name, first.Role, first.TokenType, first.ExpiresIn));
        Assert.Equal(_server.Rig.Clock.GetUtcNow() + TimeSpan.FromDays(7), first.RefreshExpires);
        Assert.NotNull(first.DeviceToken);
        Assert.Null(second.DeviceToken);
        Assert.NotEqual(first.RefreshToken, second.RefreshToken);
        Assert.Equal(200, (await _server.SendAsync("GET", "whoami", second.AccessToken)).Status);
    }

    [Fact]
    public async Task Refresh_token_that_was_used_ends_its_session()
    {
        TokensDocument first = await LoginAsync();
        TokensDocument second = (await RefreshAsync(first.RefreshToken)).Document(WireJson.Default.TokensDocument);

        Assert.Equal((401, ProblemCodes.InvalidGrant), Code(await RefreshAsync(first.RefreshToken)));
        Assert.Equal((401, ProblemCodes.InvalidGrant), Code(await RefreshAsync(second.RefreshToken)));
    }

    [Fact]
    public async Task Logout_ends_the_session_and_says_nothing_of_it()
    {
        TokensDocument tokens = await LoginAsync();

        Assert.Equal(204, (await LogoutAsync(tokens.RefreshToken)).Status);
        Assert.Equal(204, (await LogoutAsync(tokens.RefreshToken)).Status);
        Assert.Equal(204, (await LogoutAsync("nothing of the kind")).Status);
        Assert.Equal((401, ProblemCodes.InvalidGrant), Code(await RefreshAsync(tokens.RefreshToken)));
    }

    [Fact]
    public async Task Who_one_is_comes_with_the_limits_that_hold()
    {
        await _server.Rig.First.Users.ChangeAsync("bob", new UserChange { Quota = new UserQuota(3, null) }, default);
        WhoAmIDocument me = (await _server.SendAsync("GET", "whoami", (await LoginAsync()).AccessToken)).Document(WireJson.Default.WhoAmIDocument);

        Assert.Equal(("bob", "user"), (me.Name, me.Role));
        Assert.Equal(_server.Rig.Clock.GetUtcNow() + TimeSpan.FromMinutes(15), me.Expires);
        Assert.Equal(new QuotaDocument(3, 50L << 30), me.Quota);
        Assert.Equal(new QuotaDocument(1, 2), me.Used);
    }

    [Fact]
    public async Task New_password_ends_all_sessions_and_lets_in()
    {
        TokensDocument tokens = await LoginAsync();
        Assert.Equal(204, (await ChangeAsync(tokens, ApiServer.Password, AccessRig.OtherPassword)).Status);
        _server.Rig.Clock.Advance(_server.Rig.Options.UserCacheTime);

        Assert.Equal((401, ProblemCodes.Unauthorized), Code(await _server.SendAsync("GET", "whoami", tokens.AccessToken)));
        Assert.Equal((401, ProblemCodes.InvalidGrant), Code(await RefreshAsync(tokens.RefreshToken)));
        Assert.Equal((401, ProblemCodes.InvalidCredentials), Code(await _server.LoginAsync("bob", ApiServer.Password)));
        Assert.Equal(200, (await _server.LoginAsync("bob", AccessRig.OtherPassword)).Status);
    }

    [Fact]
    public async Task New_password_needs_the_old_one_and_has_to_be_a_good_one()
    {
        TokensDocument tokens = await LoginAsync();
        ApiAnswer weak = await ChangeAsync(tokens, ApiServer.Password, "password1234");
        ApiAnswer wrong = await ChangeAsync(tokens, "not the password", AccessRig.OtherPassword);

        Assert.Equal((400, ProblemCodes.InvalidRequest, "newPassword"), (weak.Status, weak.Problem.Code, weak.Problem.Field));
        Assert.Equal((401, ProblemCodes.InvalidCredentials), Code(wrong));
        Assert.Equal(200, (await _server.SendAsync("GET", "whoami", tokens.AccessToken)).Status);
    }

    [Fact]
    public async Task Guesses_at_the_old_password_wait_like_sign_ins()
    {
        TokensDocument tokens = await LoginAsync();
        for (int n = 0; n < 5; n++)
        {
            await ChangeAsync(tokens, "not the password", AccessRig.OtherPassword);
        }

        ApiAnswer answer = await ChangeAsync(tokens, ApiServer.Password, AccessRig.OtherPassword);
        Assert.Equal((429, ProblemCodes.TooManyAttempts, "1"), (answer.Status, answer.Problem.Code, answer.Headers["Retry-After"]));
    }

    [Fact]
    public async Task Keys_to_verify_tokens_with_are_for_anybody()
    {
        await LoginAsync();
        ApiAnswer pem = await _server.SendAsync("GET", "public-key");
        ApiAnswer set = await _server.SendAsync("GET", "jwks");

        Assert.Equal((200, "application/x-pem-file"), (pem.Status, pem.MediaType));
        Assert.StartsWith("-----BEGIN PUBLIC KEY-----", pem.Body, StringComparison.Ordinal);
        Assert.Equal((200, "application/jwk-set+json"), (set.Status, set.MediaType));
        Assert.Contains("\"kty\":\"RSA\"", set.Body, StringComparison.Ordinal);
        Assert.DoesNotContain("\"d\"", set.Body, StringComparison.Ordinal);
    }

    private async Task<TokensDocument> LoginAsync() => (await _server.LoginAsync("bob", ApiServer.Password)).Document(WireJson.Default.TokensDocument);

    private Task<ApiAnswer> RefreshAsync(string token) => _server.SendAsync("POST", "refresh", new RefreshRequest(token), WireJson.Default.RefreshRequest);

    private Task<ApiAnswer> LogoutAsync(string token) => _server.SendAsync("POST", "logout", new RefreshRequest(token), WireJson.Default.RefreshRequest);

    private Task<ApiAnswer> ChangeAsync(TokensDocument tokens, string old, string next) =>
        _server.SendAsync("PUT", "password", new PasswordRequest(old, next), WireJson.Default.PasswordRequest, tokens.AccessToken);

    private static (int, string) Code(ApiAnswer answer) => (answer.Status, answer.Problem.Code);
}
