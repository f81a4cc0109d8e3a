using Katanemimena.Access;
using Katanemimena.Core;
using Katanemimena.Wire;

namespace Katanemimena.Api;

/// <summary>The keys that sign tokens, for admins.</summary>
internal static class SigningKeyEndpoints
{
    internal static IReadOnlyList<Endpoint> All(ApiParts parts) =>
    [
        new("Keys", "keys",
        [
            new Operation("GET", Caller.Admin, "Lists the signing keys, the newest first.", call => ListAsync(call, parts))
            {
                Answers = [new OperationAnswer(200, "The keys.", WireJson.Default.SigningKeysDocument)],
            },
            new Operation("POST", Caller.Admin, "Makes the next signing key now.", call => RotateAsync(call, parts))
            {
                Description = "It signs 10 minutes later, when all instances have read of it. Nothing is made if one is waiting already.",
                Answers = [new OperationAnswer(200, "The keys.", WireJson.Default.SigningKeysDocument)],
            },
        ]),
        new("Key", "keys/{id}",
        [
            new Operation("DELETE", Caller.Admin, "Removes a signing key that others may have got hold of.", call => RemoveAsync(call, parts))
            {
                Description = "Every token that it signed is refused, service tokens included, by each instance within a minute. A new key is made where none is left to sign.",
                Parameters = [new OperationParameter("path", "id", "The key's id (kid).", Required: true)],
                Answers = [new OperationAnswer(204, "Removed.")],
                Problems = [ProblemCodes.NotFound],
            },
        ]),
    ];

    private static async Task ListAsync(ApiCall call, ApiParts parts)
    {
        IReadOnlyList<SigningKeyCard> keys = await parts.Access.SigningKeys.ListAsync(call.Cancellation);
        await call.AnswerAsync(
            200,
            new SigningKeysDocument([.. keys.Select(key => new SigningKeyDocument(key.Id, key.Created, key.SignsFrom, key.Signs))]),
            WireJson.Default.SigningKeysDocument);
    }

    private static async Task RotateAsync(ApiCall call, ApiParts parts)
    {
        await parts.Access.SigningKeys.RotateAsync(call.Cancellation);
        call.Changed = new ChangedThing("signing keys, the next asked for", ChangedThing.Installation);
        await ListAsync(call, parts);
    }

    private static async Task RemoveAsync(ApiCall call, ApiParts parts)
    {
        string id = call.Path("id");
        if (!await parts.Access.SigningKeys.RemoveAsync(id, call.Cancellation))
        {
            throw new ApiProblem(ProblemCodes.NotFound, $"there is no signing key '{SentText.Quoted(id)}'");
        }

        call.Changed = new ChangedThing($"signing key {id}, removed", ChangedThing.Installation);
        call.AnswerNothing();
    }
}
