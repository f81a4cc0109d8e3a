using System.Diagnostics;
using System.Text;
using Xunit;

namespace Katanemimena.Tests.Contracts.Services;

/// <summary>Azurite's queue service, as <c>npm ci --prefix tests/services</c> installs it.</summary>
/// <remarks>It saves every 5 s what queues hold, so a crash loses the last of it. Tests that share a server keep apart by accounts of their own.</remarks>
public sealed class AzuriteServer : ServiceProcess
{
    private const int AccountsMax = 500;
    private const string Program = "tests/services/node_modules/azurite/dist/src/queue/main.js";
    private static readonly string s_key = Convert.ToBase64String(Encoding.ASCII.GetBytes("a key that only tests know"));
    private static readonly HttpClient s_client = new() { Timeout = TimeSpan.FromSeconds(5) };

    private readonly int _port = FreePort();
    private int _accounts;

    /// <summary>A connection string for an account without queues that nobody else uses.</summary>
    public string NewAccount()
    {
        int number = Interlocked.Increment(ref _accounts);
        Assert.True(number <= AccountsMax, $"more than {AccountsMax} accounts");
        return ConnectionString($"account{number}", s_key);
    }

    /// <summary>A connection string for any account of this server, with any key.</summary>
    public string ConnectionString(string account, string key) =>
        $"DefaultEndpointsProtocol=http;AccountName={account};AccountKey={key};QueueEndpoint=http://127.0.0.1:{_port}/{account};";

    /// <inheritdoc/>
    protected override ProcessStartInfo Command()
    {
        string program = Path.Combine(RepositoryFolder.Root, Program);
        Assert.True(File.Exists(program), $"{program} is missing; run: npm ci --prefix tests/services");
        ProcessStartInfo start = new("node", [
            program, "--silent", "--disableTelemetry", "--skipApiVersionCheck", "--disableProductStyleUrl",
            "--queueHost", "127.0.0.1", "--queuePort", $"{_port}", "--location", Folder.Path]);
        start.Environment["AZURITE_ACCOUNTS"] = string.Join(';', Enumerable.Range(1, AccountsMax).Select(number => $"account{number}:{s_key}"));
        return start;
    }

    /// <inheritdoc/>
    protected override async Task<bool> AnswersAsync()
    {
        try
        {
            using HttpResponseMessage answer = await s_client.GetAsync(new Uri($"http://127.0.0.1:{_port}/"));
            return true;
        }
        catch (Exception e) when (e is HttpRequestException or TaskCanceledException)
        {
            return false;
        }
    }
}
