namespace Katanemimena.Wire;

/// <summary>The codes of problems. They never change their meaning.</summary>
public static class ProblemCodes
{
    /// <summary>400: the request cannot be understood, or a value is out of range.</summary>
    public const string InvalidRequest = "invalid-request";

    /// <summary>401: no token, or one that is refused.</summary>
    public const string Unauthorized = "unauthorized";

    /// <summary>401: user and password do not go together.</summary>
    public const string InvalidCredentials = "invalid-credentials";

    /// <summary>401: the refresh token is refused; sign in again.</summary>
    public const string InvalidGrant = "invalid-grant";

    /// <summary>403: the role does not allow it.</summary>
    public const string Forbidden = "forbidden";

    /// <summary>404: there is no such thing, or not for this user.</summary>
    public const string NotFound = "not-found";

    /// <summary>405: the path does not take the method.</summary>
    public const string MethodNotAllowed = "method-not-allowed";

    /// <summary>408: the body came too slowly, or stopped; send the request again.</summary>
    public const string RequestTimeout = "request-timeout";

    /// <summary>409: it exists already.</summary>
    public const string Exists = "exists";

    /// <summary>409: someone else changed it meanwhile; read it again.</summary>
    public const string Conflict = "conflict";

    /// <summary>409: a block of an upload is not the next one; see <see cref="ProblemDocument.Received"/>.</summary>
    public const string WrongOffset = "wrong-offset";

    /// <summary>409: a job that has not ended reads the datafile.</summary>
    public const string InUse = "in-use";

    /// <summary>409: the job has not ended.</summary>
    public const string JobRunning = "job-running";

    /// <summary>409: the job has ended already.</summary>
    public const string JobEnded = "job-ended";

    /// <summary>409: the job failed or was cancelled, so it has no result.</summary>
    public const string NoResult = "no-result";

    /// <summary>409: it would take the last admin away.</summary>
    public const string LastAdmin = "last-admin";

    /// <summary>411: a body needs a Content-Length.</summary>
    public const string LengthRequired = "length-required";

    /// <summary>413: the body is longer than allowed.</summary>
    public const string TooLarge = "too-large";

    /// <summary>415: the body's media type is not understood.</summary>
    public const string UnsupportedMediaType = "unsupported-media-type";

    /// <summary>416: the range is beyond the end.</summary>
    public const string RangeNotSatisfiable = "range-not-satisfiable";

    /// <summary>422: the checksum is not that of the bytes.</summary>
    public const string WrongChecksum = "wrong-checksum";

    /// <summary>422: the idempotency key was used for another request.</summary>
    public const string IdempotencyConflict = "idempotency-conflict";

    /// <summary>422: the job cannot work as asked for: no such datafile, code that fits no contract.</summary>
    public const string InvalidJob = "invalid-job";

    /// <summary>429: too many failed sign-ins; see Retry-After.</summary>
    public const string TooManyAttempts = "too-many-attempts";

    /// <summary>429: as many jobs run as the quota allows.</summary>
    public const string TooManyJobs = "too-many-jobs";

    /// <summary>413: more bytes would be stored than the quota allows.</summary>
    public const string OverQuota = "over-quota";

    /// <summary>500: a bug; the log has more under the request's name.</summary>
    public const string Internal = "internal";

    /// <summary>503: a part of the service cannot be reached, or is busy; see Retry-After.</summary>
    public const string Unavailable = "unavailable";
}
