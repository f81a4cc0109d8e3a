using Katanemimena.Core;
using Microsoft.IdentityModel.JsonWebTokens;

namespace Katanemimena.Access;

/// <summary>Verifies access tokens, by the token and by the account: it must still be, not be shut out, and have the version that the token carries.</summary>
/// <remarks>The account may be <see cref="AccessOptions.UserCacheTime"/> old, so a change of password or role, or a user shut out or deleted,
/// takes effect on each instance within that time. Throws <see cref="TransientFault"/> when the store cannot be reached.</remarks>
public sealed class AccessTokens
{
    private readonly SignedTokenReader _reader;
    private readonly UserCache _users;

    internal AccessTokens(SignedTokenReader reader, UserCache users) => (_reader, _users) = (reader, users);

    /// <summary>Verifies a token.</summary>
    /// <param name="text">As sent, without <c>Bearer</c>; anything.</param>
    /// <param name="cancellation">Stops waiting for the store.</param>
    public async ValueTask<TokenVerdict<AccessIdentity>> VerifyAsync(string text, CancellationToken cancellation)
    {
        TokenVerdict<JsonWebToken> read = await _reader.ReadAsync(text, TokenClaims.AccessType, cancellation);
        if (read.Identity is not { } token)
        {
            return TokenVerdict<AccessIdentity>.Bad(read.Refusal!.Value);
        }

        if (!token.TryGetPayloadValue(TokenClaims.Version, out string? version) || version is null)
        {
            return TokenVerdict<AccessIdentity>.Bad(TokenRefusal.Malformed);
        }

        // What is remembered may let an old token in for seconds, but never keeps a new one out: refused only after looking again.
        TokenVerdict<AccessIdentity> remembered = Judge(token, version, await _users.FindAsync(token.Subject, cancellation));
        return remembered.Refusal is null ? remembered : Judge(token, version, await _users.ReadAsync(token.Subject, cancellation));
    }

    private static TokenVerdict<AccessIdentity> Judge(JsonWebToken token, string version, UserAccount? user) =>
        user is null ? TokenVerdict<AccessIdentity>.Bad(TokenRefusal.UserDeleted)
        : user.Disabled ? TokenVerdict<AccessIdentity>.Bad(TokenRefusal.UserDisabled)
        : user.Version != version ? TokenVerdict<AccessIdentity>.Bad(TokenRefusal.UserChanged)
        : TokenVerdict<AccessIdentity>.Good(new AccessIdentity(user.Name, user.Role, token.Id, new DateTimeOffset(token.ValidTo, TimeSpan.Zero)) { Version = version });
}
