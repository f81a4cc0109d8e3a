using Katanemimena.Access;
using Katanemimena.Wire;

namespace Katanemimena.Api;

/// <summary>Sessions: begun with a password, carried on with a refresh token, ended.</summary>
internal static class SessionEndpoints
{
    internal static IReadOnlyList<Endpoint> All(ApiParts parts) =>
    [
        new("Login", "login",
        [
            new Operation("POST", Caller.Anybody, "Signs in with a password.", call => LoginAsync(call, parts))
            {
                Description = "After five failures an account, an address or a known device has to wait, 1 s at first and 15 min at most. " +
                    "Send the device token of an earlier sign-in, so that other people's failures do not count against this one.",
                Request = WireJson.Strict.LoginRequest,
                Answers = [new OperationAnswer(200, "Signed in.", WireJson.Default.TokensDocument)],
                Problems = [ProblemCodes.InvalidCredentials, ProblemCodes.TooManyAttempts],
            },
        ]),
        new("Refresh", "refresh",
        [
            new Operation("POST", Caller.Anybody, "Exchanges a refresh token for the next pair of tokens.", call => RefreshAsync(call, parts))
            {
                Description = "A refresh token is good once. One that is sent a second time ends its session.",
                Request = WireJson.Strict.RefreshRequest,
                Answers = [new OperationAnswer(200, "The next pair.", WireJson.Default.TokensDocument)],
                Problems = [ProblemCodes.InvalidGrant],
            },
        ]),
        new("Logout", "logout",
        [
            new Operation("POST", Caller.Anybody, "Ends the session of a refresh token.", call => LogoutAsync(call, parts))
            {
                Description = "Answers the same whether there was such a session. Its access token lives out its minutes.",
                Request = WireJson.Strict.RefreshRequest,
                Answers = [new OperationAnswer(204, "There is no such session, or no longer.")],
            },
        ]),
    ];

    private static async Task LoginAsync(ApiCall call, ApiParts parts)
    {
        LoginRequest request = await call.ReadAsync(WireJson.Strict.LoginRequest);
        var attempt = new SignInRequest(request.Name, request.Password, parts.Address.Of(call.Http), request.DeviceToken);
        SignInResult result = await parts.Access.Authenticator.SignInAsync(attempt, call.Cancellation);
        if (result.User is not { } user)
        {
            ApiLog.SignInFailed(parts.Log, call.Http.TraceIdentifier, result.Outcome);
            throw SignInProblems.Of(result);
        }

        ApiLog.SignedIn(parts.Log, call.Http.TraceIdentifier, user.Name);
        SessionTokens tokens = await parts.Access.Sessions.StartAsync(user, call.Cancellation);
        await AnswerAsync(call, parts, tokens, user, result.DeviceToken);
    }

    private static async Task RefreshAsync(ApiCall call, ApiParts parts)
    {
        RefreshRequest request = await call.ReadAsync(WireJson.Strict.RefreshRequest);
        RefreshResult result = await parts.Access.Sessions.RefreshAsync(request.RefreshToken, call.Cancellation);
        if (result is not { Tokens: { } tokens, User: { } user })
        {
            ApiLog.RefreshRefused(parts.Log, call.Http.TraceIdentifier, result.Refusal);
            throw new ApiProblem(ProblemCodes.InvalidGrant, "the refresh token is not good, or no longer: sign in again");
        }

        await AnswerAsync(call, parts, tokens, user, deviceToken: null);
    }

    private static async Task LogoutAsync(ApiCall call, ApiParts parts)
    {
        RefreshRequest request = await call.ReadAsync(WireJson.Strict.RefreshRequest);
        await parts.Access.Sessions.EndAsync(request.RefreshToken, call.Cancellation);
        call.AnswerNothing();
    }

    private static Task AnswerAsync(ApiCall call, ApiParts parts, SessionTokens tokens, UserAccount user, string? deviceToken) => call.AnswerAsync(
        200,
        new TokensDocument
        {
            AccessToken = tokens.Access.Text,
            ExpiresIn = (int)(tokens.Access.Expires - parts.Time.GetUtcNow()).TotalSeconds,
            RefreshToken = tokens.RefreshToken,
            RefreshExpires = tokens.RefreshExpires,
            DeviceToken = deviceToken,
            Name = user.Name,
            Role = Roles.Text(user.Role),
        },
        WireJson.Default.TokensDocument);
}
