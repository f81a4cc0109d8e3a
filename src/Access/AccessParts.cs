using Katanemimena.Core;

namespace Katanemimena.Access;

/// <summary>All that decides who may do what, over one store. One an instance; safe for several threads.</summary>
public sealed class AccessParts : IDisposable
{
    private readonly HashingGate _gate;

    /// <summary>Puts the parts together. Takes the time of one password hash; reads nothing.</summary>
    /// <param name="store">Where accounts, sessions and keys are.</param>
    /// <param name="encryption">The key-encryption key; the same on all instances.</param>
    /// <param name="options">Figures; the same on all instances.</param>
    /// <param name="time">Clock.</param>
    /// <exception cref="PermanentFault">The options make no sense.</exception>
    public AccessParts(IKeyValueStore store, KeyEncryption encryption, AccessOptions options, TimeProvider time)
        : this(store, new SigningKeyStore(store, encryption, options, time), options, time)
    {
    }

    internal AccessParts(IKeyValueStore store, SigningKeyStore signingKeys, AccessOptions options, TimeProvider time)
    {
        options.Check();
        UserStore users = new(store);
        PasswordHashing passwords = new(options.PasswordIterations);
        _gate = new HashingGate(options.PasswordHashesAtOnceMax);
        Ledger = new AttemptLedger(users, time, options.RememberedMax);
        Users = new UserDirectory(users, passwords, time);
        Authenticator = new Authenticator(users, Users, passwords, _gate, Ledger, time);
        FirstAdmin = new FirstAdmin(Users, users);
        SigningKeys = new SigningKeys(signingKeys, options, time);
        TokenIssuer issuer = new(SigningKeys, options, time);
        SignedTokenReader reader = new(SigningKeys, options, time);
        Sessions = new UserSessions(store, issuer, options, time);
        AccessTokens = new AccessTokens(reader, new UserCache(users, options, time));
        ServiceTokens = new ServiceTokens(new ServiceTokenStore(store, SigningKeys, issuer, time), reader, users, options);
        Sweeper = new AccessSweeper(store, SigningKeys, time);
    }

    /// <summary>The accounts.</summary>
    public UserDirectory Users { get; }

    /// <summary>Signing in, and changing one's password.</summary>
    public Authenticator Authenticator { get; }

    /// <summary>The first account.</summary>
    public FirstAdmin FirstAdmin { get; }

    /// <summary>Sessions and their refresh tokens.</summary>
    public UserSessions Sessions { get; }

    /// <summary>Verifies access tokens.</summary>
    public AccessTokens AccessTokens { get; }

    /// <summary>Tokens for programs.</summary>
    public ServiceTokens ServiceTokens { get; }

    /// <summary>The keys that sign, and the public ones.</summary>
    public SigningKeys SigningKeys { get; }

    /// <summary>Cleans up, and rotates keys.</summary>
    public AccessSweeper Sweeper { get; }

    internal AttemptLedger Ledger { get; }

    /// <summary>Frees the gate that sign-ins pass; not before the last one is through.</summary>
    public void Dispose() => _gate.Dispose();
}
