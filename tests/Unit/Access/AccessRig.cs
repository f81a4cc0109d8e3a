using System.Net;
using System.Security.Cryptography;
using Katanemimena.Access;
using Katanemimena.Adapters.InMemory;
using Katanemimena.Core;
using Katanemimena.Tests.Contracts;
using Xunit;

namespace Katanemimena.Tests.Unit.Access;

/// <summary>Two instances over one store, with a clock that stands still, one round of hashing and ready-made keys.</summary>
internal sealed class AccessRig : IDisposable
{
    internal const string Password = "Tall-ships 4 sale";
    internal const string OtherPassword = "Low tide at seven";

    internal static readonly IPAddress Home = IPAddress.Parse("192.0.2.1");
    internal static readonly IPAddress Elsewhere = IPAddress.Parse("198.51.100.7");

    private static readonly Lazy<byte[]>[] s_keys = [.. Enumerable.Range(0, 6).Select(_ => new Lazy<byte[]>(NewKey))];

    private readonly InMemoryKeyValueStore _memory;
    private int _keysTaken;

    internal AccessRig(AccessOptions? options = null, IKeyValueStore? store = null)
    {
        Options = options ?? new AccessOptions { PasswordIterations = 1, PasswordHashesAtOnceMax = 4 };
        _memory = new InMemoryKeyValueStore(Clock);
        Store = new RacingStore(store ?? _memory);
        First = Instance();
        Second = Instance();
    }

    internal ManualTimeProvider Clock { get; } = new();

    internal AccessOptions Options { get; }

    internal RacingStore Store { get; }

    internal KeyEncryption Encryption { get; } = new(Enumerable.Range(1, 32).Select(n => (byte)n).ToArray());

    internal AccessParts First { get; }

    internal AccessParts Second { get; }

    /// <summary>One more instance over the same store.</summary>
    internal AccessParts Instance(AccessOptions? options = null) =>
        new(Store, KeyStore(options ?? Options), options ?? Options, Clock);

    internal SigningKeyStore KeyStore(AccessOptions options) => new(Store, Encryption, options, Clock) { NewKey = TakeKey };

    internal async Task<UserAccount> AddAsync(string name, UserRole role = UserRole.User, string password = Password)
    {
        UserResult result = await First.Users.CreateAsync(name, password, role, null, default);
        Assert.Equal(UserOutcome.Done, result.Outcome);
        return result.User!;
    }

    internal async Task<AccessIdentity> AddAdminAsync(string name = "root")
    {
        await AddAsync(name, UserRole.Admin);
        return new AccessIdentity(name, UserRole.Admin, "", Clock.GetUtcNow());
    }

    internal async Task<SessionTokens> StartAsync(string name)
    {
        UserAccount user = await First.Users.FindAsync(name, default) ?? await AddAsync(name);
        return await First.Sessions.StartAsync(user, default);
    }

    internal async Task<SignInResult> SignInAsync(string name, string password, IPAddress? from = null, string? device = null, AccessParts? at = null) =>
        await (at ?? First).Authenticator.SignInAsync(new SignInRequest(name, password, from ?? Home, device), default);

    /// <summary>Fails to sign in as often as said, each time from another address.</summary>
    internal async Task FailAsync(string name, int times)
    {
        for (int n = 0; n < times; n++)
        {
            SignInResult result = await SignInAsync(name, "not the password", new IPAddress([203, 0, 113, (byte)n]));
            Assert.Equal(SignInOutcome.InvalidCredentials, result.Outcome);
        }
    }

    internal async Task<long> KeysAsync(string prefix = "/") => (await Store.RangeAsync(KeyRange.Prefix(prefix) with { CountOnly = true }, default)).Count;

    /// <summary>Everything stored, as text, to look for secrets in.</summary>
    internal async Task<string> DumpAsync() =>
        string.Join('\n', (await Store.RangeAsync(KeyRange.Prefix("/"), default)).Keys.Select(key => key.Key + " " + System.Text.Encoding.UTF8.GetString(key.Value.Span)));

    public void Dispose()
    {
        First.Dispose();
        Second.Dispose();
        _memory.Dispose();
    }

    private RSA TakeKey()
    {
        var rsa = RSA.Create();
        rsa.ImportPkcs8PrivateKey(s_keys[_keysTaken++ % s_keys.Length].Value, out _);
        return rsa;
    }

    private static byte[] NewKey()
    {
        using var rsa = RSA.Create(2048);
        return rsa.ExportPkcs8PrivateKey();
    }
}
