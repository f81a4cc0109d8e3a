using System.Text;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace Katanemimena.Access;

/// <summary>A token that was issued.</summary>
/// <param name="Text">The token, a secret.</param>
/// <param name="Expires">When it ends.</param>
public sealed record IssuedToken(string Text, DateTimeOffset Expires)
{
    /// <summary>Hides the token.</summary>
    private bool PrintMembers(StringBuilder text)
    {
        text.Append(nameof(Expires)).Append(" = ").Append(Expires);
        return true;
    }
}

/// <summary>Signs tokens: RS256 (RFC 7518, 3.3), with <c>kid</c>, <c>iss</c>, <c>aud</c>, <c>sub</c>, <c>iat</c>, <c>nbf</c>, <c>exp</c> and <c>jti</c> (RFC 7519).</summary>
/// <remarks>Access tokens follow RFC 9068 but for <c>client_id</c>: there are no OAuth clients here. May throw <c>TransientFault</c>.</remarks>
internal sealed class TokenIssuer(SigningKeys keys, AccessOptions options, TimeProvider time)
{
    private readonly JsonWebTokenHandler _handler = new() { SetDefaultTimesOnTokenCreation = false };

    /// <summary>Issues an access token for a user, with the role and version the account has now.</summary>
    internal async ValueTask<IssuedToken> AccessAsync(UserAccount user, CancellationToken cancellation)
    {
        KnownKey key = await keys.SigningKeyAsync(cancellation);
        Dictionary<string, object> claims = new()
        {
            [JwtRegisteredClaimNames.Sub] = user.Name,
            [JwtRegisteredClaimNames.Jti] = Secrets.NewText(Secrets.IdBytes),
            [TokenClaims.Role] = TokenClaims.Text(user.Role),
            [TokenClaims.Version] = user.Version,
        };
        return Sign(key, TokenClaims.AccessType, claims, options.AccessTokenLifetime);
    }

    /// <summary>Signs a service token.</summary>
    /// <param name="key">The key, whose <see cref="StoredSigningKey.ServicesUntil"/> is not before the token's end.</param>
    /// <param name="user">For whom.</param>
    /// <param name="tokenId">Its id.</param>
    /// <param name="lifetime">Whole seconds.</param>
    internal IssuedToken Service(KnownKey key, string user, string tokenId, TimeSpan lifetime)
    {
        Dictionary<string, object> claims = new()
        {
            [JwtRegisteredClaimNames.Sub] = user,
            [JwtRegisteredClaimNames.Jti] = tokenId,
            [TokenClaims.Scope] = TokenClaims.SubmitScope,
        };
        return Sign(key, TokenClaims.ServiceType, claims, lifetime);
    }

    private IssuedToken Sign(KnownKey key, string type, Dictionary<string, object> claims, TimeSpan lifetime)
    {
        // Times of a token are whole seconds.
        DateTimeOffset now = DateTimeOffset.FromUnixTimeSeconds(time.GetUtcNow().ToUnixTimeSeconds());
        SecurityTokenDescriptor token = new()
        {
            TokenType = type,
            Issuer = options.Issuer,
            Audience = options.Audience,
            IssuedAt = now.UtcDateTime,
            NotBefore = now.UtcDateTime,
            Expires = (now + lifetime).UtcDateTime,
            Claims = claims,
            SigningCredentials = keys.Credentials(key),
        };
        return new IssuedToken(_handler.CreateToken(token), now + lifetime);
    }
}
