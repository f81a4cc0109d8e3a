using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using Katanemimena.Access;
using Katanemimena.Api;
using Katanemimena.Tests.Unit.Access;
using Katanemimena.Wire;
using Xunit;

namespace Katanemimena.Tests.Unit.Api;

/// <summary>Tokens that must not open anything, over HTTP. Each is told the same; the log has the reason.</summary>
public sealed class TokenSecurityTests : IAsyncLifetime
{
    private ApiServer _server = null!;
    private string _good = null!;

    public async ValueTask InitializeAsync()
    {
        _server = await ApiServer.StartAsync(parts => [.. AccessEndpoints.All(parts), .. OperationsEndpoints.All(parts)]);
        _good = await _server.TokenAsync("root", UserRole.Admin);
        await _server.Rig.AddAsync("other", UserRole.Admin);
        Assert.Equal(200, (await _server.SendAsync("GET", "users", _good)).Status);
    }

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    [Fact]
    public async Task Expired()
    {
        _server.Rig.Clock.Advance(TimeSpan.FromMinutes(15) + TimeSpan.FromSeconds(30));
        await RefusedAsync(_good, TokenRefusal.Expired);
    }

    [Fact]
    public async Task Signed_with_another_key_under_our_keys_name()
    {
        using var other = RSA.Create(2048);
        await RefusedAsync(
            Forgery.Change(_good, null, null, input => other.SignData(input, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1)), TokenRefusal.WrongSignature);
    }

    [Fact]
    public async Task Key_that_is_none_of_ours() => await RefusedAsync(await _server.Rig.ResignAsync(_good, header => header["kid"] = "mine"), TokenRefusal.UnknownKey);

    [Theory]
    [InlineData("none")]
    [InlineData("None")]
    public async Task Not_signed_at_all(string algorithm)
    {
        await RefusedAsync(Forgery.Change(_good, header => header["alg"] = algorithm, null, _ => []), null);
        await RefusedAsync(Forgery.Change(_good, header => header["alg"] = algorithm, null, _ => [1, 2, 3]), TokenRefusal.WrongAlgorithm);
    }

    [Fact]
    public async Task Signed_with_the_public_key_as_a_shared_secret()
    {
        byte[] secret = Encoding.UTF8.GetBytes((await _server.SendAsync("GET", "public-key")).Body);
        await RefusedAsync(Forgery.Change(_good, header => header["alg"] = "HS256", null, input => HMACSHA256.HashData(secret, input)), TokenRefusal.WrongAlgorithm);
        await RefusedAsync(Forgery.Change(_good, null, null, input => HMACSHA256.HashData(secret, input)), TokenRefusal.WrongSignature);
    }

    [Theory]
    [InlineData("aud", "another-api", TokenRefusal.WrongAudience)]
    [InlineData("iss", "another", TokenRefusal.WrongIssuer)]
    [InlineData("sub", "nobody", TokenRefusal.UserDeleted)]
    [InlineData("version", "another", TokenRefusal.UserChanged)]
    public async Task Claim_that_is_another(string claim, string value, TokenRefusal refusal) =>
        await RefusedAsync(await _server.Rig.ResignAsync(_good, claims: claims => claims[claim] = value), refusal);

    [Theory]
    [InlineData("JWT")]
    [InlineData("service+jwt")]
    public async Task Type_that_is_another(string type) => await RefusedAsync(await _server.Rig.ResignAsync(_good, header => header["typ"] = type), TokenRefusal.WrongType);

    [Fact]
    public async Task Changed_without_being_signed_anew()
    {
        string[] parts = _good.Split('.');
        string claims = Base64Url.EncodeToString(Encoding.UTF8.GetBytes(Forgery.Claims(_good).ToJsonString().Replace("root", "othr", StringComparison.Ordinal)));
        await RefusedAsync($"{parts[0]}.{claims}.{parts[2]}", TokenRefusal.WrongSignature);
    }

    [Fact]
    public async Task Service_token_opens_nothing_of_the_api()
    {
        ServiceTokenResult minted = await _server.Rig.First.ServiceTokens.MintAsync(
            new AccessIdentity("root", UserRole.Admin, "", default), "root", TimeSpan.FromDays(1), "", default);
        await RefusedAsync(minted.Token!.Text, TokenRefusal.WrongType);
    }

    [Fact]
    public async Task Refresh_token_is_no_access_token()
    {
        SessionTokens session = await _server.Rig.StartAsync("root");
        await RefusedAsync(session.RefreshToken, TokenRefusal.Malformed);
    }

    [Theory]
    [InlineData(UserRole.User, null, TokenRefusal.UserChanged)]
    [InlineData(null, true, TokenRefusal.UserDisabled)]
    public async Task Account_that_was_changed(UserRole? role, bool? disabled, TokenRefusal refusal)
    {
        await _server.Rig.Second.Users.ChangeAsync("root", new UserChange { Role = role, Disabled = disabled }, default);
        _server.Rig.Clock.Advance(_server.Rig.Options.UserCacheTime);
        await RefusedAsync(_good, refusal);
    }

    [Fact]
    public async Task Account_that_was_deleted()
    {
        await _server.Rig.Second.Users.DeleteAsync("root", default);
        _server.Rig.Clock.Advance(_server.Rig.Options.UserCacheTime);
        await RefusedAsync(_good, TokenRefusal.UserDeleted);
    }

    [Fact]
    public async Task Key_that_was_removed()
    {
        string kid = (string)Forgery.Header(_good)["kid"]!;
        await _server.Rig.Second.SigningKeys.RemoveAsync(kid, default);
        _server.Rig.Clock.Advance(_server.Rig.Options.SigningKeyCacheTime);
        await RefusedAsync(_good, TokenRefusal.UnknownKey);
    }

    [Theory]
    [InlineData("")]
    [InlineData("Bearer")]
    [InlineData("Basic cm9vdDp4")]
    [InlineData("Bearer a.b.c")]
    [InlineData("Bearer  ")]
    [InlineData("Token ")]
    public async Task Header_that_holds_no_token(string header)
    {
        using HttpRequestMessage request = new(HttpMethod.Get, "/api/users");
        request.Headers.TryAddWithoutValidation("Authorization", header);
        using HttpResponseMessage response = await _server.Client.SendAsync(request);
        Assert.Equal(ProblemCodes.Unauthorized, (await ApiAnswer.ReadAsync(response)).Problem.Code);
    }

    [Fact]
    public async Task Two_tokens_at_once()
    {
        using HttpRequestMessage request = new(HttpMethod.Get, "/api/users");
        request.Headers.TryAddWithoutValidation("Authorization", [$"Bearer {_good}", $"Bearer {_good}"]);
        using HttpResponseMessage response = await _server.Client.SendAsync(request);
        Assert.Equal(401, (int)response.StatusCode);
    }

    [Fact]
    public async Task Token_in_the_address()
    {
        Assert.Equal(401, (await _server.SendAsync("GET", $"users?access_token={_good}")).Status);
    }

    private async Task RefusedAsync(string token, TokenRefusal? refusal)
    {
        ApiAnswer answer = await _server.SendAsync("GET", "users", token);
        Assert.Equal((401, ProblemCodes.Unauthorized), (answer.Status, answer.Problem.Code));
        Assert.Equal("the access token is not good, or no longer; refresh it or sign in again", answer.Problem.Detail);
        Assert.Equal("Bearer error=\"invalid_token\"", answer.Headers["WWW-Authenticate"]);
        Assert.Contains($"Users, request {answer.Problem.Request}: access token refused, {refusal}", _server.Log.Text, StringComparison.Ordinal);
        Assert.DoesNotContain(token, _server.Log.Text, StringComparison.Ordinal);
    }
}
