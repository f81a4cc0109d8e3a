using Katanemimena.Access;
using Xunit;

namespace Katanemimena.Tests.Unit.Access;

public sealed class SignInTests : IDisposable
{
    private readonly AccessRig _rig = new();

    public void Dispose() => _rig.Dispose();

    [Fact]
    public async Task Right_password_signs_in()
    {
        UserAccount bob = await _rig.AddAsync("bob");
        SignInResult result = await _rig.SignInAsync("bob", AccessRig.Password);

        Assert.Equal(SignInOutcome.SignedIn, result.Outcome);
        Assert.Equal(bob, result.User);
        Assert.NotNull(result.DeviceToken);
    }

    [Theory]
    [InlineData("nobody")]
    [InlineData("bob")]
    [InlineData("off")]
    public async Task Wrong_user_wrong_password_and_shut_out_user_get_one_answer(string name)
    {
        await _rig.AddAsync("bob");
        await _rig.AddAsync("off", password: "not the password");
        await _rig.First.Users.ChangeAsync("off", new UserChange { Disabled = true }, default);

        SignInResult result = await _rig.SignInAsync(name, "not the password");

        Assert.Equal(new SignInResult(SignInOutcome.InvalidCredentials, null, TimeSpan.Zero, null), result);
    }

    [Fact]
    public async Task Unknown_user_waits_as_a_known_one_does()
    {
        await _rig.AddAsync("bob");
        foreach (string name in new[] { "bob", "nobody" })
        {
            await _rig.FailAsync(name, 4);
            SignInResult fifth = await _rig.SignInAsync(name, "not the password", AccessRig.Home);
            SignInResult sixth = await _rig.SignInAsync(name, "not the password", AccessRig.Elsewhere);

            Assert.Equal((SignInOutcome.InvalidCredentials, TimeSpan.FromSeconds(1)), (fifth.Outcome, fifth.RetryAfter));
            Assert.Equal((SignInOutcome.TooManyAttempts, TimeSpan.FromSeconds(1)), (sixth.Outcome, sixth.RetryAfter));
        }
    }

    [Fact]
    public async Task Unknown_user_writes_nothing()
    {
        await _rig.AddAsync("bob");
        string before = await _rig.DumpAsync();
        int writes = _rig.Store.Writes;

        await _rig.SignInAsync("nobody", AccessRig.Password);
        await _rig.SignInAsync("No Name/../at all", AccessRig.Password);
        await _rig.SignInAsync(new string('x', 1 << 20), new string('x', 1 << 20));

        Assert.Equal(writes, _rig.Store.Writes);
        Assert.Equal(before, await _rig.DumpAsync());
        Assert.Equal(2, _rig.First.Ledger.Remembered);
    }

    [Fact]
    public async Task Weak_hash_is_made_anew_when_the_password_was_right_and_only_then()
    {
        using AccessParts stronger = _rig.Instance(_rig.Options with { PasswordIterations = 3 });
        UserAccount bob = await _rig.AddAsync("bob");
        string weak = await HashAsync();

        await _rig.SignInAsync("bob", AccessRig.OtherPassword, at: stronger);
        Assert.Equal(weak, await HashAsync());
        SignInResult first = await _rig.SignInAsync("bob", AccessRig.Password, at: stronger);
        string strong = await HashAsync();
        await _rig.SignInAsync("bob", AccessRig.Password, at: stronger);

        Assert.Equal(bob.Version, first.User!.Version);
        Assert.NotEqual(weak, strong);
        Assert.Equal(strong, await HashAsync());
        Assert.Equal(PasswordMatch.Right, new PasswordHashing(3).Verify(strong, AccessRig.Password));
    }

    [Fact]
    public async Task Weak_hash_made_anew_by_two_instances_at_once_lets_both_in()
    {
        using AccessParts stronger = _rig.Instance(_rig.Options with { PasswordIterations = 3 });
        await _rig.AddAsync("bob");
        SignInResult? other = null;
        _rig.Store.BeforeNextWrite = async () => _rig.Store.BeforeNextWrite = async () => other = await _rig.SignInAsync("bob", AccessRig.Password, at: stronger);
        SignInResult one = await _rig.SignInAsync("bob", AccessRig.Password, at: stronger);

        Assert.Equal((SignInOutcome.SignedIn, SignInOutcome.SignedIn), (one.Outcome, other!.Outcome));
    }

    [Fact]
    public async Task Password_changed_while_the_old_one_is_checked_does_not_let_it_in_nor_come_back()
    {
        await _rig.AddAsync("bob");
        // The first write charges the attempt; the second would accept it.
        _rig.Store.BeforeNextWrite = () =>
        {
            _rig.Store.BeforeNextWrite = async () => await _rig.Second.Users.SetPasswordAsync("bob", AccessRig.OtherPassword, default);
            return Task.CompletedTask;
        };

        SignInResult old = await _rig.SignInAsync("bob", AccessRig.Password);

        Assert.Equal(SignInOutcome.InvalidCredentials, old.Outcome);
        Assert.Equal(SignInOutcome.SignedIn, (await _rig.SignInAsync("bob", AccessRig.OtherPassword)).Outcome);
    }

    [Fact]
    public async Task User_changes_the_password_with_the_old_one_and_not_without()
    {
        await _rig.AddAsync("bob");
        SessionTokens session = await _rig.StartAsync("bob");

        (SignInResult? wrong, UserResult? none) = await ChangeAsync(AccessRig.OtherPassword, "A third password, 3");
        (SignInResult? right, UserResult? changed) = await ChangeAsync(AccessRig.Password, AccessRig.OtherPassword);

        Assert.Equal((SignInOutcome.InvalidCredentials, null), (wrong!.Outcome, none));
        Assert.Equal((SignInOutcome.SignedIn, UserOutcome.Done), (right!.Outcome, changed!.Outcome));
        Assert.Equal(SignInOutcome.SignedIn, (await _rig.SignInAsync("bob", AccessRig.OtherPassword)).Outcome);
        Assert.Equal(SignInOutcome.InvalidCredentials, (await _rig.SignInAsync("bob", AccessRig.Password)).Outcome);
        Assert.Equal(RefreshRefusal.Unknown, (await _rig.First.Sessions.RefreshAsync(session.RefreshToken, default)).Refusal);
    }

    [Theory]
    [InlineData("short")]
    [InlineData(AccessRig.Password)]
    public async Task New_password_that_is_not_good_or_not_new_is_refused_before_the_old_one_is_looked_at(string password)
    {
        await _rig.AddAsync("bob");
        int writes = _rig.Store.Writes;
        (SignInResult? signIn, UserResult? change) = await ChangeAsync(AccessRig.Password, password);

        Assert.Equal((null, UserOutcome.Invalid), (signIn, change!.Outcome));
        Assert.Equal(writes, _rig.Store.Writes);
    }

    private async Task<(SignInResult? SignIn, UserResult? Change)> ChangeAsync(string old, string next) =>
        await _rig.First.Authenticator.ChangePasswordAsync(new SignInRequest("bob", old, AccessRig.Home), next, default);

    private async Task<string> HashAsync() => (await new UserStore(_rig.Store).FindAsync("bob", default))!.User.PasswordHash;
}
