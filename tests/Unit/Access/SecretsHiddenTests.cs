using System.Text;
using Katanemimena.Access;
using Katanemimena.Core;
using Xunit;

namespace Katanemimena.Tests.Unit.Access;

public sealed class SecretsHiddenTests : IDisposable
{
    private readonly AccessRig _rig = new();

    public void Dispose() => _rig.Dispose();

    [Fact]
    public async Task Nothing_that_holds_a_secret_prints_it()
    {
        AccessIdentity root = await _rig.AddAdminAsync();
        SignInResult signIn = await _rig.SignInAsync("root", AccessRig.Password);
        SessionTokens session = await _rig.First.Sessions.StartAsync(signIn.User!, default);
        RefreshResult refreshed = await _rig.First.Sessions.RefreshAsync(session.RefreshToken, default);
        ServiceTokenResult service = await _rig.First.ServiceTokens.MintAsync(root, "root", TimeSpan.FromDays(1), "note", default);
        VersionedUser stored = (await new UserStore(_rig.Store).FindAsync("root", default))!;
        StoredSigningKey key = (await _rig.First.SigningKeys.SigningKeyAsync(default)).Stored.Key;
        RefreshToken token = RefreshToken.Parse(session.RefreshToken)!;
        string[] secrets =
        [
            AccessRig.Password, signIn.DeviceToken!, session.RefreshToken, session.Access.Text, refreshed.Tokens!.RefreshToken, refreshed.Tokens.Access.Text,
            service.Token!.Text, stored.User.PasswordHash, token.Family, token.Secret, token.SecretHash, Convert.ToBase64String(key.PrivateKey.Ciphertext), "generated-one",
        ];
        object[] holders =
        [
            new SignInRequest("root", AccessRig.Password, AccessRig.Home, signIn.DeviceToken), signIn, session, session.Access, refreshed, service, stored, stored.User,
            token, new StoredSession(token.SecretHash, "v", default, default), key, key.PrivateKey, new FirstAdminResult("admin", "generated-one"), _rig.Encryption, _rig.First,
        ];

        Assert.All(holders, holder => Assert.All(secrets, secret => Assert.DoesNotContain(secret, holder.ToString()!, StringComparison.Ordinal)));
    }

    [Fact]
    public async Task Damaged_record_is_named_and_not_quoted()
    {
        byte[] value = Encoding.UTF8.GetBytes("""{"role":"User","passwordHash":"the-hash", oops""");
        await _rig.Store.TransactAsync(new Transaction { Writes = [new KeyWrite.Put("/mr/users/bob", value)] }, default);
        PermanentFault fault = await Assert.ThrowsAsync<PermanentFault>(async () => await _rig.First.Users.FindAsync("bob", default));

        Assert.Contains("/mr/users/bob", fault.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("hash", fault.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Options_that_make_no_sense_are_refused()
    {
        new AccessOptions().Check();
        Assert.All(
            [
                new AccessOptions { Issuer = "" }, new AccessOptions { Audience = "" }, new AccessOptions { AccessTokenLifetime = TimeSpan.FromHours(2) },
                new AccessOptions { ClockSkew = TimeSpan.FromHours(1) }, new AccessOptions { UserCacheTime = TimeSpan.FromHours(1) }, new AccessOptions { SigningKeyBits = 1024 },
                new AccessOptions { SessionIdleMax = TimeSpan.FromDays(99) }, new AccessOptions { SessionsMax = 0 }, new AccessOptions { SigningKeyLead = TimeSpan.FromMinutes(1) },
                new AccessOptions { SigningKeyPeriod = TimeSpan.FromMinutes(5) }, new AccessOptions { PasswordIterations = 0 }, new AccessOptions { ServiceTokenLifetimeMax = TimeSpan.Zero },
            ],
            options => Assert.Throws<PermanentFault>(options.Check));
    }
}
