using Katanemimena.Access;
using Katanemimena.Adapters.Sqlite;
using Katanemimena.Tests.Contracts;
using Xunit;

namespace Katanemimena.Tests.Unit.Access;

/// <summary>The whole of it once over a store on disk, with two instances.</summary>
public sealed class SqliteAccessTests
{
    [Fact]
    public async Task Life_of_an_account_on_a_store_on_disk()
    {
        using TemporaryFolder folder = new();
        using SqliteKeyValueStore disk = new(folder.File("state.db"), new ManualTimeProvider(), survivesPowerFailure: false);
        using AccessRig rig = new(store: disk);

        FirstAdminResult admin = await rig.First.FirstAdmin.EnsureAsync("root", null, default);
        SignInResult root = await rig.SignInAsync("root", admin.GeneratedPassword!);
        SessionTokens session = await rig.First.Sessions.StartAsync(root.User!, default);
        AccessIdentity identity = (await rig.Second.AccessTokens.VerifyAsync(session.Access.Text, default)).Identity!;
        await rig.AddAsync("bob");
        await rig.FailAsync("bob", 5);
        ServiceTokenResult service = await rig.First.ServiceTokens.MintAsync(identity, "bob", TimeSpan.FromDays(40), "", default);

        Assert.Equal(SignInOutcome.TooManyAttempts, (await rig.SignInAsync("bob", AccessRig.Password, at: rig.Second)).Outcome);
        Assert.Equal(UserOutcome.LastAdmin, (await rig.Second.Users.DeleteAsync("root", default)).Outcome);
        Assert.Null((await rig.Second.ServiceTokens.VerifyAsync(service.Token!.Text, default)).Refusal);
        RefreshResult refreshed = await rig.Second.Sessions.RefreshAsync(session.RefreshToken, default);
        Assert.Null(refreshed.Refusal);
        Assert.Equal(RefreshRefusal.Reused, (await rig.First.Sessions.RefreshAsync(session.RefreshToken, default)).Refusal);

        rig.Clock.Advance(TimeSpan.FromDays(30));
        await rig.First.Sweeper.SweepAsync(default);
        Assert.Equal(2, await rig.KeysAsync("/mr/keys/"));
        await rig.Second.Users.DeleteAsync("bob", default);
        Assert.Equal(0, await rig.KeysAsync("/mr/services/"));
        Assert.Null((await rig.First.FirstAdmin.EnsureAsync("eve", null, default)).Name);
    }
}
