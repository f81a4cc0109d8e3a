using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Katanemimena.Access;
using Xunit;

namespace Katanemimena.Tests.Unit.Access;

public sealed class AccessTokenTests : IDisposable
{
    private readonly AccessRig _rig = new();

    public void Dispose() => _rig.Dispose();

    [Fact]
    public async Task Token_says_who_and_is_good_on_every_instance()
    {
        await _rig.AddAsync("bob", UserRole.Admin);
        SessionTokens session = await _rig.StartAsync("bob");

        TokenVerdict<AccessIdentity> verdict = await _rig.Second.AccessTokens.VerifyAsync(session.Access.Text, default);

        Assert.Null(verdict.Refusal);
        Assert.Equal(("bob", UserRole.Admin, _rig.Clock.GetUtcNow().AddMinutes(15)), (verdict.Identity!.Name, verdict.Identity.Role, verdict.Identity.Expires));
    }

    [Fact]
    public async Task Token_has_the_header_and_the_claims_of_the_profile()
    {
        string token = await TokenAsync();
        JsonObject header = Forgery.Header(token);
        JsonObject claims = Forgery.Claims(token);
        long now = _rig.Clock.GetUtcNow().ToUnixTimeSeconds();

        Assert.Equal(["alg", "kid", "typ"], header.Select(pair => pair.Key).Order());
        Assert.Equal(("RS256", "at+jwt"), ((string?)header["alg"], (string?)header["typ"]));
        Assert.Equal(["aud", "exp", "iat", "iss", "jti", "nbf", "role", "sub", "version"], claims.Select(pair => pair.Key).Order());
        Assert.Equal(("katanemimena", "katanemimena-api", "bob", "user"), ((string?)claims["iss"], (string?)claims["aud"], (string?)claims["sub"], (string?)claims["role"]));
        Assert.Equal((now, now, now + 900), ((long)claims["iat"]!, (long)claims["nbf"]!, (long)claims["exp"]!));
        Assert.NotEqual((string?)claims["jti"], (string?)Forgery.Claims((await _rig.StartAsync("bob")).Access.Text)["jti"]);
        Assert.True(token.Length < 1_000);
    }

    [Fact]
    public async Task Token_signed_anew_unchanged_is_good() => Assert.Null(await RefusalAsync(await _rig.ResignAsync(await TokenAsync())));

    [Fact]
    public async Task Expired_token_is_refused_past_the_skew()
    {
        string token = await TokenAsync();
        _rig.Clock.Advance(TimeSpan.FromMinutes(15) + TimeSpan.FromSeconds(29));
        Assert.Null(await RefusalAsync(token));
        _rig.Clock.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(TokenRefusal.Expired, await RefusalAsync(token));
    }

    [Fact]
    public async Task Token_from_the_future_is_refused_past_the_skew()
    {
        string token = await TokenAsync();
        long now = _rig.Clock.GetUtcNow().ToUnixTimeSeconds();

        Assert.Null(await RefusalAsync(await _rig.ResignAsync(token, claims: claims => claims["nbf"] = now + 30)));
        Assert.Equal(TokenRefusal.NotYetValid, await RefusalAsync(await _rig.ResignAsync(token, claims: claims => claims["nbf"] = now + 31)));
    }

    [Fact]
    public async Task Token_signed_by_another_key_under_our_id_is_refused()
    {
        using var stranger = RSA.Create(2048);
        string token = Forgery.Change(
            await TokenAsync(), null, claims => claims["role"] = "admin", input => stranger.SignData(input, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1));

        Assert.Equal(TokenRefusal.WrongSignature, await RefusalAsync(token));
    }

    [Fact]
    public async Task Changed_claim_is_refused()
    {
        string[] parts = (await TokenAsync()).Split('.');
        string[] other = (await _rig.ResignAsync(string.Join('.', parts), claims: claims => claims["role"] = "admin")).Split('.');

        Assert.Equal(TokenRefusal.WrongSignature, await RefusalAsync($"{parts[0]}.{other[1]}.{parts[2]}"));
    }

    [Fact]
    public async Task Key_that_the_header_brings_along_is_not_used()
    {
        using var stranger = RSA.Create(2048);
        RSAParameters numbers = stranger.ExportParameters(false);
        string token = Forgery.Change(
            await TokenAsync(),
            header =>
            {
                header["jwk"] = new JsonObject
                {
                    ["kty"] = "RSA",
                    ["n"] = System.Buffers.Text.Base64Url.EncodeToString(numbers.Modulus),
                    ["e"] = System.Buffers.Text.Base64Url.EncodeToString(numbers.Exponent),
                };
                header["jku"] = "https://attacker.example/keys";
            },
            null,
            input => stranger.SignData(input, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1));

        Assert.Equal(TokenRefusal.WrongSignature, await RefusalAsync(token));
    }

    [Theory]
    [InlineData("none")]
    [InlineData("None")]
    [InlineData("nOnE")]
    [InlineData("")]
    public async Task Token_without_a_signature_is_refused(string algorithm)
    {
        string token = Forgery.Change(await TokenAsync(), header => header["alg"] = algorithm, null, _ => []);
        Assert.Equal(TokenRefusal.WrongAlgorithm, await RefusalAsync(token));
    }

    [Fact]
    public async Task Rs256_token_whose_signature_was_taken_off_is_refused()
    {
        string token = await TokenAsync();
        Assert.Equal(TokenRefusal.WrongSignature, await RefusalAsync(token[..(token.LastIndexOf('.') + 1)]));
    }

    [Fact]
    public async Task Hs256_token_with_the_public_key_for_its_secret_is_refused()
    {
        string good = await TokenAsync();
        byte[] secret = Encoding.ASCII.GetBytes(await _rig.First.SigningKeys.PublicPemAsync(default));
        string token = Forgery.Change(good, header => header["alg"] = "HS256", null, input => HMACSHA256.HashData(secret, input));

        Assert.Equal(TokenRefusal.WrongAlgorithm, await RefusalAsync(token));
    }

    [Theory]
    [InlineData("RS384")]
    [InlineData("PS256")]
    [InlineData("ES256")]
    [InlineData("rs256")]
    public async Task Any_other_algorithm_is_refused(string algorithm) =>
        Assert.Equal(TokenRefusal.WrongAlgorithm, await RefusalAsync(await _rig.ResignAsync(await TokenAsync(), header => header["alg"] = algorithm)));

    [Theory]
    [InlineData("JWT")]
    [InlineData("service+jwt")]
    [InlineData(null)]
    public async Task Any_other_type_is_refused(string? type) =>
        Assert.Equal(TokenRefusal.WrongType, await RefusalAsync(await _rig.ResignAsync(await TokenAsync(), header => Set(header, "typ", type))));

    [Theory]
    [InlineData("not-a-key")]
    [InlineData("../../users/bob")]
    [InlineData("")]
    [InlineData(null)]
    public async Task Unknown_key_is_refused(string? kid) =>
        Assert.Equal(TokenRefusal.UnknownKey, await RefusalAsync(await _rig.ResignAsync(await TokenAsync(), header => Set(header, "kid", kid))));

    [Fact]
    public async Task Unknown_keys_do_not_make_a_read_each()
    {
        string token = await _rig.ResignAsync(await TokenAsync(), header => header["kid"] = "not-a-key");
        await RefusalAsync(token);
        int reads = _rig.Store.Reads;
        for (int n = 0; n < 20; n++)
        {
            await RefusalAsync(token);
        }

        Assert.Equal(reads, _rig.Store.Reads);
    }

    [Theory]
    [InlineData("someone-else")]
    [InlineData(null)]
    public async Task Another_issuer_is_refused(string? issuer) =>
        Assert.Equal(TokenRefusal.WrongIssuer, await RefusalAsync(await _rig.ResignAsync(await TokenAsync(), claims: claims => Set(claims, "iss", issuer))));

    [Theory]
    [InlineData("another-api")]
    [InlineData(null)]
    public async Task Another_audience_is_refused(string? audience) =>
        Assert.Equal(TokenRefusal.WrongAudience, await RefusalAsync(await _rig.ResignAsync(await TokenAsync(), claims: claims => Set(claims, "aud", audience))));

    [Fact]
    public async Task Extension_that_must_be_understood_is_refused() =>
        Assert.Equal(
            TokenRefusal.UnknownExtension,
            await RefusalAsync(await _rig.ResignAsync(await TokenAsync(), header =>
            {
                header["crit"] = new JsonArray("b64");
                header["b64"] = false;
            })));

    [Theory]
    [InlineData("exp")]
    [InlineData("nbf")]
    [InlineData("sub")]
    [InlineData("jti")]
    [InlineData("version")]
    public async Task Token_that_lacks_a_claim_is_refused(string claim) =>
        Assert.Equal(TokenRefusal.Malformed, await RefusalAsync(await _rig.ResignAsync(await TokenAsync(), claims: claims => claims.Remove(claim))));

    [Theory]
    [InlineData("")]
    [InlineData("x")]
    [InlineData("a.b.c")]
    [InlineData("..")]
    [InlineData("eyJhbGciOiJSUzI1NiJ9.e30")]
    [InlineData("a.b.c.d.e")]
    [InlineData("{\"alg\":\"RS256\"}.{}.x")]
    public async Task What_is_no_token_is_refused(string text) => Assert.Equal(TokenRefusal.Malformed, await RefusalAsync(text));

    [Theory]
    [MemberData(nameof(OddValues))]
    public async Task Odd_values_are_refused_and_nothing_is_thrown(string part, string name, string json)
    {
        void Spoil(JsonObject target) => target[name] = JsonNode.Parse(json);
        string token = await _rig.ResignAsync(await TokenAsync(), part == "header" ? Spoil : null, part == "claims" ? Spoil : null);

        Assert.NotNull(await RefusalAsync(token));
    }

    public static TheoryData<string, string, string> OddValues()
    {
        TheoryData<string, string, string> data = [];
        foreach (string value in new[] { "5", "-1", "1e400", "99999999999999999999", "true", "null", "[]", "{}", "[\"at+jwt\", 7]", "{\"a\": [null]}" })
        {
            foreach (string name in new[] { "alg", "typ", "kid", "crit" })
            {
                data.Add("header", name, value);
            }

            foreach (string name in new[] { "sub", "jti", "iss", "aud", "version" })
            {
                data.Add("claims", name, value);
            }
        }

        foreach (string value in new[] { "1e400", "true", "null", "[]", "{}", "\"soon\"" })
        {
            data.Add("claims", "exp", value);
            data.Add("claims", "nbf", value);
        }

        data.Add("claims", "exp", "-1");
        return data;
    }

    [Fact]
    public async Task Token_with_any_byte_changed_is_refused_and_nothing_is_thrown()
    {
        string good = await TokenAsync();
        Random random = new(7);
        for (int n = 0; n < 2_000; n++)
        {
            char[] text = good.ToCharArray();
            text[random.Next(text.Length - 2)] = (char)random.Next(1, n % 2 == 0 ? 128 : 0x300);
            TokenRefusal? refusal = await RefusalAsync(new string(text));
            Assert.True(refusal is not null || new string(text) == good, $"taken: {new string(text)}");
        }
    }

    [Fact]
    public async Task Endless_token_is_refused_unread() =>
        Assert.Equal(TokenRefusal.Malformed, await RefusalAsync(await TokenAsync() + new string('A', SignedTokenReader.TokenLengthMax)));

    [Fact]
    public async Task Token_of_a_deleted_user_is_refused_within_seconds()
    {
        string token = await TokenAsync();
        Assert.Null(await RefusalAsync(token));
        await _rig.Second.Users.DeleteAsync("bob", default);

        Assert.Null(await RefusalAsync(token));
        _rig.Clock.Advance(TimeSpan.FromSeconds(5));
        Assert.Equal(TokenRefusal.UserDeleted, await RefusalAsync(token));
    }

    [Fact]
    public async Task Token_of_a_user_made_anew_under_the_name_is_refused()
    {
        string token = await TokenAsync();
        await _rig.First.Users.DeleteAsync("bob", default);
        await _rig.AddAsync("bob");

        Assert.Equal(TokenRefusal.UserChanged, await RefusalAsync(token));
    }

    [Fact]
    public async Task Token_of_a_user_shut_out_is_refused_and_stays_so_when_let_in_again()
    {
        string token = await TokenAsync();
        await _rig.Second.Users.ChangeAsync("bob", new UserChange { Disabled = true }, default);
        Assert.Equal(TokenRefusal.UserDisabled, await RefusalAsync(token));

        await _rig.Second.Users.ChangeAsync("bob", new UserChange { Disabled = false }, default);
        _rig.Clock.Advance(TimeSpan.FromSeconds(5));
        Assert.Equal(TokenRefusal.UserChanged, await RefusalAsync(token));
    }

    [Fact]
    public async Task Token_of_another_role_is_refused()
    {
        string token = await TokenAsync();
        await _rig.Second.Users.ChangeAsync("bob", new UserChange { Role = UserRole.Admin }, default);

        Assert.Equal(TokenRefusal.UserChanged, await RefusalAsync(token));
    }

    [Fact]
    public async Task Token_from_before_the_password_was_changed_is_refused()
    {
        string token = await TokenAsync();
        await _rig.Second.Users.SetPasswordAsync("bob", AccessRig.OtherPassword, default);

        Assert.Equal(TokenRefusal.UserChanged, await RefusalAsync(token));
    }

    [Fact]
    public async Task New_token_is_good_at_once_where_the_account_is_remembered_as_it_was()
    {
        await TokenAsync();
        await _rig.First.AccessTokens.VerifyAsync(await TokenAsync(), default);
        await _rig.Second.Users.ChangeAsync("bob", new UserChange { Role = UserRole.Admin }, default);

        Assert.Equal(UserRole.Admin, (await _rig.First.AccessTokens.VerifyAsync(await TokenAsync(), default)).Identity!.Role);
    }

    [Fact]
    public async Task Role_comes_from_the_account_and_not_from_the_token() =>
        Assert.Equal(
            UserRole.User,
            (await _rig.First.AccessTokens.VerifyAsync(await _rig.ResignAsync(await TokenAsync(), claims: claims => claims["role"] = "admin"), default)).Identity!.Role);

    private async Task<string> TokenAsync() => (await _rig.StartAsync("bob")).Access.Text;

    private async Task<TokenRefusal?> RefusalAsync(string token) => (await _rig.First.AccessTokens.VerifyAsync(token, default)).Refusal;

    private static void Set(JsonObject part, string name, string? value)
    {
        part.Remove(name);
        if (value is not null)
        {
            part[name] = value;
        }
    }
}
