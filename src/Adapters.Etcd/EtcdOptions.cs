using Katanemimena.Core;

namespace Katanemimena.Adapters.Etcd;

/// <summary>How etcd is reached. TLS where an endpoint says https; a user where one is named.</summary>
public sealed record EtcdOptions
{
    /// <summary>Client endpoints of the cluster's members, such as <c>https://etcd-0:2379</c>; one or more. The next is tried when one does not answer.</summary>
    public required IReadOnlyList<Uri> Endpoints { get; init; }

    /// <summary>User, or null where the cluster has no authentication.</summary>
    public string? User { get; init; }

    /// <summary>The user's password. Never part of a message.</summary>
    public string? Password { get; init; }

    /// <summary>PEM file of the authorities that sign the members' certificates; null for those that the machine trusts.</summary>
    public string? AuthorityFile { get; init; }

    /// <summary>PEM file of the client's certificate, or null for none.</summary>
    public string? CertificateFile { get; init; }

    /// <summary>PEM file of the client's key, where it is not in <see cref="CertificateFile"/>.</summary>
    public string? KeyFile { get; init; }

    /// <summary>How long a call may take before it counts as failed; default 5 s, at least 100 ms.</summary>
    public TimeSpan CallTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How long a watch looks for a member that answers before it gives up; default 15 s.</summary>
    public TimeSpan WatchRetryFor { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>Reads endpoints from one text, separated by commas.</summary>
    /// <exception cref="PermanentFault">One is no http or https address.</exception>
    public static IReadOnlyList<Uri> ParseEndpoints(string text)
    {
        string[] parts = text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        if (parts.Length == 0)
        {
            throw new PermanentFault("no endpoint of etcd is given; name at least one, such as http://127.0.0.1:2379");
        }

        return [.. parts.Select(ParseEndpoint)];
    }

    /// <summary>Checks what is set.</summary>
    /// <exception cref="PermanentFault">Something is missing or out of range; the message names it.</exception>
    internal void Check()
    {
        Require(Endpoints.Count > 0, "no endpoint of etcd is given");
        Require(Password is null || User is not null, "a password for etcd is given, but no user");
        Require(User is null || Password is not null, $"no password is given for etcd's user '{User}'");
        Require(KeyFile is null || CertificateFile is not null, "a key for etcd is given, but no certificate");
        Require(CallTimeout >= TimeSpan.FromMilliseconds(100), "the time limit of a call to etcd is under 100 ms");
    }

    private static Uri ParseEndpoint(string text) =>
        Uri.TryCreate(text, UriKind.Absolute, out Uri? endpoint) && endpoint.Scheme is "http" or "https" && endpoint.UserInfo.Length == 0
            ? endpoint!
            : throw new PermanentFault("an endpoint of etcd is no address such as https://etcd-0:2379 (user and password have settings of their own)");

    private static void Require(bool holds, string error)
    {
        if (!holds)
        {
            throw new PermanentFault(error);
        }
    }
}
