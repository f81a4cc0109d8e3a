using System.Diagnostics;
using System.Globalization;
using Katanemimena.Tests.Cluster.Running;
using Katanemimena.Tests.Contracts;
using Katanemimena.Tests.Contracts.Services;

namespace Katanemimena.Tests.Cluster.Runtime;

/// <summary>An app as the runtime starts it: its port given, the runtime's own address inherited.</summary>
internal sealed class HandlerProcess(string app, IReadOnlyDictionary<string, string> settings) : ServiceProcess
{
    private static readonly HttpClient s_client = new();

    /// <summary>Where it listens; the same after a restart.</summary>
    public int Port { get; } = FreePort();

    /// <summary>Its folder, which is the runtime's script root.</summary>
    public string Root => Path.Join(Repository.Root, Path.GetDirectoryName(app), "bin", Repository.Configuration, "net10.0");

    /// <inheritdoc/>
    protected override ProcessStartInfo Command()
    {
        var start = new ProcessStartInfo(Path.Join(Root, Path.GetFileName(app))) { WorkingDirectory = Root };
        string port = Port.ToString(CultureInfo.InvariantCulture);
        string id = Guid.NewGuid().ToString();
        foreach ((string name, string value) in settings)
        {
            start.Environment[name] = value;
        }

        // As the runtime's image has it: an app that listened there would try the runtime's own address.
        start.Environment["ASPNETCORE_URLS"] = "http://+:80";
        start.Environment["FUNCTIONS_CUSTOMHANDLER_PORT"] = start.Environment["FUNCTIONS_HTTPWORKER_PORT"] = port;
        start.Environment["FUNCTIONS_CUSTOMHANDLER_WORKER_ID"] = start.Environment["FUNCTIONS_HTTPWORKER_ID"] = id;
        start.Environment["FUNCTIONS_APP_ROOT_PATH"] = Root;
        start.Environment["FUNCTIONS_WORKER_RUNTIME"] = "custom";
        return start;
    }

    /// <summary>Any answer to <c>GET /</c> means that it is ready.</summary>
    protected override async Task<bool> AnswersAsync()
    {
        try
        {
            using HttpResponseMessage answer = await s_client.GetAsync(new Uri($"http://127.0.0.1:{Port}/")).InTimeAsync();
            return true;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }
}
