using Katanemimena.Wire;

namespace Katanemimena.Client;

/// <summary>A client of one server. Safe for several threads.</summary>
/// <remarks>
/// What is safe to repeat is repeated when the network or the server fails for a moment; what is not, is sent again only when it never left.
/// Every call may throw <see cref="ServiceProblem"/> (the server refused), <see cref="ServiceUnreachable"/> (nothing got through) and
/// <see cref="NotSignedIn"/> (there is no session).
/// </remarks>
public sealed class ServiceClient : IDisposable
{
    private readonly Transport _transport;

    /// <summary>Makes a client; nothing is sent yet.</summary>
    public ServiceClient(ServiceClientOptions options)
    {
        _transport = new Transport(options);
        Accounts = new Accounts(_transport);
        Datafiles = new Datafiles(_transport);
        Jobs = new Jobs(_transport);
        Administration = new Administration(_transport);
    }

    /// <summary>Where the server is.</summary>
    public ServiceAddress Server => _transport.Options.Server;

    /// <summary>Signing in and out, and one's own account.</summary>
    public Accounts Accounts { get; }

    /// <summary>Files of data.</summary>
    public Datafiles Datafiles { get; }

    /// <summary>Jobs and their results.</summary>
    public Jobs Jobs { get; }

    /// <summary>What only admins may do.</summary>
    public Administration Administration { get; }

    /// <summary>Whether the server can serve.</summary>
    public Task<HealthDocument> ReadyAsync(CancellationToken cancellation) => _transport.GetAsync("readyz", WireJson.Default.HealthDocument, cancellation);

    /// <inheritdoc/>
    public void Dispose() => _transport.Dispose();
}
