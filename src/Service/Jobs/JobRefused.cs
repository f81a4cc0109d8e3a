using Katanemimena.Core;
using Katanemimena.Wire;

namespace Katanemimena.Service;

/// <summary>What was asked of the jobs is refused: the API answers with the problem, a queue with its document.</summary>
/// <param name="code">One of <see cref="ProblemCodes"/>.</param>
/// <param name="detail">What is wrong this time, and what to do about it; shown to the caller, so nothing secret.</param>
public sealed class JobRefused(string code, string detail) : Exception(detail)
{
    /// <summary>What who is over the quota can do.</summary>
    internal const string HowToMakeRoom = "delete datafiles or ended jobs; what was deleted counts for up to an hour more, and for as long as an open job reads it";

    /// <summary>The code.</summary>
    public string Code { get; } = code;

    /// <summary>The field that is to blame; null if it is none.</summary>
    public string? Field { get; init; }

    /// <summary>When to come back; null to leave it to the caller.</summary>
    public TimeSpan? RetryAfter { get; init; }

    /// <summary>A field whose value is out of range or cannot be read.</summary>
    public static JobRefused Invalid(string field, string trouble) => new(ProblemCodes.InvalidRequest, $"{field} {trouble}") { Field = field };

    /// <summary>The caller's account was deleted since the call began.</summary>
    public static JobRefused NoAccount() => new(ProblemCodes.Unauthorized, "the account is no more");

    /// <summary>A job that there is not, or not for the caller: nobody learns which.</summary>
    public static JobRefused NotFound(string job) => new(ProblemCodes.NotFound, $"there is no job '{SentText.Quoted(job)}'");
}
