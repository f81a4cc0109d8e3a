using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Katanemimena.Access;

namespace Katanemimena.Tests.Unit.Access;

/// <summary>Takes a good token apart and puts a bad one together, signed with our own key unless said otherwise.</summary>
internal static class Forgery
{
    internal static JsonObject Header(string token) => Part(token, 0);

    internal static JsonObject Claims(string token) => Part(token, 1);

    /// <summary>The token with header and claims changed, and signed anew with the instance's own key.</summary>
    internal static async Task<string> ResignAsync(this AccessRig rig, string token, Action<JsonObject>? header = null, Action<JsonObject>? claims = null)
    {
        KnownKey key = await rig.First.SigningKeys.SigningKeyAsync(default);
        using RSA rsa = rig.KeyStore(rig.Options).Decrypt(key.Stored);
        return Change(token, header, claims, input => rsa.SignData(input, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1));
    }

    internal static string Change(string token, Action<JsonObject>? header, Action<JsonObject>? claims, Func<byte[], byte[]> sign)
    {
        JsonObject head = Header(token);
        JsonObject body = Claims(token);
        header?.Invoke(head);
        claims?.Invoke(body);
        string input = $"{Encode(head)}.{Encode(body)}";
        return $"{input}.{Base64Url.EncodeToString(sign(Encoding.ASCII.GetBytes(input)))}";
    }

    private static string Encode(JsonObject part) => Base64Url.EncodeToString(Encoding.UTF8.GetBytes(part.ToJsonString()));

    private static JsonObject Part(string token, int index) => JsonNode.Parse(Base64Url.DecodeFromChars(token.Split('.')[index]))!.AsObject();
}
