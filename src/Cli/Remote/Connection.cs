using Katanemimena.Cli.Display;
using Katanemimena.Cli.Output;
using Katanemimena.Client;
using Katanemimena.Core;

namespace Katanemimena.Cli.Remote;

/// <summary>A server, and who talks to it.</summary>
internal sealed class Connection : IDisposable
{
    private readonly ServiceClient _anonymous;
    private readonly SessionTokens? _session;

    private Connection(ServerChoice choice)
    {
        Choice = choice;
        Address = choice.Address();
        Store = new SessionStore(Profiles.Sessions);
        string? token = ServerChoice.Variable("MRCTL_TOKEN");
        var options = new ServiceClientOptions
        {
            Server = Address,
            Program = $"mrctl/{Report.Version}",
            OnRetry = notice => Warnings.Take("the server", new TransientFault(notice.Reason)),
        };
        InTheClear = Address.IsInTheClear && (choice.Insecure || (token is null && Store.Read(Address)?.InTheClear == true));
        if (Address.IsInTheClear && !InTheClear)
        {
            throw CommandError.Usage($"{Address}: passwords and tokens would go over the network in the clear, for anybody on the way to read; use https://, or accept it with --insecure");
        }

        _anonymous = new ServiceClient(options);
        _session = token is null ? new SessionTokens(_anonymous, Store, options.Time) : null;
        Client = new ServiceClient(options with { Tokens = token is null ? _session : new FixedToken(token) });
    }

    /// <summary>How the server was named.</summary>
    public ServerChoice Choice { get; }

    /// <summary>Where the server is.</summary>
    public ServiceAddress Address { get; }

    /// <summary>Calls as whoever is signed in.</summary>
    public ServiceClient Client { get; }

    /// <summary>Calls as nobody.</summary>
    public ServiceClient Anonymous => _anonymous;

    /// <summary>Sessions that are kept.</summary>
    public SessionStore Store { get; }

    /// <summary>The kept session; null if the token comes from <c>MRCTL_TOKEN</c>.</summary>
    public SessionTokens? Session => _session;

    /// <summary>Whether tokens go over a network in the clear, which was accepted.</summary>
    public bool InTheClear { get; }

    /// <summary>Says what goes wrong and is tried again.</summary>
    public Warnings Warnings { get; private set; } = new(quiet: false, TimeProvider.System);

    /// <summary>What is said when a signal ends the command: how to go on.</summary>
    public string WhenInterrupted { get; set; } = "";

    /// <summary>Makes the connection; nothing is sent yet.</summary>
    /// <exception cref="CommandError">No server is named, or it is not safe.</exception>
    public static Connection Open(ServerChoice choice) => new(choice);

    /// <summary>Says from now on only what goes wrong for long, if that was asked for.</summary>
    public void Quieten(bool quiet) => Warnings = quiet ? new Warnings(quiet, TimeProvider.System) : Warnings;

    /// <inheritdoc/>
    public void Dispose()
    {
        Client.Dispose();
        _session?.Dispose();
        _anonymous.Dispose();
    }
}
