using Katanemimena.Access;
using Katanemimena.Wire;

namespace Katanemimena.Api;

/// <summary>What a caller is told of a change of accounts that was not made.</summary>
internal static class UserProblems
{
    /// <summary>The problem.</summary>
    /// <param name="result">One that is not <see cref="UserOutcome.Done"/>.</param>
    /// <param name="field">The field to blame where a value breaks a rule, or null.</param>
    internal static ApiProblem Of(UserResult result, string? field = null) => result.Outcome switch
    {
        UserOutcome.NotFound => new ApiProblem(ProblemCodes.NotFound, result.Message),
        UserOutcome.Exists => new ApiProblem(ProblemCodes.Exists, result.Message) { Field = "name" },
        UserOutcome.LastAdmin => new ApiProblem(ProblemCodes.LastAdmin, result.Message),
        UserOutcome.Conflict => new ApiProblem(ProblemCodes.Conflict, result.Message),
        UserOutcome.Invalid => new ApiProblem(ProblemCodes.InvalidRequest, result.Message) { Field = field },
        _ => throw new InvalidOperationException($"{result.Outcome} is no problem"),
    };
}
