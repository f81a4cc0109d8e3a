using Katanemimena.Access;
using Xunit;

namespace Katanemimena.Tests.Unit.Access;

public sealed class ServiceTokenTests : IDisposable
{
    private readonly AccessRig _rig = new();

    public void Dispose() => _rig.Dispose();

    [Fact]
    public async Task Token_stands_for_its_user_for_as_long_as_it_lasts()
    {
        ServiceTokenResult minted = await MintAsync(TimeSpan.FromDays(365));
        TokenVerdict<ServiceIdentity> verdict = await _rig.Second.ServiceTokens.VerifyAsync(minted.Token!.Text, default);

        Assert.Equal(new ServiceIdentity("bob", minted.Card!.TokenId, _rig.Clock.GetUtcNow().AddDays(365)), verdict.Identity);
        Assert.Equal(("service+jwt", "jobs:submit"), ((string?)Forgery.Header(minted.Token.Text)["typ"], (string?)Forgery.Claims(minted.Token.Text)["scope"]));
        Assert.Null(Forgery.Claims(minted.Token.Text)["role"]);
        _rig.Clock.Advance(TimeSpan.FromDays(364));
        await _rig.First.Sweeper.SweepAsync(default);
        Assert.Null(await RefusalAsync(minted.Token.Text));
        _rig.Clock.Advance(TimeSpan.FromDays(1) + TimeSpan.FromSeconds(30));
        Assert.Equal(TokenRefusal.Expired, await RefusalAsync(minted.Token.Text));
    }

    [Fact]
    public async Task Signing_key_stays_through_rotations_until_its_last_service_token_is_over()
    {
        ServiceTokenResult minted = await MintAsync(TimeSpan.FromDays(100));
        string kid = (string)Forgery.Header(minted.Token!.Text)["kid"]!;
        for (int day = 0; day < 99; day++)
        {
            _rig.Clock.Advance(TimeSpan.FromDays(1));
            await _rig.First.Sweeper.SweepAsync(default);
        }

        Assert.Null(await RefusalAsync(minted.Token.Text));
        _rig.Clock.Advance(TimeSpan.FromDays(2));
        await _rig.First.Sweeper.SweepAsync(default);
        Assert.Equal(TokenRefusal.UnknownKey, await RefusalAsync(minted.Token.Text));
        Assert.Equal(0, await _rig.KeysAsync($"/mr/keys/{kid}"));
        Assert.Equal(0, await _rig.KeysAsync("/mr/services/"));
    }

    [Fact]
    public async Task Revoked_token_is_refused_at_once_and_the_others_are_not()
    {
        ServiceTokenResult one = await MintAsync(TimeSpan.FromDays(1));
        ServiceTokenResult other = await MintAsync(TimeSpan.FromDays(1));

        Assert.True(await _rig.Second.ServiceTokens.RevokeAsync(one.Card!.TokenId, default));
        Assert.False(await _rig.Second.ServiceTokens.RevokeAsync(one.Card.TokenId, default));
        Assert.Equal(TokenRefusal.Revoked, await RefusalAsync(one.Token!.Text));
        Assert.Null(await RefusalAsync(other.Token!.Text));
        Assert.Equal([other.Card!], await _rig.First.ServiceTokens.ListAsync(null, default));
    }

    [Theory]
    [InlineData("")]
    [InlineData("bob")]
    [InlineData("bob.")]
    [InlineData("../keys.AAAAAAAAAAAAAAAAAAAAAA")]
    [InlineData("bob.AAAAAAAAAAAAAAAAAAAAAA")]
    public async Task Revoking_what_is_not_there_changes_nothing(string id)
    {
        ServiceTokenResult minted = await MintAsync(TimeSpan.FromDays(1));

        Assert.False(await _rig.First.ServiceTokens.RevokeAsync(id, default));
        Assert.Null(await RefusalAsync(minted.Token!.Text));
    }

    [Fact]
    public async Task Service_token_is_no_access_token()
    {
        ServiceTokenResult minted = await MintAsync(TimeSpan.FromDays(1));
        Assert.Equal(TokenRefusal.WrongType, (await _rig.First.AccessTokens.VerifyAsync(minted.Token!.Text, default)).Refusal);
    }

    [Fact]
    public async Task Access_token_is_no_service_token() =>
        Assert.Equal(TokenRefusal.WrongType, await RefusalAsync((await _rig.StartAsync("bob")).Access.Text));

    [Fact]
    public async Task Token_of_another_scope_is_refused()
    {
        ServiceTokenResult minted = await MintAsync(TimeSpan.FromDays(1));
        string token = await _rig.ResignAsync(minted.Token!.Text, claims: claims => claims["scope"] = "everything");

        Assert.Equal(TokenRefusal.WrongScope, await RefusalAsync(token));
    }

    [Fact]
    public async Task Token_whose_user_is_not_that_of_its_id_is_refused()
    {
        await _rig.AddAsync("eve");
        ServiceTokenResult minted = await MintAsync(TimeSpan.FromDays(1));
        string token = await _rig.ResignAsync(minted.Token!.Text, claims: claims => claims["sub"] = "eve");

        Assert.Equal(TokenRefusal.Revoked, await RefusalAsync(token));
    }

    [Fact]
    public async Task Token_rests_while_its_user_is_shut_out_and_outlives_a_new_password()
    {
        ServiceTokenResult minted = await MintAsync(TimeSpan.FromDays(1));
        await _rig.First.Users.ChangeAsync("bob", new UserChange { Disabled = true }, default);
        Assert.Equal(TokenRefusal.UserDisabled, await RefusalAsync(minted.Token!.Text));

        await _rig.First.Users.ChangeAsync("bob", new UserChange { Disabled = false }, default);
        await _rig.First.Users.SetPasswordAsync("bob", AccessRig.OtherPassword, default);
        Assert.Null(await RefusalAsync(minted.Token.Text));
    }

    [Fact]
    public async Task Token_of_a_deleted_user_is_refused_even_when_the_name_is_made_anew()
    {
        ServiceTokenResult minted = await MintAsync(TimeSpan.FromDays(1));
        await _rig.First.Users.DeleteAsync("bob", default);
        Assert.Equal(TokenRefusal.UserDeleted, await RefusalAsync(minted.Token!.Text));

        await _rig.AddAsync("bob");
        Assert.Equal(TokenRefusal.Revoked, await RefusalAsync(minted.Token.Text));
    }

    [Fact]
    public async Task Only_an_admin_mints()
    {
        await _rig.AddAsync("bob");
        AccessIdentity bob = new("bob", UserRole.User, "", _rig.Clock.GetUtcNow());

        Assert.Equal(ServiceTokenOutcome.NotAdmin, (await _rig.First.ServiceTokens.MintAsync(bob, "bob", TimeSpan.FromDays(1), "", default)).Outcome);
        Assert.Equal(0, await _rig.KeysAsync("/mr/services/"));
    }

    [Theory]
    [InlineData("bob", 59, ServiceTokenOutcome.Invalid)]
    [InlineData("bob", 366 * 86_400 + 1, ServiceTokenOutcome.Invalid)]
    [InlineData("nobody", 3_600, ServiceTokenOutcome.NoSuchUser)]
    [InlineData("../keys", 3_600, ServiceTokenOutcome.NoSuchUser)]
    public async Task Life_and_user_must_be_possible(string user, int seconds, ServiceTokenOutcome outcome)
    {
        AccessIdentity root = await _rig.AddAdminAsync();
        await _rig.AddAsync("bob");

        Assert.Equal(outcome, (await _rig.First.ServiceTokens.MintAsync(root, user, TimeSpan.FromSeconds(seconds), "", default)).Outcome);
    }

    [Fact]
    public async Task Token_minted_as_its_user_is_deleted_is_not_minted()
    {
        AccessIdentity root = await _rig.AddAdminAsync();
        await _rig.StartAsync("bob");
        _rig.Store.BeforeNextWrite = async () => await _rig.Second.Users.DeleteAsync("bob", default);

        Assert.Equal(ServiceTokenOutcome.NoSuchUser, (await _rig.First.ServiceTokens.MintAsync(root, "bob", TimeSpan.FromDays(1), "", default)).Outcome);
        Assert.Equal(0, await _rig.KeysAsync("/mr/services/"));
    }

    [Fact]
    public async Task Two_minted_at_once_keep_the_key_for_the_longer_one()
    {
        ServiceTokenResult? longer = null;
        AccessIdentity root = await _rig.AddAdminAsync();
        await _rig.StartAsync("bob");
        _rig.Store.BeforeNextWrite = async () => longer = await _rig.Second.ServiceTokens.MintAsync(root, "bob", TimeSpan.FromDays(200), "", default);
        ServiceTokenResult shorter = await _rig.First.ServiceTokens.MintAsync(root, "bob", TimeSpan.FromDays(2), "", default);

        Assert.Equal((ServiceTokenOutcome.Minted, ServiceTokenOutcome.Minted), (longer!.Outcome, shorter.Outcome));
        StoredSigningKey key = Assert.Single(await _rig.KeyStore(_rig.Options).ReadAsync(default)).Key;
        Assert.Equal(longer.Token!.Expires, key.ServicesUntil);
    }

    private async Task<ServiceTokenResult> MintAsync(TimeSpan lifetime)
    {
        AccessIdentity root = new("root", UserRole.Admin, "", _rig.Clock.GetUtcNow());
        if (await _rig.First.Users.FindAsync("bob", default) is null)
        {
            await _rig.AddAdminAsync();
            await _rig.AddAsync("bob");
        }

        ServiceTokenResult result = await _rig.First.ServiceTokens.MintAsync(root, "bob", lifetime, "the nightly import", default);
        Assert.Equal(ServiceTokenOutcome.Minted, result.Outcome);
        return result;
    }

    private async Task<TokenRefusal?> RefusalAsync(string token) => (await _rig.First.ServiceTokens.VerifyAsync(token, default)).Refusal;
}
