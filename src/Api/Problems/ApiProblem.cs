using Katanemimena.Wire;

namespace Katanemimena.Api;

/// <summary>A request that is refused: thrown by whoever finds out, answered as problem+json in one place.</summary>
/// <param name="code">One of <see cref="ProblemCodes"/>, which fixes status and title.</param>
/// <param name="detail">What is wrong this time, and what to do about it; shown to the caller, so nothing secret.</param>
public sealed class ApiProblem(string code, string detail) : Exception(detail)
{
    /// <summary>The code.</summary>
    public string Code { get; } = code;

    /// <summary>The field, parameter, header or part that is to blame; null if it is none.</summary>
    public string? Field { get; init; }

    /// <summary>When to come back; null to leave it to the caller. Rounded up to whole seconds in <c>Retry-After</c>.</summary>
    public TimeSpan? RetryAfter { get; init; }

    /// <summary>Of an upload whose offset is another: how many bytes are there.</summary>
    public long? Received { get; init; }

    /// <summary>Of a range past the end: how many bytes there are, for <c>Content-Range</c> (RFC 9110, section 15.5.17).</summary>
    public long? Length { get; init; }
}
