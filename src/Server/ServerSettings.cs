using Microsoft.Extensions.Configuration;

namespace Katanemimena.Server;

/// <summary>What one machine's server is set to where nothing else is said: an installation that is safe without a word of configuration.</summary>
public static class ServerSettings
{
    /// <summary>Folder of jobs, data, accounts and keys; default <c>$XDG_STATE_HOME/katanemimena</c>, else <c>~/.local/state/katanemimena</c>.</summary>
    public const string StateFolder = "STATE_DIR";

    /// <summary>The name that jobs' ids begin with.</summary>
    public const string Manager = "MANAGER_ID";

    private const string ManagerDefault = "local";

    /// <summary>The folder, in full.</summary>
    public static string Folder(IConfiguration configuration) => Path.GetFullPath(configuration[StateFolder] is { Length: > 0 } given ? given : DefaultFolder());

    /// <summary>The name of the one manager. Not the machine's: a folder that moves to another machine keeps its jobs.</summary>
    public static string Name(IConfiguration configuration) => configuration[Manager] is { Length: > 0 } named ? named : ManagerDefault;

    /// <summary>Settings that hold unless the environment has others.</summary>
    public static IReadOnlyDictionary<string, string?> Defaults { get; } = new Dictionary<string, string?>
    {
        ["ASPNETCORE_URLS"] = "http://127.0.0.1:7071",
        ["DRAIN_TIMEOUT"] = "00:00:05",
        ["Logging:Console:FormatterName"] = "simple",
        ["Logging:Console:FormatterOptions:SingleLine"] = "true",
        ["Logging:Console:FormatterOptions:TimestampFormat"] = "yyyy-MM-dd'T'HH:mm:ss.fff'Z' ",
        ["Logging:Console:FormatterOptions:UseUtcTimestamp"] = "true",
        ["Logging:LogLevel:Default"] = "Warning",
        ["Logging:LogLevel:Katanemimena"] = "Information", // who signs in, and what admins change
    };

    /// <summary>The same settings, and where nothing else is said: a key-encryption key in the folder, made at the first start, since the folder is the installation's secret; and
    /// jobs planned for as many workers as there are.</summary>
    public static IConfiguration WithKeys(IConfiguration configuration) => new ConfigurationBuilder()
        .AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["KEY_ENCRYPTION_KEY_FILE"] = Path.Join(Folder(configuration), "key-encryption-key"),
            ["KEY_ENCRYPTION_KEY_GENERATE"] = "true",
            ["WORKERS_PLANNED"] = configuration["WORKER_TASKS"] is { Length: > 0 } tasks ? tasks : Environment.ProcessorCount.ToString(System.Globalization.CultureInfo.InvariantCulture),
        })
        .AddConfiguration(configuration)
        .Build();

    private static string DefaultFolder()
    {
        string? state = Environment.GetEnvironmentVariable("XDG_STATE_HOME");
        return Path.Join(
            Path.IsPathFullyQualified(state ?? "") ? state : Path.Join(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".local", "state"),
            "katanemimena");
    }
}
