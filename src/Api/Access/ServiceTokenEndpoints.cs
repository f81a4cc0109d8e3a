using Katanemimena.Access;
using Katanemimena.Core;
using Katanemimena.Wire;

namespace Katanemimena.Api;

/// <summary>Tokens for programs that submit jobs through the queue, for admins.</summary>
internal static class ServiceTokenEndpoints
{
    private const int DaysMax = 366;
    private const int NoteLengthMax = 200;

    internal static IReadOnlyList<Endpoint> All(ApiParts parts) =>
    [
        new("ServiceTokens", "service-tokens",
        [
            new Operation("GET", Caller.Admin, "Lists the service tokens that are not over, without the tokens themselves.", call => ListAsync(call, parts))
            {
                Parameters = [new OperationParameter("query", "user", "Only those of this user.")],
                Answers = [new OperationAnswer(200, "The tokens.", WireJson.Default.ServiceTokensDocument)],
            },
            new Operation("POST", Caller.Admin, "Mints a token with which a program submits jobs as a user.", call => MintAsync(call, parts))
            {
                Request = WireJson.Strict.NewServiceTokenRequest,
                Answers = [new OperationAnswer(201, "The token: it is shown here and nowhere else.", WireJson.Default.ServiceTokenDocument)],
                Problems = [ProblemCodes.NotFound],
            },
        ]),
        new("ServiceToken", "service-tokens/{id}",
        [
            new Operation("DELETE", Caller.Admin, "Revokes a service token at once.", call => RevokeAsync(call, parts))
            {
                Parameters = [new OperationParameter("path", "id", "The token's id.", Required: true)],
                Answers = [new OperationAnswer(204, "Revoked.")],
                Problems = [ProblemCodes.NotFound],
            },
        ]),
    ];

    private static async Task ListAsync(ApiCall call, ApiParts parts)
    {
        IReadOnlyList<ServiceTokenCard> cards = await parts.Access.ServiceTokens.ListAsync(call.Query("user"), call.Cancellation);
        await call.AnswerAsync(200, new ServiceTokensDocument([.. cards.Select(card => Document(card, token: null))]), WireJson.Default.ServiceTokensDocument);
    }

    private static async Task MintAsync(ApiCall call, ApiParts parts)
    {
        NewServiceTokenRequest request = await call.ReadAsync(WireJson.Strict.NewServiceTokenRequest);
        if (request.Days is < 1 or > DaysMax)
        {
            throw ApiCall.Invalid("days", $"is {request.Days}; 1 to {DaysMax} is wanted");
        }

        if (request.Note.Length > NoteLengthMax || request.Note.Any(char.IsControl))
        {
            throw ApiCall.Invalid("note", $"has more than {NoteLengthMax} characters, or control characters");
        }

        ServiceTokenResult result = await parts.Access.ServiceTokens.MintAsync(call.Identity, request.User, TimeSpan.FromDays(request.Days), request.Note, call.Cancellation);
        if (result is not { Token: { } token, Card: { } card })
        {
            throw result.Outcome == ServiceTokenOutcome.NoSuchUser
                ? new ApiProblem(ProblemCodes.NotFound, $"there is no user '{SentText.Quoted(request.User)}'") { Field = "user" }
                : new InvalidOperationException($"a service token was not minted: {result.Outcome}");
        }

        call.Changed = new ChangedThing($"service token {card.TokenId}, minted", card.User);
        await call.AnswerAsync(201, Document(card, token.Text), WireJson.Default.ServiceTokenDocument);
    }

    private static async Task RevokeAsync(ApiCall call, ApiParts parts)
    {
        string id = call.Path("id");
        ServiceTokenCard? card = (await parts.Access.ServiceTokens.ListAsync(user: null, call.Cancellation)).FirstOrDefault(card => card.TokenId == id);
        call.Changed = card is null ? null : new ChangedThing($"service token {card.TokenId}, asked to be revoked", card.User);
        if (!await parts.Access.ServiceTokens.RevokeAsync(id, call.Cancellation))
        {
            throw new ApiProblem(ProblemCodes.NotFound, $"there is no service token '{SentText.Quoted(id)}'");
        }

        call.Changed = new ChangedThing($"service token {id}, revoked", card?.User ?? "somebody whose token was over");
        call.AnswerNothing();
    }

    private static ServiceTokenDocument Document(ServiceTokenCard card, string? token) => new()
    {
        Id = card.TokenId,
        User = card.User,
        Note = card.Note,
        MintedBy = card.MintedBy,
        Expires = card.Expires,
        Token = token,
    };
}
