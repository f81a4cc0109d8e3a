using System.Collections.Frozen;
using Katanemimena.Wire;

namespace Katanemimena.Api;

/// <summary>What is the same for every problem of a code.</summary>
/// <param name="Status">The HTTP status.</param>
/// <param name="Title">The code in words.</param>
public sealed record ProblemKind(int Status, string Title);

/// <summary>Status and title of every code.</summary>
public static class ProblemKinds
{
    /// <summary>By code.</summary>
    public static FrozenDictionary<string, ProblemKind> All { get; } = new Dictionary<string, ProblemKind>
    {
        [ProblemCodes.InvalidRequest] = new(400, "The request cannot be understood"),
        [ProblemCodes.Unauthorized] = new(401, "Sign in first"),
        [ProblemCodes.InvalidCredentials] = new(401, "User and password do not go together"),
        [ProblemCodes.InvalidGrant] = new(401, "The session has ended"),
        [ProblemCodes.Forbidden] = new(403, "Not allowed"),
        [ProblemCodes.NotFound] = new(404, "Not found"),
        [ProblemCodes.MethodNotAllowed] = new(405, "Method not allowed"),
        [ProblemCodes.RequestTimeout] = new(408, "The request came too slowly"),
        [ProblemCodes.Exists] = new(409, "It exists already"),
        [ProblemCodes.Conflict] = new(409, "Changed by someone else"),
        [ProblemCodes.WrongOffset] = new(409, "Not the next block"),
        [ProblemCodes.InUse] = new(409, "In use by a job"),
        [ProblemCodes.JobRunning] = new(409, "The job has not ended"),
        [ProblemCodes.JobEnded] = new(409, "The job has ended"),
        [ProblemCodes.NoResult] = new(409, "The job has no result"),
        [ProblemCodes.LastAdmin] = new(409, "The last admin"),
        [ProblemCodes.LengthRequired] = new(411, "Content-Length is missing"),
        [ProblemCodes.TooLarge] = new(413, "Too large"),
        [ProblemCodes.OverQuota] = new(413, "Over the quota"),
        [ProblemCodes.UnsupportedMediaType] = new(415, "Media type not understood"),
        [ProblemCodes.RangeNotSatisfiable] = new(416, "Range beyond the end"),
        [ProblemCodes.WrongChecksum] = new(422, "Wrong checksum"),
        [ProblemCodes.IdempotencyConflict] = new(422, "Idempotency key used before"),
        [ProblemCodes.InvalidJob] = new(422, "The job cannot work"),
        [ProblemCodes.TooManyAttempts] = new(429, "Too many failed sign-ins"),
        [ProblemCodes.TooManyJobs] = new(429, "Too many jobs"),
        [ProblemCodes.Internal] = new(500, "Internal error"),
        [ProblemCodes.Unavailable] = new(503, "Unavailable"),
    }.ToFrozenDictionary();

    /// <summary>The document of a problem.</summary>
    public static ProblemDocument Document(ApiProblem problem, string? request) => new()
    {
        Type = ProblemDocument.TypePrefix + problem.Code,
        Title = All[problem.Code].Title,
        Status = All[problem.Code].Status,
        Code = problem.Code,
        Detail = problem.Message,
        Field = problem.Field,
        Request = request,
        Received = problem.Received,
    };
}
