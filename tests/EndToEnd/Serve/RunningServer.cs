using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using Katanemimena.Tests.Contracts.Services;
using Katanemimena.Tests.EndToEnd.Running;

namespace Katanemimena.Tests.EndToEnd.Serve;

/// <summary><c>mrctl serve</c> with a folder of its own, and a client of it that is signed in.</summary>
public sealed partial class RunningServer : IAsyncDisposable
{
    private const int Kill = 9;
    private const int Interrupt = 2;

    private readonly int _port = ServiceProcess.FreePort();
    private Mrctl? _server;

    private RunningServer()
    {
        Sandbox.Set("XDG_CONFIG_HOME", Sandbox["config"]);
        foreach (string name in new[] { "MRCTL_SERVER", "MRCTL_PROFILE", "MRCTL_TOKEN", "ADMIN_PASSWORD", "ADMIN_NAME", "STATE_DIR", "ASPNETCORE_URLS", "DOTNET_EnableDiagnostics" })
        {
            Sandbox.Set(name, null);
        }
    }

    public Sandbox Sandbox { get; } = new();

    public string Address => string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{_port}");

    /// <summary>Its process id.</summary>
    public int Id => _server!.Id;

    /// <summary>The password shown at the first start.</summary>
    public string Password { get; private set; } = "";

    /// <summary>Starts it, and signs in with the password that it shows.</summary>
    public static async Task<RunningServer> StartAsync()
    {
        var server = new RunningServer();
        await server.StartAgainAsync();
        server.Password = Generated.Match(server._server!.ErrorSoFar).Groups[1].Value;
        (await server.LoginAsync("admin", server.Password)).Expect(0);
        return server;
    }

    /// <summary>Starts it on the folder that it had.</summary>
    public async Task StartAgainAsync()
    {
        _server = StartOn(_port);
        await _server.UntilAsync(() => _server.ErrorSoFar.Contains("listening on", StringComparison.Ordinal), "it listens");
    }

    /// <summary>Starts one more on the same folder.</summary>
    public Mrctl StartOn(int port) => Sandbox.Start(null, "serve", "--state-dir", "state", "--listen", string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{port}"), "--workers", "2");

    /// <summary>Kills it, as a crash does.</summary>
    public async Task KillAsync()
    {
        _server!.Signal(Kill);
        await _server.EndAsync();
        _server.Dispose();
    }

    /// <summary>Ends it as Ctrl-C does.</summary>
    public async Task<Outcome> StopAsync()
    {
        _server!.Signal(Interrupt);
        return await _server.EndAsync();
    }

    /// <summary>Runs a command of the client.</summary>
    public Task<Outcome> RunAsync(params string[] arguments) => Sandbox.RunAsync(arguments);

    /// <summary>Signs in.</summary>
    public Task<Outcome> LoginAsync(string user, string password) =>
        Sandbox.RunAsync(Encoding.UTF8.GetBytes($"{password}\n"), "login", Address, "--user", user, "--password-stdin");

    public ValueTask DisposeAsync()
    {
        _server?.Dispose();
        Sandbox.Dispose();
        return ValueTask.CompletedTask;
    }

    [GeneratedRegex("with the password (\\S+);")]
    private static partial Regex Generated { get; }
}
