using System.Diagnostics;
using Katanemimena.Tests.Contracts;
using Katanemimena.Tests.Contracts.Services;

namespace Katanemimena.Tests.Cluster.Running;

/// <summary>One of the two apps, as a process of its own with the built-in triggers.</summary>
/// <param name="app">Path of its program from the repository's root, without configuration and framework: <c>functions/Katanemimena.Functions</c>.</param>
/// <param name="settings">Its environment.</param>
/// <param name="through">A command that becomes it; empty for none.</param>
public sealed class AppProcess(string app, IReadOnlyDictionary<string, string> settings, params string[] through) : ServiceProcess
{
    private const int Terminate = 15;

    private static readonly HttpClient s_client = new();

    private readonly int _port = FreePort();

    /// <summary>Where it listens.</summary>
    public Uri Address => new($"http://127.0.0.1:{_port}/");

    /// <summary>Its arguments; none by default.</summary>
    public IReadOnlyList<string> Arguments { get; init; } = [];

    /// <summary>Asks it to stop and waits for its end.</summary>
    /// <returns>Exit code.</returns>
    public Task<int> StopAsync() => EndAsync(Terminate);

    /// <inheritdoc/>
    protected override ProcessStartInfo Command()
    {
        string folder = Path.Join(Repository.Root, Path.GetDirectoryName(app), "bin", Repository.Configuration, "net10.0");
        string[] command = [.. through, Path.Join(folder, Path.GetFileName(app)), .. Arguments];
        var start = new ProcessStartInfo(command[0], command[1..]) { WorkingDirectory = Folder.Path };
        start.Environment["ASPNETCORE_URLS"] = $"http://127.0.0.1:{_port}";
        foreach ((string name, string value) in settings)
        {
            start.Environment[name] = value;
        }

        return start;
    }

    /// <inheritdoc/>
    protected override async Task<bool> AnswersAsync()
    {
        try
        {
            using HttpResponseMessage answer = await s_client.GetAsync(Address).InTimeAsync();
            return answer.IsSuccessStatusCode;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }
}
