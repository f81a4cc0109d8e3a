using System.CommandLine;
using Katanemimena.Cli.Options;
using Katanemimena.Core;

namespace Katanemimena.Cli.Serve;

/// <summary><c>mrctl serve</c>: becomes the server of this machine.</summary>
internal static class ServeCommand
{
    /// <summary>Shown after its help.</summary>
    public const string Examples = """
        Examples:
          mrctl serve
          mrctl serve --state-dir ~/jobs --listen 127.0.0.1:8080 --workers 4
          ADMIN_PASSWORD="$(cat secret)" mrctl serve --sandbox required
        """;

    private const int WorkersMax = 64;

    /// <summary>Builds the command.</summary>
    public static Command Build()
    {
        var state = new Option<string>("--state-dir") { Description = "Folder of accounts, data and jobs. [~/.local/state/katanemimena]", HelpName = "DIR" };
        var listen = new Option<string>("--listen") { Description = "Where to listen. Beyond this machine only behind a proxy that adds TLS. [127.0.0.1:7071]", HelpName = "HOST:PORT" };
        var workers = new Option<string>("--workers") { Description = $"Tasks at a time, 1 to {WorkersMax}. [one a processor]", HelpName = "N" };
        var sandbox = new Option<string>("--sandbox") { Description = "preferred, required (no user code runs without it) or off. [preferred]", HelpName = "MODE" };
        var command = new Command("serve", "Runs the service on this machine: HTTP API, managers and workers in one process.") { state, listen, workers, sandbox };
        command.SetAction(parsed =>
        {
            var values = new OptionValues(parsed);
            var settings = new Dictionary<string, string>(StringComparer.Ordinal);
            Add("STATE_DIR", values.Text(state) is { } folder ? Path.GetFullPath(folder) : null);
            Add("ASPNETCORE_URLS", values.Text(listen) is { } address ? Url(address) : null);
            Add("WORKER_TASKS", values.Integer(workers, 1, WorkersMax)?.ToString(System.Globalization.CultureInfo.InvariantCulture));
            Add("SANDBOX", values.Choice(sandbox, JobOptionText.Sandboxes)?.ToString().ToLowerInvariant());
            return ServerProgram.Become(settings);

            void Add(string name, string? value)
            {
                if (value is not null)
                {
                    settings[name] = value;
                }
            }
        });
        return command;
    }

    private static string Url(string address) =>
        Uri.TryCreate($"http://{address}", UriKind.Absolute, out Uri? uri) && uri is { PathAndQuery: "/", UserInfo: "" } && address.EndsWith($":{uri.Port}", StringComparison.Ordinal)
            ? $"http://{address}"
            : throw CommandError.Usage($"--listen {address}: not an address to listen on; it looks like 127.0.0.1:7071");
}
