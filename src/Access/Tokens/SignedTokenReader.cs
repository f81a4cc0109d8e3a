using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace Katanemimena.Access;

/// <summary>Verifies what the token itself says: its form, kind, algorithm, key, signature, issuer, audience and time. Not whether its user still is.</summary>
/// <remarks>
/// After RFC 8725: the algorithm is the one expected and not the one that the token asks for (3.1, so neither <c>none</c> nor HS256 with the
/// public key as its secret); the kind is explicit (3.11); the key is found by <c>kid</c> among ours alone, never at a place that the header
/// names (3.10). What the header says before the signature is verified only ever leads to a refusal.
/// </remarks>
internal sealed class SignedTokenReader(SigningKeys keys, AccessOptions options, TimeProvider time)
{
    /// <summary>Longest token looked at, in characters; ours have under 1,000.</summary>
    internal const int TokenLengthMax = 4 * 1024;

    private readonly JsonWebTokenHandler _handler = new() { MaximumTokenSizeInBytes = TokenLengthMax, MapInboundClaims = false };

    /// <summary>Verifies a token.</summary>
    /// <param name="text">As sent; anything.</param>
    /// <param name="type">The <c>typ</c> it must have.</param>
    /// <param name="cancellation">Stops waiting for the keys.</param>
    internal async ValueTask<TokenVerdict<JsonWebToken>> ReadAsync(string text, string type, CancellationToken cancellation)
    {
        if (Parse(text) is not { } token)
        {
            return TokenVerdict<JsonWebToken>.Bad(TokenRefusal.Malformed);
        }

        if (RefusalOfHeader(token, type) is { } refusal)
        {
            return TokenVerdict<JsonWebToken>.Bad(refusal);
        }

        if (await keys.FindAsync(token.Kid, cancellation) is not { } key)
        {
            return TokenVerdict<JsonWebToken>.Bad(TokenRefusal.UnknownKey);
        }

        TokenValidationResult result = await _handler.ValidateTokenAsync(text, Parameters(key, type));
        return result.IsValid && (RefusalOfTime((JsonWebToken)result.SecurityToken) ?? RefusalOfClaims((JsonWebToken)result.SecurityToken)) is var late
            ? late is null ? TokenVerdict<JsonWebToken>.Good((JsonWebToken)result.SecurityToken) : TokenVerdict<JsonWebToken>.Bad(late.Value)
            : TokenVerdict<JsonWebToken>.Bad(RefusalOf(result.Exception));
    }

    private static JsonWebToken? Parse(string text)
    {
        if (string.IsNullOrEmpty(text) || text.Length > TokenLengthMax)
        {
            return null;
        }

        try
        {
            JsonWebToken token = new(text);
            return token.IsEncrypted ? null : token;
        }
        catch (Exception e) when (e is ArgumentException or SecurityTokenException or FormatException)
        {
            return null;
        }
    }

    private static TokenRefusal? RefusalOfHeader(JsonWebToken token, string type) =>
        !string.Equals(token.Typ, type, StringComparison.OrdinalIgnoreCase) ? TokenRefusal.WrongType
        : token.Alg != SecurityAlgorithms.RsaSha256 ? TokenRefusal.WrongAlgorithm
        : token.TryGetHeaderValue("crit", out object? _) ? TokenRefusal.UnknownExtension
        : string.IsNullOrEmpty(token.Kid) ? TokenRefusal.UnknownKey
        : null;

    /// <summary>The time is judged here, by our own clock: the library has the machine's.</summary>
    private TokenRefusal? RefusalOfTime(JsonWebToken token)
    {
        DateTime now = time.GetUtcNow().UtcDateTime;
        return token.ValidTo == default || token.ValidFrom == default ? TokenRefusal.Malformed
            : now >= token.ValidTo + options.ClockSkew ? TokenRefusal.Expired
            : now < token.ValidFrom - options.ClockSkew ? TokenRefusal.NotYetValid
            : null;
    }

    private static TokenRefusal? RefusalOfClaims(JsonWebToken token) =>
        UserNames.IsValid(token.Subject) && !string.IsNullOrEmpty(token.Id) ? null : TokenRefusal.Malformed;

    private static TokenRefusal RefusalOf(Exception exception) => exception switch
    {
        SecurityTokenInvalidIssuerException => TokenRefusal.WrongIssuer,
        SecurityTokenInvalidAudienceException => TokenRefusal.WrongAudience,
        SecurityTokenInvalidTypeException => TokenRefusal.WrongType,
        SecurityTokenInvalidAlgorithmException => TokenRefusal.WrongAlgorithm,
        SecurityTokenInvalidSignatureException or SecurityTokenSignatureKeyNotFoundException => TokenRefusal.WrongSignature,
        _ => TokenRefusal.Malformed,
    };

    private TokenValidationParameters Parameters(SecurityKey key, string type) => new()
    {
        ValidAlgorithms = [SecurityAlgorithms.RsaSha256],
        ValidTypes = [type],
        ValidIssuer = options.Issuer,
        ValidAudience = options.Audience,
        IssuerSigningKey = key,
        TryAllIssuerSigningKeys = false,
        RequireSignedTokens = true,
        RequireExpirationTime = true,
        ValidateLifetime = false,
        CryptoProviderFactory = key.CryptoProviderFactory,
    };
}
