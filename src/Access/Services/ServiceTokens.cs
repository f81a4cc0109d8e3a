using System.Buffers.Text;
using Katanemimena.Core;
using Microsoft.IdentityModel.JsonWebTokens;

namespace Katanemimena.Access;

/// <summary>Tokens for programs that submit jobs through the queue as a user, for as long as a year: minted by an admin, revocable one by one.</summary>
/// <remarks>A token is good while the store has its record, its user is, and is not shut out; a new password or role does not end it. The signing
/// key stays for as long as the token does. Nothing is cached: revoking takes effect at once. Every method may throw <see cref="TransientFault"/>.</remarks>
public sealed class ServiceTokens
{
    private readonly ServiceTokenStore _store;
    private readonly SignedTokenReader _reader;
    private readonly UserStore _users;
    private readonly AccessOptions _options;

    internal ServiceTokens(ServiceTokenStore store, SignedTokenReader reader, UserStore users, AccessOptions options) =>
        (_store, _reader, _users, _options) = (store, reader, users, options);

    /// <summary>Mints a token.</summary>
    /// <param name="admin">Who mints it.</param>
    /// <param name="user">As whom it submits jobs.</param>
    /// <param name="lifetime">1 minute to <see cref="AccessOptions.ServiceTokenLifetimeMax"/>; parts of a second are cut off.</param>
    /// <param name="note">What it is for, at most 200 characters; shown in lists.</param>
    /// <param name="cancellation">It may have been minted all the same; nobody has it then.</param>
    public async ValueTask<ServiceTokenResult> MintAsync(AccessIdentity admin, string user, TimeSpan lifetime, string note, CancellationToken cancellation)
    {
        TimeSpan seconds = TimeSpan.FromSeconds(Math.Floor(lifetime.TotalSeconds));
        if (admin.Role != UserRole.Admin)
        {
            return ServiceTokenResult.Bad(ServiceTokenOutcome.NotAdmin);
        }

        if (seconds < TimeSpan.FromMinutes(1) || seconds > _options.ServiceTokenLifetimeMax || note.Length > 200)
        {
            return ServiceTokenResult.Bad(ServiceTokenOutcome.Invalid);
        }

        while (await _users.FindAsync(user, cancellation) is { } owner)
        {
            if (await _store.TryMintAsync(owner, admin.Name, seconds, note, cancellation) is { } minted)
            {
                return minted;
            }
        }

        return ServiceTokenResult.Bad(ServiceTokenOutcome.NoSuchUser);
    }

    /// <summary>The tokens that are not over, of one user or (null) of all, without the tokens themselves.</summary>
    public ValueTask<IReadOnlyList<ServiceTokenCard>> ListAsync(string? user, CancellationToken cancellation) =>
        user is null || UserNames.IsValid(user) ? _store.ListAsync(user, cancellation) : ValueTask.FromResult<IReadOnlyList<ServiceTokenCard>>([]);

    /// <summary>Revokes a token by its id.</summary>
    /// <returns>False if there is none of the id.</returns>
    public async ValueTask<bool> RevokeAsync(string tokenId, CancellationToken cancellation) =>
        ServiceTokenId.Parse(tokenId) is { } id && await _store.RevokeAsync(id, cancellation);

    /// <summary>Verifies a token.</summary>
    /// <param name="text">As sent; anything.</param>
    /// <param name="cancellation">Stops waiting for the store.</param>
    public async ValueTask<TokenVerdict<ServiceIdentity>> VerifyAsync(string text, CancellationToken cancellation)
    {
        TokenVerdict<JsonWebToken> read = await _reader.ReadAsync(text, TokenClaims.ServiceType, cancellation);
        if (read.Identity is not { } token)
        {
            return TokenVerdict<ServiceIdentity>.Bad(read.Refusal!.Value);
        }

        if (!token.TryGetPayloadValue(TokenClaims.Scope, out string? scope) || scope != TokenClaims.SubmitScope)
        {
            return TokenVerdict<ServiceIdentity>.Bad(TokenRefusal.WrongScope);
        }

        VersionedUser? user = await _users.FindAsync(token.Subject, cancellation);
        return user is null ? TokenVerdict<ServiceIdentity>.Bad(TokenRefusal.UserDeleted)
            : user.User.Disabled ? TokenVerdict<ServiceIdentity>.Bad(TokenRefusal.UserDisabled)
            : ServiceTokenId.Parse(token.Id) is not { } id || id.User != user.Name || !await _store.ExistsAsync(id, cancellation)
                ? TokenVerdict<ServiceIdentity>.Bad(TokenRefusal.Revoked)
            : TokenVerdict<ServiceIdentity>.Good(new ServiceIdentity(user.Name, token.Id, new DateTimeOffset(token.ValidTo, TimeSpan.Zero)));
    }
}

/// <summary>Id of a service token: its user, a dot, and 128 random bits in base64url, in which there is no dot.</summary>
internal readonly record struct ServiceTokenId(string User, string Random)
{
    internal string Key => AccessKeys.Service(User, Random);

    internal static ServiceTokenId New(string user) => new(user, Secrets.NewText(Secrets.IdBytes));

    internal static ServiceTokenId? Parse(string text)
    {
        int dot = text.LastIndexOf('.');
        return dot > 0 && UserNames.IsValid(text[..dot]) && text.Length - dot - 1 == 22 && Base64Url.IsValid(text.AsSpan(dot + 1))
            ? new ServiceTokenId(text[..dot], text[(dot + 1)..])
            : null;
    }

    public override string ToString() => $"{User}.{Random}";
}
