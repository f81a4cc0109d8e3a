using Katanemimena.Access;
using Xunit;

namespace Katanemimena.Tests.Unit.Access;

public sealed class SessionTests : IDisposable
{
    private readonly AccessRig _rig = new();

    public void Dispose() => _rig.Dispose();

    [Fact]
    public async Task Refresh_gives_a_new_pair_and_the_store_keeps_one_record()
    {
        SessionTokens first = await _rig.StartAsync("bob");
        _rig.Clock.Advance(TimeSpan.FromMinutes(20));
        RefreshResult second = await _rig.Second.Sessions.RefreshAsync(first.RefreshToken, default);
        RefreshResult third = await _rig.First.Sessions.RefreshAsync(second.Tokens!.RefreshToken, default);

        Assert.Null(third.Refusal);
        Assert.Equal("bob", third.User!.Name);
        Assert.Equal(3, new HashSet<string> { first.RefreshToken, second.Tokens.RefreshToken, third.Tokens!.RefreshToken }.Count);
        Assert.Null((await _rig.First.AccessTokens.VerifyAsync(third.Tokens.Access.Text, default)).Refusal);
        Assert.Equal(1, await _rig.KeysAsync("/mr/refresh/"));
    }

    [Fact]
    public async Task Token_used_twice_ends_the_session_for_both()
    {
        SessionTokens stolen = await _rig.StartAsync("bob");
        SessionTokens other = await _rig.StartAsync("bob");
        RefreshResult thief = await _rig.First.Sessions.RefreshAsync(stolen.RefreshToken, default);

        Assert.Equal(RefreshRefusal.Reused, await RefusalAsync(stolen.RefreshToken));
        Assert.Equal(RefreshRefusal.Unknown, await RefusalAsync(thief.Tokens!.RefreshToken));
        Assert.Null(await RefusalAsync(other.RefreshToken));
    }

    [Fact]
    public async Task Token_used_by_two_instances_at_once_ends_the_session()
    {
        SessionTokens session = await _rig.StartAsync("bob");
        RefreshResult? winner = null;
        _rig.Store.BeforeNextWrite = async () => winner = await _rig.Second.Sessions.RefreshAsync(session.RefreshToken, default);

        Assert.Equal(RefreshRefusal.Reused, await RefusalAsync(session.RefreshToken));
        Assert.Null(winner!.Refusal);
        Assert.Equal(RefreshRefusal.Unknown, await RefusalAsync(winner.Tokens!.RefreshToken));
    }

    [Fact]
    public async Task Session_ends_when_unused_for_a_week()
    {
        SessionTokens session = await _rig.StartAsync("bob");
        Assert.Equal(_rig.Clock.GetUtcNow().AddDays(7), session.RefreshExpires);
        _rig.Clock.Advance(TimeSpan.FromDays(7));

        Assert.Equal(RefreshRefusal.Expired, await RefusalAsync(session.RefreshToken));
    }

    [Fact]
    public async Task Session_ends_at_thirty_days_however_much_it_is_used()
    {
        SessionTokens session = await _rig.StartAsync("bob");
        DateTimeOffset end = _rig.Clock.GetUtcNow().AddDays(30);
        for (int day = 0; day < 29; day++)
        {
            _rig.Clock.Advance(TimeSpan.FromDays(1));
            session = (await _rig.First.Sessions.RefreshAsync(session.RefreshToken, default)).Tokens!;
        }

        Assert.Equal(end, session.RefreshExpires);
        _rig.Clock.Advance(TimeSpan.FromDays(1));
        Assert.Equal(RefreshRefusal.Expired, await RefusalAsync(session.RefreshToken));
    }

    [Theory]
    [InlineData("")]
    [InlineData("x")]
    [InlineData("not!base64url")]
    [InlineData("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")]
    public async Task What_is_no_refresh_token_is_refused(string text) => Assert.Equal(RefreshRefusal.Malformed, await RefusalAsync(text));

    [Fact]
    public async Task Token_of_a_session_that_never_was_is_unknown() =>
        Assert.Equal(RefreshRefusal.Unknown, await RefusalAsync(RefreshToken.New("bob").ToText()));

    [Fact]
    public async Task Token_is_its_users_alone()
    {
        SessionTokens session = await _rig.StartAsync("bob");
        await _rig.AddAsync("eve");
        RefreshToken token = RefreshToken.Parse(session.RefreshToken)!;

        Assert.Equal(RefreshRefusal.Unknown, await RefusalAsync((token with { Name = "eve" }).ToText()));
        Assert.Null(await RefusalAsync(session.RefreshToken));
    }

    [Fact]
    public async Task Logging_out_ends_the_session_whichever_of_its_tokens_is_brought()
    {
        SessionTokens first = await _rig.StartAsync("bob");
        RefreshResult second = await _rig.First.Sessions.RefreshAsync(first.RefreshToken, default);
        await _rig.Second.Sessions.EndAsync(first.RefreshToken, default);
        await _rig.Second.Sessions.EndAsync("garbage", default);

        Assert.Equal(RefreshRefusal.Unknown, await RefusalAsync(second.Tokens!.RefreshToken));
        Assert.Equal(0, await _rig.KeysAsync("/mr/refresh/"));
    }

    [Fact]
    public async Task Ending_all_leaves_other_users_alone()
    {
        SessionTokens bob = await _rig.StartAsync("bob");
        SessionTokens bobby = await _rig.StartAsync("bobby");
        await _rig.First.Sessions.EndAllAsync("bob", default);
        await _rig.First.Sessions.EndAllAsync("../", default);

        Assert.Equal(RefreshRefusal.Unknown, await RefusalAsync(bob.RefreshToken));
        Assert.Null(await RefusalAsync(bobby.RefreshToken));
    }

    [Fact]
    public async Task New_password_ends_all_sessions_of_the_user_in_the_same_step()
    {
        SessionTokens[] sessions = [await _rig.StartAsync("bob"), await _rig.StartAsync("bob")];
        await _rig.First.Users.SetPasswordAsync("bob", AccessRig.OtherPassword, default);

        Assert.Equal(0, await _rig.KeysAsync("/mr/refresh/"));
        Assert.All(await Task.WhenAll(sessions.Select(session => RefusalAsync(session.RefreshToken))), refusal => Assert.Equal(RefreshRefusal.Unknown, refusal));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task New_role_or_being_shut_out_ends_the_sessions(bool disable)
    {
        SessionTokens session = await _rig.StartAsync("bob");
        UserChange change = disable ? new UserChange { Disabled = true } : new UserChange { Role = UserRole.Admin };
        await _rig.First.Users.ChangeAsync("bob", change, default);

        Assert.Equal(RefreshRefusal.Unknown, await RefusalAsync(session.RefreshToken));
    }

    [Fact]
    public async Task Session_started_as_the_password_changes_is_good_for_nothing()
    {
        UserAccount before = await _rig.AddAsync("bob");
        _rig.Store.BeforeNextWrite = async () => await _rig.Second.Users.SetPasswordAsync("bob", AccessRig.OtherPassword, default);
        SessionTokens session = await _rig.First.Sessions.StartAsync(before, default);

        Assert.Equal(TokenRefusal.UserChanged, (await _rig.First.AccessTokens.VerifyAsync(session.Access.Text, default)).Refusal);
        Assert.Equal(RefreshRefusal.UserChanged, await RefusalAsync(session.RefreshToken));
    }

    [Fact]
    public async Task Session_started_as_the_user_is_shut_out_is_good_for_nothing()
    {
        UserAccount before = await _rig.AddAsync("bob");
        _rig.Store.BeforeNextWrite = async () => await _rig.Second.Users.ChangeAsync("bob", new UserChange { Disabled = true }, default);

        Assert.Equal(RefreshRefusal.UserDisabled, await RefusalAsync((await _rig.First.Sessions.StartAsync(before, default)).RefreshToken));
    }

    [Fact]
    public async Task Session_started_as_the_user_is_deleted_is_good_for_nothing_and_swept()
    {
        UserAccount before = await _rig.AddAsync("bob");
        SessionTokens session = await _rig.First.Sessions.StartAsync(before, default);
        _rig.Store.BeforeNextWrite = async () => await _rig.Second.Users.DeleteAsync("bob", default);
        SessionTokens late = await _rig.First.Sessions.StartAsync(before, default);

        Assert.Equal(RefreshRefusal.Unknown, await RefusalAsync(session.RefreshToken));
        Assert.Equal(RefreshRefusal.UserDeleted, await RefusalAsync(late.RefreshToken));
        Assert.Equal(0, await _rig.KeysAsync("/mr/refresh/"));
    }

    [Fact]
    public async Task Sessions_are_so_many_and_the_oldest_ends()
    {
        using AccessRig rig = new(new AccessOptions { PasswordIterations = 1, SessionsMax = 3 });
        List<SessionTokens> sessions = [];
        for (int n = 0; n < 5; n++)
        {
            sessions.Add(await rig.StartAsync("bob"));
            rig.Clock.Advance(TimeSpan.FromMinutes(1));
        }

        Assert.Equal(3, await rig.KeysAsync("/mr/refresh/"));
        Assert.Equal(RefreshRefusal.Unknown, (await rig.First.Sessions.RefreshAsync(sessions[1].RefreshToken, default)).Refusal);
        Assert.Null((await rig.First.Sessions.RefreshAsync(sessions[2].RefreshToken, default)).Refusal);
    }

    [Fact]
    public async Task Sweeping_takes_what_is_over_and_nothing_else()
    {
        await _rig.StartAsync("bob");
        _rig.Clock.Advance(TimeSpan.FromDays(4));
        SessionTokens young = await _rig.StartAsync("bob");
        _rig.Clock.Advance(TimeSpan.FromDays(3));

        Assert.Equal(1, await _rig.First.Sweeper.SweepAsync(default));
        Assert.Equal(0, await _rig.Second.Sweeper.SweepAsync(default));
        Assert.Null(await RefusalAsync(young.RefreshToken));
    }

    [Fact]
    public async Task Store_holds_neither_tokens_nor_their_parts()
    {
        await _rig.AddAsync("bob");
        SignInResult signIn = await _rig.SignInAsync("bob", AccessRig.Password);
        SessionTokens session = await _rig.First.Sessions.StartAsync(signIn.User!, default);
        RefreshToken token = RefreshToken.Parse(session.RefreshToken)!;
        string dump = await _rig.DumpAsync();

        Assert.Equal(32, System.Buffers.Text.Base64Url.DecodeFromChars(token.Secret).Length);
        Assert.All(
            [AccessRig.Password, session.RefreshToken, token.Family, token.Secret, session.Access.Text, signIn.DeviceToken!],
            secret => Assert.DoesNotContain(secret, dump, StringComparison.Ordinal));
    }

    private async Task<RefreshRefusal?> RefusalAsync(string token) => (await _rig.First.Sessions.RefreshAsync(token, default)).Refusal;
}
