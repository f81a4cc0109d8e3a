using Katanemimena.Access;
using Katanemimena.Wire;

namespace Katanemimena.Api;

/// <summary>What users find out and change about themselves.</summary>
internal static class SelfEndpoints
{
    internal static IReadOnlyList<Endpoint> All(ApiParts parts) =>
    [
        new("WhoAmI", "whoami",
        [
            new Operation("GET", Caller.User, "Tells who is signed in, and what their limits are.", call => WhoAmIAsync(call, parts))
            {
                Answers = [new OperationAnswer(200, "Who is signed in.", WireJson.Default.WhoAmIDocument)],
            },
        ]),
        new("Password", "password",
        [
            new Operation("PUT", Caller.User, "Changes one's own password.", call => ChangePasswordAsync(call, parts))
            {
                Description = "Ends all sessions of the user, this one included. A wrong old password counts like a failed sign-in.",
                Request = WireJson.Strict.PasswordRequest,
                Answers = [new OperationAnswer(204, "Changed: sign in anew.")],
                Problems = [ProblemCodes.InvalidCredentials, ProblemCodes.TooManyAttempts, ProblemCodes.Conflict],
            },
        ]),
    ];

    private static async Task WhoAmIAsync(ApiCall call, ApiParts parts)
    {
        UserAccount user = await parts.Access.Users.FindAsync(call.Identity.Name, call.Cancellation)
            ?? throw new ApiProblem(ProblemCodes.Unauthorized, "the account was deleted");
        await call.AnswerAsync(
            200,
            new WhoAmIDocument
            {
                Name = user.Name,
                Role = Roles.Text(user.Role),
                Expires = call.Identity.Expires,
                Quota = QuotaDefaults.Document(user.Quota, parts.Quota),
                Used = await parts.Used(user.Name, call.Cancellation),
            },
            WireJson.Default.WhoAmIDocument);
    }

    private static async Task ChangePasswordAsync(ApiCall call, ApiParts parts)
    {
        PasswordRequest request = await call.ReadAsync(WireJson.Strict.PasswordRequest);
        (SignInResult? signIn, UserResult? change) = await parts.Access.Authenticator.ChangePasswordAsync(
            new SignInRequest(call.Identity.Name, request.OldPassword, parts.Address.Of(call.Http)), request.NewPassword, call.Cancellation);
        if (signIn is { Outcome: not SignInOutcome.SignedIn })
        {
            throw SignInProblems.Of(signIn);
        }

        if (change is not { Outcome: UserOutcome.Done })
        {
            throw change is null ? new ApiProblem(ProblemCodes.Conflict, "the account was deleted meanwhile") : UserProblems.Of(change, "newPassword");
        }

        ApiLog.PasswordChanged(parts.Log, call.Http.TraceIdentifier, call.Identity.Name);
        call.AnswerNothing();
    }
}
