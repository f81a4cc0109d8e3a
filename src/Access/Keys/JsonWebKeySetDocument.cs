using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text.Json;

namespace Katanemimena.Access;

/// <summary>A JWK Set (RFC 7517, 5).</summary>
/// <param name="Keys">The keys.</param>
internal sealed record JsonWebKeySetDocument(IReadOnlyList<JsonWebKeyDocument> Keys)
{
    internal static string Write(IEnumerable<(string Kid, RSA Key)> keys) =>
        JsonSerializer.Serialize(
            new JsonWebKeySetDocument([.. keys.OrderBy(key => key.Kid, StringComparer.Ordinal).Select(key => JsonWebKeyDocument.From(key.Kid, key.Key))]),
            AccessDocuments.Default.JsonWebKeySetDocument);
}

/// <summary>A public RSA key for RS256 signatures (RFC 7517, 4; RFC 7518, 6.3.1). It has no place for a private part.</summary>
/// <param name="Kty">Kind of key.</param>
/// <param name="Use">What it is for.</param>
/// <param name="Alg">The one algorithm it is for.</param>
/// <param name="Kid">Its id.</param>
/// <param name="N">Modulus, base64url.</param>
/// <param name="E">Exponent, base64url.</param>
internal sealed record JsonWebKeyDocument(string Kty, string Use, string Alg, string Kid, string N, string E)
{
    internal static JsonWebKeyDocument From(string kid, RSA key)
    {
        RSAParameters numbers = key.ExportParameters(includePrivateParameters: false);
        return new JsonWebKeyDocument("RSA", "sig", "RS256", kid, Base64Url.EncodeToString(numbers.Modulus), Base64Url.EncodeToString(numbers.Exponent));
    }
}
