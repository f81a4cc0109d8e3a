using System.Net;
using Katanemimena.Access;
using Katanemimena.Adapters.Etcd;
using Katanemimena.Core;
using Katanemimena.Tests.Contracts;
using Katanemimena.Tests.Contracts.Services;
using Xunit;

namespace Katanemimena.Tests.Adapters;

/// <summary>Accounts, sessions and keys over a real etcd, by two instances that do the same at once.</summary>
public sealed class AccessOnEtcdTests : IClassFixture<RunningEtcd>, IAsyncLifetime
{
    private const string Password = "Tall-ships 4 sale";

    private static readonly IPAddress s_home = IPAddress.Parse("192.0.2.1");

    private readonly EtcdServer _server;
    private readonly ManualTimeProvider _clock = new();
    private readonly List<EtcdKeyValueStore> _stores = [];
    private readonly AccessParts _first;
    private readonly AccessParts _second;

    public AccessOnEtcdTests(RunningEtcd etcd)
    {
        _server = etcd.Server;
        (_first, _second) = (Instance(), Instance());
    }

    public async ValueTask InitializeAsync() => await _server.ClearAsync();

    public ValueTask DisposeAsync()
    {
        _first.Dispose();
        _second.Dispose();
        _stores.ForEach(store => store.Dispose());
        return ValueTask.CompletedTask;
    }

    [Fact]
    public async Task Instances_that_start_at_once_make_one_admin_and_one_key()
    {
        FirstAdminResult[] admins = await TwiceAsync(parts => parts.FirstAdmin.EnsureAsync(parts == _first ? "ann" : "ben", null, default).AsTask());
        await TwiceAsync(async parts =>
        {
            await parts.Sweeper.SweepAsync(default);
            return 0;
        });

        Assert.Single(admins, admin => admin.GeneratedPassword is not null);
        Assert.Single(await _first.Users.ListAsync(default));
        Assert.Equal(1, await CountAsync("/mr/keys/"));
        Assert.Equal(await _first.SigningKeys.KeySetAsync(default), await _second.SigningKeys.KeySetAsync(default));
    }

    [Fact]
    public async Task Admins_that_take_each_other_away_at_once_leave_one()
    {
        await AddAsync("ann", UserRole.Admin);
        await AddAsync("ben", UserRole.Admin);
        UserResult[] results = await TwiceAsync(parts => parts.Users.DeleteAsync(parts == _first ? "ann" : "ben", default).AsTask());

        Assert.Equal([UserOutcome.Done, UserOutcome.LastAdmin], results.Select(result => result.Outcome).Order());
        Assert.Single(await _first.Users.ListAsync(default));
    }

    [Fact]
    public async Task Guesses_at_once_get_no_further_than_guesses_in_a_row()
    {
        await AddAsync("bob", UserRole.User);
        SignInResult[] guesses = await Task.WhenAll(Enumerable.Range(0, 12).Select(n => Task.Run(async () =>
            await (n % 2 == 0 ? _first : _second).Authenticator.SignInAsync(
                new SignInRequest("bob", "not the password", new IPAddress([203, 0, 113, (byte)n])), default))));

        Assert.Equal(5, guesses.Count(guess => guess.Outcome == SignInOutcome.InvalidCredentials));
        Assert.Equal(5, (await _first.Users.FindAsync("bob", default))!.Attempts);
    }

    [Fact]
    public async Task Refresh_token_used_twice_at_once_ends_its_session()
    {
        SessionTokens session = await _first.Sessions.StartAsync(await AddAsync("bob", UserRole.User), default);
        RefreshResult[] results = await TwiceAsync(parts => parts.Sessions.RefreshAsync(session.RefreshToken, default).AsTask());

        Assert.Single(results, result => result.Refusal is null);
        Assert.Equal(0, await CountAsync("/mr/refresh/"));
    }

    [Fact]
    public async Task Life_of_an_account()
    {
        UserAccount root = await AddAsync("root", UserRole.Admin);
        await AddAsync("bob", UserRole.User);
        SignInResult signIn = await _first.Authenticator.SignInAsync(new SignInRequest("bob", Password, s_home), default);
        SessionTokens session = await _first.Sessions.StartAsync(signIn.User!, default);
        AccessIdentity admin = new(root.Name, root.Role, "", _clock.GetUtcNow());
        ServiceTokenResult service = await _first.ServiceTokens.MintAsync(admin, "bob", TimeSpan.FromDays(40), "", default);

        Assert.Null((await _second.AccessTokens.VerifyAsync(session.Access.Text, default)).Refusal);
        Assert.Null((await _second.ServiceTokens.VerifyAsync(service.Token!.Text, default)).Refusal);
        Assert.Null((await _second.Sessions.RefreshAsync(session.RefreshToken, default)).Refusal);
        await _second.Users.SetPasswordAsync("bob", "Low tide at seven", default);
        Assert.Equal(0, await CountAsync("/mr/refresh/"));
        Assert.Equal(TokenRefusal.UserChanged, (await _first.AccessTokens.VerifyAsync(session.Access.Text, default)).Refusal);
        await _second.Users.DeleteAsync("bob", default);
        Assert.Equal(0, await CountAsync("/mr/services/"));
    }

    private async Task<T[]> TwiceAsync<T>(Func<AccessParts, Task<T>> act) => await Task.WhenAll(Task.Run(() => act(_first)), Task.Run(() => act(_second)));

    private async Task<UserAccount> AddAsync(string name, UserRole role) => (await _first.Users.CreateAsync(name, Password, role, null, default)).User!;

    private async Task<long> CountAsync(string prefix) => (await _stores[0].RangeAsync(KeyRange.Prefix(prefix), default)).Count;

    private AccessParts Instance()
    {
        EtcdKeyValueStore store = new(new EtcdOptions { Endpoints = [_server.Client] }, TimeProvider.System);
        _stores.Add(store);
        return new AccessParts(store, new KeyEncryption(new byte[KeyEncryption.KeyBytes]), new AccessOptions { PasswordIterations = 1, PasswordHashesAtOnceMax = 12 }, _clock);
    }
}
