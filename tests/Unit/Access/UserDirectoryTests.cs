using Katanemimena.Access;
using Katanemimena.Core;
using Xunit;

namespace Katanemimena.Tests.Unit.Access;

public sealed class UserDirectoryTests : IDisposable
{
    private readonly AccessRig _rig = new();

    public void Dispose() => _rig.Dispose();

    [Theory]
    [InlineData("bob", true)]
    [InlineData("b", true)]
    [InlineData("b.o-b_7", true)]
    [InlineData("7up", true)]
    [InlineData("abcdefghijabcdefghijabcdefghijab", true)]
    [InlineData("abcdefghijabcdefghijabcdefghijabc", false)]
    [InlineData("", false)]
    [InlineData(null, false)]
    [InlineData("Bob", false)]
    [InlineData("bob/x", false)]
    [InlineData("../bob", false)]
    [InlineData("a..b", false)]
    [InlineData(".bob", false)]
    [InlineData("bob-", false)]
    [InlineData("bob ", false)]
    [InlineData("bob\0", false)]
    [InlineData("böb", false)]
    [InlineData("٣bob", false)]
    public void Name_keeps_the_rules_or_is_refused_with_a_sentence(string? name, bool valid)
    {
        Assert.Equal(valid, UserNames.IsValid(name));
        Assert.Equal(valid, UserNames.Check(name) is null);
    }

    [Fact]
    public async Task Account_is_told_from_a_later_one_of_its_name_but_is_the_same_after_changes()
    {
        await _rig.AddAsync("root", UserRole.Admin);
        await _rig.AddAsync("bob");
        KeyCondition bob = (await _rig.First.Users.FindSameAsync("bob", default))!.Unreplaced;
        await _rig.First.Users.SetPasswordAsync("bob", AccessRig.OtherPassword, default);
        await _rig.First.Users.ChangeAsync("bob", new UserChange { Role = UserRole.Admin, Disabled = true }, default);
        Assert.Equal(bob, (await _rig.Second.Users.FindSameAsync("bob", default))!.Unreplaced);
        await _rig.First.Users.DeleteAsync("bob", default);
        Assert.Null(await _rig.First.Users.FindSameAsync("bob", default));
        Assert.False((await _rig.Store.TransactAsync(new Transaction { Conditions = [bob] }, default)).Succeeded);
        await _rig.AddAsync("bob");
        Assert.NotEqual(bob, (await _rig.First.Users.FindSameAsync("bob", default))!.Unreplaced);
    }

    [Fact]
    public async Task Account_is_created_found_and_listed_by_name()
    {
        UserResult made = await _rig.First.Users.CreateAsync("bob", AccessRig.Password, UserRole.User, new UserQuota(3, 1 << 30), default);
        await _rig.AddAsync("alice", UserRole.Admin);

        Assert.Equal(["alice", "bob"], (await _rig.Second.Users.ListAsync(default)).Select(user => user.Name));
        UserAccount bob = (await _rig.Second.Users.FindAsync("bob", default))!;
        Assert.Equal(made.User, bob);
        Assert.Equal(new UserQuota(3, 1 << 30), bob.Quota);
        Assert.Equal(_rig.Clock.GetUtcNow(), bob.Created);
        Assert.False(bob.Disabled);
        Assert.Equal(UserQuota.Default, (await _rig.First.Users.FindAsync("alice", default))!.Quota);
        Assert.Null(await _rig.First.Users.FindAsync("carol", default));
        Assert.Null(await _rig.First.Users.FindAsync("../keys/x", default));
    }

    [Fact]
    public async Task Name_is_taken_once()
    {
        await _rig.AddAsync("bob");
        UserResult again = await _rig.Second.Users.CreateAsync("bob", AccessRig.OtherPassword, UserRole.Admin, null, default);

        Assert.Equal(UserOutcome.Exists, again.Outcome);
        Assert.Equal(UserRole.User, (await _rig.First.Users.FindAsync("bob", default))!.Role);
    }

    [Fact]
    public async Task Of_two_instances_that_create_one_name_one_does()
    {
        UserResult? winner = null;
        _rig.Store.BeforeNextWrite = async () => winner = await _rig.Second.Users.CreateAsync("bob", AccessRig.OtherPassword, UserRole.User, null, default);
        UserResult loser = await _rig.First.Users.CreateAsync("bob", AccessRig.Password, UserRole.User, null, default);

        Assert.Equal((UserOutcome.Done, UserOutcome.Exists), (winner!.Outcome, loser.Outcome));
        Assert.Equal(SignInOutcome.SignedIn, (await _rig.SignInAsync("bob", AccessRig.OtherPassword)).Outcome);
    }

    [Fact]
    public async Task Two_names_created_at_once_are_both_made()
    {
        _rig.Store.BeforeNextWrite = async () => await _rig.AddAsync("bob");
        UserResult alice = await _rig.Second.Users.CreateAsync("alice", AccessRig.Password, UserRole.User, null, default);

        Assert.Equal(UserOutcome.Done, alice.Outcome);
        Assert.Equal(2, (await _rig.First.Users.ListAsync(default)).Count);
    }

    [Theory]
    [InlineData("Bob", AccessRig.Password)]
    [InlineData("bob", "short")]
    public async Task Account_that_breaks_a_rule_is_not_made(string name, string password)
    {
        UserResult result = await _rig.First.Users.CreateAsync(name, password, UserRole.User, null, default);

        Assert.Equal(UserOutcome.Invalid, result.Outcome);
        Assert.NotEmpty(result.Message);
        Assert.Equal(0, await _rig.KeysAsync());
    }

    [Fact]
    public async Task Negative_limit_is_refused()
    {
        await _rig.AddAsync("bob");
        UserChange change = new() { Quota = new UserQuota(-1) };

        Assert.Equal(UserOutcome.Invalid, (await _rig.First.Users.ChangeAsync("bob", change, default)).Outcome);
        Assert.Equal(UserOutcome.Invalid, (await _rig.First.Users.CreateAsync("eve", AccessRig.Password, UserRole.User, new UserQuota(null, -1), default)).Outcome);
    }

    [Fact]
    public async Task Changes_of_two_instances_at_once_both_last()
    {
        await _rig.AddAsync("bob");
        _rig.Store.BeforeNextWrite = async () => await _rig.Second.Users.ChangeAsync("bob", new UserChange { Quota = new UserQuota(7) }, default);
        UserResult result = await _rig.First.Users.ChangeAsync("bob", new UserChange { Disabled = true }, default);

        Assert.Equal(UserOutcome.Done, result.Outcome);
        UserAccount bob = (await _rig.First.Users.FindAsync("bob", default))!;
        Assert.Equal((true, 7), (bob.Disabled, bob.Quota.RunningJobsMax));
    }

    [Fact]
    public async Task Limits_alone_keep_the_version_and_the_rest_change_it()
    {
        UserAccount bob = await _rig.AddAsync("bob");
        string quota = (await _rig.First.Users.ChangeAsync("bob", new UserChange { Quota = new UserQuota(1) }, default)).User!.Version;
        string role = (await _rig.First.Users.ChangeAsync("bob", new UserChange { Role = UserRole.Admin }, default)).User!.Version;
        await _rig.AddAsync("root", UserRole.Admin);
        string disabled = (await _rig.First.Users.ChangeAsync("bob", new UserChange { Disabled = true }, default)).User!.Version;
        string password = (await _rig.First.Users.SetPasswordAsync("bob", AccessRig.OtherPassword, default)).User!.Version;

        Assert.Equal(bob.Version, quota);
        Assert.Equal(4, new HashSet<string> { quota, role, disabled, password }.Count);
    }

    [Fact]
    public async Task What_is_not_there_is_not_found()
    {
        Assert.Equal(UserOutcome.NotFound, (await _rig.First.Users.ChangeAsync("bob", new UserChange(), default)).Outcome);
        Assert.Equal(UserOutcome.NotFound, (await _rig.First.Users.SetPasswordAsync("bob", AccessRig.Password, default)).Outcome);
        Assert.Equal(UserOutcome.NotFound, (await _rig.First.Users.DeleteAsync("bob", default)).Outcome);
        Assert.Equal(UserOutcome.NotFound, (await _rig.First.Users.DeleteAsync("no/name", default)).Outcome);
        Assert.Equal(0, await _rig.KeysAsync());
    }

    [Fact]
    public async Task Last_admin_is_neither_deleted_nor_demoted_nor_shut_out()
    {
        await _rig.AddAsync("root", UserRole.Admin);
        await _rig.AddAsync("bob");
        await _rig.AddAsync("off", UserRole.Admin);
        await _rig.First.Users.ChangeAsync("off", new UserChange { Disabled = true }, default);

        Assert.Equal(UserOutcome.LastAdmin, (await _rig.First.Users.DeleteAsync("root", default)).Outcome);
        Assert.Equal(UserOutcome.LastAdmin, (await _rig.First.Users.ChangeAsync("root", new UserChange { Role = UserRole.User }, default)).Outcome);
        Assert.Equal(UserOutcome.LastAdmin, (await _rig.First.Users.ChangeAsync("root", new UserChange { Disabled = true }, default)).Outcome);
        Assert.Equal(UserOutcome.Done, (await _rig.First.Users.DeleteAsync("off", default)).Outcome);
        Assert.Equal(UserOutcome.Done, (await _rig.First.Users.ChangeAsync("root", new UserChange { Quota = new UserQuota(2) }, default)).Outcome);
    }

    [Fact]
    public async Task Of_two_admins_that_take_each_other_away_at_once_one_stays()
    {
        await _rig.AddAsync("ann", UserRole.Admin);
        await _rig.AddAsync("ben", UserRole.Admin);
        UserResult? second = null;
        _rig.Store.BeforeNextWrite = async () => second = await _rig.Second.Users.DeleteAsync("ben", default);
        UserResult first = await _rig.First.Users.ChangeAsync("ann", new UserChange { Role = UserRole.User }, default);

        Assert.Equal((UserOutcome.Done, UserOutcome.LastAdmin), (second!.Outcome, first.Outcome));
        Assert.Equal(UserRole.Admin, Assert.Single(await _rig.First.Users.ListAsync(default)).Role);
    }

    [Fact]
    public async Task Deletion_takes_sessions_and_service_tokens_along_but_no_neighbours()
    {
        AccessIdentity root = await _rig.AddAdminAsync();
        await _rig.StartAsync("bob");
        await _rig.StartAsync("bobby");
        await _rig.First.ServiceTokens.MintAsync(root, "bob", TimeSpan.FromDays(1), "", default);
        await _rig.First.ServiceTokens.MintAsync(root, "bobby", TimeSpan.FromDays(1), "", default);

        Assert.Equal(UserOutcome.Done, (await _rig.First.Users.DeleteAsync("bob", default)).Outcome);

        Assert.Equal((1, 1), (await _rig.KeysAsync("/mr/refresh/"), await _rig.KeysAsync("/mr/services/")));
    }
}
