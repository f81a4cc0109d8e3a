using Katanemimena.Cli.Display;
using Katanemimena.Client;

namespace Katanemimena.Cli.Remote;

/// <summary>Which server a command talks to.</summary>
/// <param name="Server">An address, as given; null to look further.</param>
/// <param name="Profile">A profile's name, as given; null for none.</param>
/// <param name="Insecure">Whether tokens may go over the network in the clear.</param>
internal sealed record ServerChoice(string? Server, string? Profile, bool Insecure)
{
    /// <summary>The address: the first of <c>--server</c>, <c>--profile</c>, <c>MRCTL_SERVER</c>, <c>MRCTL_PROFILE</c>, and the default of the profiles.</summary>
    /// <exception cref="CommandError">There is none, or it is no address.</exception>
    public ServiceAddress Address()
    {
        if (Server is not null && Profile is not null)
        {
            throw CommandError.Usage("--server and --profile both name a server; give one of them");
        }

        return Server is not null ? Parse("--server", Server)
            : Profile is not null ? Named("--profile", Profile)
            : Variable("MRCTL_SERVER") is { } address ? Parse("MRCTL_SERVER", address)
            : Variable("MRCTL_PROFILE") is { } name ? Named("MRCTL_PROFILE", name)
            : Profiles.Read().Default is { } chosen ? Default(chosen)
            : throw CommandError.Usage("no server is named: sign in with mrctl login SERVER, or give --server URL, --profile NAME or MRCTL_SERVER");
    }

    /// <summary>A command to be run later, for people: with the options that name this server, where they were given.</summary>
    /// <param name="words">The command without the program's name, each word as a shell reads it.</param>
    public string Command(string words) =>
        $"mrctl {words}{(Server is null ? "" : $" --server {ShellWord.Of(Server)}")}{(Profile is null ? "" : $" --profile {ShellWord.Of(Profile)}")}{(Insecure ? " --insecure" : "")}";

    /// <summary>Reads an address.</summary>
    /// <param name="source">What holds it, for the error.</param>
    /// <param name="text">The address.</param>
    public static ServiceAddress Parse(string source, string text) =>
        ServiceAddress.TryParse(text, out ServiceAddress? address) ? address!
            : throw CommandError.Usage($"{source} {Printable.Text(text)}: must be an address like https://mr.example.org or http://127.0.0.1:7071, without user or query");

    /// <summary>The value of a variable; null if it is empty or not set.</summary>
    public static string? Variable(string name) => Environment.GetEnvironmentVariable(name) is { Length: > 0 } value ? value : null;

    private static ServiceAddress Default(string chosen) =>
        Profiles.Read().Servers.ContainsKey(chosen) ? Named("default of the profiles", chosen) : Parse($"the default in {Profiles.File}:", chosen);

    private static ServiceAddress Named(string source, string name)
    {
        Profiles profiles = Profiles.Read();
        return profiles.Servers.TryGetValue(name, out string? address) ? Parse($"profile {name}:", address)
            : throw CommandError.Usage($"{source} {Printable.Text(name)}: there is no such profile in {Profiles.File}; it has {(profiles.Servers.Count == 0 ? "none" : string.Join(", ", profiles.Servers.Keys.Order(StringComparer.Ordinal)))}");
    }
}
