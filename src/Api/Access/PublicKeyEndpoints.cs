using System.Text;

namespace Katanemimena.Api;

/// <summary>The public halves of the keys that sign tokens, for programs that verify tokens themselves.</summary>
internal static class PublicKeyEndpoints
{
    private const string Pem = "application/x-pem-file";
    private const string KeySet = "application/jwk-set+json";

    internal static IReadOnlyList<Endpoint> All(ApiParts parts) =>
    [
        new("PublicKey", "public-key",
        [
            new Operation("GET", Caller.Anybody, "Gives the key to verify tokens with that are signed now.", async call =>
                await AnswerAsync(call, await parts.Access.SigningKeys.PublicPemAsync(call.Cancellation), Pem))
            {
                Description = "After a rotation, tokens of the key before go on for minutes (service tokens for longer): see GET jwks for all keys.",
                Answers = [new OperationAnswer(200, "The key, SubjectPublicKeyInfo.", MediaType: Pem)],
            },
        ]),
        new("Jwks", "jwks",
        [
            new Operation("GET", Caller.Anybody, "Gives all keys to verify tokens with (RFC 7517).", async call =>
                await AnswerAsync(call, await parts.Access.SigningKeys.KeySetAsync(call.Cancellation), KeySet))
            {
                Description = "A key is here 10 minutes before it signs, and for as long as a token of it may be good.",
                Answers = [new OperationAnswer(200, "The keys.", MediaType: KeySet)],
            },
        ]),
    ];

    private static Task AnswerAsync(ApiCall call, string text, string mediaType) => call.AnswerAsync(200, Encoding.UTF8.GetBytes(text), mediaType);
}
