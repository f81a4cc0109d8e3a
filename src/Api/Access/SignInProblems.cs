using Katanemimena.Access;
using Katanemimena.Wire;

namespace Katanemimena.Api;

/// <summary>What a caller is told whom a password did not let in.</summary>
internal static class SignInProblems
{
    internal static ApiProblem Of(SignInResult result) => result.Outcome switch
    {
        SignInOutcome.TooManyAttempts => new ApiProblem(ProblemCodes.TooManyAttempts, "too many sign-ins failed: wait before the next") { RetryAfter = result.RetryAfter },
        SignInOutcome.Busy => new ApiProblem(ProblemCodes.Unavailable, "too many sign-ins are under way: try again") { RetryAfter = result.RetryAfter },
        _ => new ApiProblem(ProblemCodes.InvalidCredentials, "user and password do not go together, or the account is shut out")
        {
            RetryAfter = result.RetryAfter > TimeSpan.Zero ? result.RetryAfter : null,
        },
    };
}
