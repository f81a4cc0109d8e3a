using System.Net;
using System.Text.Json;
using Katanemimena.Core;

namespace Katanemimena.Adapters.Etcd;

/// <summary>An error that etcd answered with.</summary>
/// <param name="Status">Of the answer.</param>
/// <param name="Code">gRPC's status code; 2 (unknown) where the answer names none.</param>
/// <param name="Message">What etcd says.</param>
internal sealed record EtcdError(HttpStatusCode Status, int Code, string Message)
{
    private const int InvalidArgument = 3, NotFound = 5, PermissionDenied = 7, FailedPrecondition = 9, OutOfRange = 11, Unauthenticated = 16;
    private const string LeaseNotFound = "requested lease not found";
    private const int MessageCharactersMax = 300;

    /// <summary>Whether the token is not, or no longer, good; nothing was carried out.</summary>
    public bool IsTokenRefused => Code == Unauthenticated || Message.Contains("invalid auth token", StringComparison.Ordinal);

    /// <summary>Whether a lease is not there; nothing was carried out.</summary>
    public bool IsLeaseGone => Code == NotFound && Message.Contains(LeaseNotFound, StringComparison.Ordinal);

    /// <summary>Reads the body of an answer that is no success.</summary>
    public static EtcdError Read(HttpStatusCode status, ReadOnlyMemory<byte> body)
    {
        try
        {
            using var document = JsonDocument.Parse(body);
            JsonElement error = document.RootElement;
            if (error.TryGetProperty("error", out JsonElement inner) && inner.ValueKind == JsonValueKind.Object)
            {
                error = inner; // of a stream
            }

            int code = error.TryGetProperty("code", out JsonElement number) || error.TryGetProperty("grpc_code", out number) ? number.GetInt32() : 2;
            string? message = error.TryGetProperty("message", out JsonElement text) || error.TryGetProperty("error", out text) ? text.GetString() : null;
            return new EtcdError(status, code, message ?? "");
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or FormatException)
        {
            return new EtcdError(status, 2, "it answered with what is no JSON of etcd's gateway");
        }
    }

    /// <summary>The fault it is to the caller.</summary>
    public Exception ToFault(Uri endpoint)
    {
        string said = Message.Length <= MessageCharactersMax ? Message : Message[..MessageCharactersMax];
        return Code is PermissionDenied or Unauthenticated || IsRefusal
            ? new PermanentFault($"etcd at {endpoint} refuses: {said}; check user, password and role") { OfMachine = true }
            : Code is InvalidArgument or FailedPrecondition or OutOfRange
                ? new PermanentFault($"etcd at {endpoint} does not take a request: {said}") { OfMachine = true }
                : new TransientFault($"etcd at {endpoint} is in trouble ({(int)Status}): {said}");
    }

    private bool IsRefusal => Message.Contains("authentication failed", StringComparison.Ordinal)
        || Message.Contains("user name is empty", StringComparison.Ordinal)
        || Message.Contains("authentication is not enabled", StringComparison.Ordinal);
}
