namespace Katanemimena.Wire;

/// <summary>An error as the API tells it: <c>application/problem+json</c> (RFC 9457), with a stable code.</summary>
public sealed record ProblemDocument
{
    /// <summary>Its media type.</summary>
    public const string MediaType = "application/problem+json";

    /// <summary>Before a code, in <see cref="Type"/>.</summary>
    public const string TypePrefix = "urn:katanemimena:problem:";

    /// <summary><see cref="TypePrefix"/> and the code.</summary>
    public required string Type { get; init; }

    /// <summary>The code in words; the same for every problem of the code.</summary>
    public required string Title { get; init; }

    /// <summary>The HTTP status.</summary>
    public required int Status { get; init; }

    /// <summary>One of <see cref="ProblemCodes"/>: what programs go by.</summary>
    public required string Code { get; init; }

    /// <summary>What is wrong this time, and what to do about it.</summary>
    public string? Detail { get; init; }

    /// <summary>The field, parameter, header or part that is to blame.</summary>
    public string? Field { get; init; }

    /// <summary>Names the request in the server's log.</summary>
    public string? Request { get; init; }

    /// <summary>Of an upload whose offset is another: how many bytes are there.</summary>
    public long? Received { get; init; }
}
