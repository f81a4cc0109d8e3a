using Katanemimena.Wire;

namespace Katanemimena.Client;

/// <summary>The server refused a request and said why.</summary>
/// <param name="status">The HTTP status.</param>
/// <param name="code">One of <see cref="ProblemCodes"/>; <c>http-STATUS</c> if something between gave the answer, which the server's documents do not fit.</param>
/// <param name="detail">What is wrong and what to do. The server's words: to be made harmless before a terminal sees them.</param>
public sealed class ServiceProblem(int status, string code, string detail) : Exception(detail)
{
    /// <summary>The HTTP status.</summary>
    public int Status { get; } = status;

    /// <summary>The code, which programs go by.</summary>
    public string Code { get; } = code;

    /// <summary>What is wrong and what to do.</summary>
    public string Detail => Message;

    /// <summary>The field, parameter, header or part to blame; null if none.</summary>
    public string? Field { get; init; }

    /// <summary>Names the request in the server's log.</summary>
    public string? Request { get; init; }

    /// <summary>When to come back, if the server said so.</summary>
    public TimeSpan? RetryAfter { get; init; }

    /// <summary>Of an upload whose offset is another: how many bytes are there.</summary>
    public long? Received { get; init; }

    /// <summary>Whether the same request may go through later.</summary>
    public bool IsPassing => Status is 408 or 502 or 503 or 504 || (Status == 429 && Code is not (ProblemCodes.TooManyAttempts or ProblemCodes.TooManyJobs));
}

/// <summary>The server could not be reached, or its answer was cut, as often as it was tried.</summary>
/// <param name="message">Which server, and what went wrong.</param>
/// <param name="cause">The last error.</param>
public sealed class ServiceUnreachable(string message, Exception? cause = null) : Exception(message, cause);

/// <summary>There is no session, or it has ended: sign in.</summary>
/// <param name="message">Which server, and why.</param>
public sealed class NotSignedIn(string message) : Exception(message);

/// <summary>Bytes are not what they should be: a file changed while it was sent, or what came is not what the server has.</summary>
/// <param name="message">Which file, and what to do.</param>
public sealed class TransferFault(string message) : Exception(message);

/// <summary>A name is taken by an upload of another file, perhaps another process's: finish it, or drop it by <see cref="Datafiles.DropUploadAsync"/>.</summary>
/// <param name="upload">How far it is.</param>
public sealed class UploadConflict(UploadDocument upload) : Exception($"an upload of another file to {upload.Name} is under way: {upload.Received} of {upload.Total} bytes")
{
    /// <summary>How far it is.</summary>
    public UploadDocument Upload { get; } = upload;
}

/// <summary>A file of the client's own settings cannot be used: others can read it, or it is no JSON.</summary>
/// <param name="message">Which file, and what to do.</param>
/// <param name="cause">The error beneath, where there is one.</param>
public sealed class SettingsFault(string message, Exception? cause = null) : Exception(message, cause);
