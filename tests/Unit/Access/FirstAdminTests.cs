using Katanemimena.Access;
using Katanemimena.Core;
using Xunit;

namespace Katanemimena.Tests.Unit.Access;

public sealed class FirstAdminTests : IDisposable
{
    private readonly AccessRig _rig = new();

    public void Dispose() => _rig.Dispose();

    [Fact]
    public async Task Password_is_generated_and_handed_back_once()
    {
        FirstAdminResult made = await _rig.First.FirstAdmin.EnsureAsync(null, "", default);
        FirstAdminResult again = await _rig.First.FirstAdmin.EnsureAsync(null, null, default);

        Assert.Equal("admin", made.Name);
        Assert.True(made.GeneratedPassword!.Length >= 20);
        Assert.Equal((null, null), (again.Name, again.GeneratedPassword));
        SignInResult signIn = await _rig.SignInAsync("admin", made.GeneratedPassword);
        Assert.Equal(UserRole.Admin, signIn.User!.Role);
        Assert.DoesNotContain(made.GeneratedPassword, await _rig.DumpAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Configured_name_and_password_are_taken_and_not_handed_back()
    {
        FirstAdminResult made = await _rig.First.FirstAdmin.EnsureAsync("captain", AccessRig.Password, default);

        Assert.Equal(("captain", null), (made.Name, made.GeneratedPassword));
        Assert.Equal(SignInOutcome.SignedIn, (await _rig.SignInAsync("captain", AccessRig.Password)).Outcome);
    }

    [Fact]
    public async Task Nothing_is_made_where_there_are_users()
    {
        await _rig.AddAsync("bob");

        Assert.Null((await _rig.First.FirstAdmin.EnsureAsync(null, null, default)).Name);
        Assert.Single(await _rig.First.Users.ListAsync(default));
    }

    [Fact]
    public async Task Of_two_instances_that_start_at_once_one_makes_it()
    {
        FirstAdminResult? winner = null;
        _rig.Store.BeforeNextWrite = async () => winner = await _rig.Second.FirstAdmin.EnsureAsync("boss", null, default);
        FirstAdminResult loser = await _rig.First.FirstAdmin.EnsureAsync("admin", null, default);

        Assert.Equal(("boss", null, null), (winner!.Name, loser.Name, loser.GeneratedPassword));
        Assert.Equal("boss", Assert.Single(await _rig.First.Users.ListAsync(default)).Name);
    }

    [Fact]
    public async Task User_made_meanwhile_by_other_means_keeps_it_from_being_made()
    {
        _rig.Store.BeforeNextWrite = async () => await _rig.AddAsync("bob");

        Assert.Null((await _rig.First.FirstAdmin.EnsureAsync(null, null, default)).Name);
        Assert.Equal("bob", Assert.Single(await _rig.First.Users.ListAsync(default)).Name);
    }

    [Theory]
    [InlineData("admin", "tiny-secret")]
    [InlineData("Not A Name", "long enough secret 7")]
    public async Task Configuration_that_breaks_a_rule_is_refused_without_quoting_the_password(string name, string password)
    {
        PermanentFault fault = await Assert.ThrowsAsync<PermanentFault>(async () => await _rig.First.FirstAdmin.EnsureAsync(name, password, default));

        Assert.DoesNotContain(password, fault.ToString(), StringComparison.Ordinal);
        Assert.Equal(0, await _rig.KeysAsync());
    }
}
