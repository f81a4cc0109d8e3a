using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Katanemimena.Tests.Infra;

/// <summary>A function of one of the apps, as its folder says.</summary>
/// <param name="App">Folder of the app.</param>
/// <param name="Name">Its name.</param>
/// <param name="Queue">The queue that triggers it; null for other triggers.</param>
/// <param name="Route">The route of its HTTP trigger; null for other triggers.</param>
internal sealed record Function(string App, string Name, string? Queue, string? Route);

/// <summary>What the code says of names that manifests repeat.</summary>
internal static partial class Sources
{
    /// <summary>The functions of both apps.</summary>
    internal static IReadOnlyList<Function> Functions { get; } =
    [
        .. from app in new[] { "functions", "worker-functions" }
           from file in Directory.EnumerateFiles(Path.Join(Repository.Root, app), "function.json", SearchOption.AllDirectories)
           let folder = Path.GetDirectoryName(file)!
           where Path.GetRelativePath(Repository.Root, Path.GetDirectoryName(folder)!) == app
           let trigger = JsonNode.Parse(File.ReadAllText(file)).At("bindings/0")
           select new Function(app, Path.GetFileName(folder), trigger.Text("queueName"), trigger.Text("route")),
    ];

    internal static IReadOnlySet<string> Queues { get; } = Functions.Select(function => function.Queue).OfType<string>().ToHashSet();

    /// <summary>Settings that the apps read, by the names in their sources.</summary>
    internal static IReadOnlySet<string> Settings { get; } =
    (
        from folder in new[] { "src/Api", "src/Hosting", "functions", "worker-functions" }
        from file in Directory.EnumerateFiles(Path.Join(Repository.Root, folder), "*.cs", SearchOption.AllDirectories)
        where !file.Contains("/obj/", StringComparison.Ordinal) && !file.Contains("/bin/", StringComparison.Ordinal)
        from Match name in SettingName.Matches(File.ReadAllText(file))
        select name.Groups[1].Value
    ).ToHashSet();

    /// <summary>Whether a name is one of the runtime's that both the runtime and the apps understand, and speaks of what there is.</summary>
    internal static bool IsRuntimeSetting(string name) =>
        name is "AzureWebJobsStorage" or "AzureWebJobsStorage__accountName" or "AzureWebJobsStorage__clientId"
        || Chosen.IsMatch(name)
        || (Disabled.Match(name) is { Success: true } disabled && Functions.Any(function => function.Name == disabled.Groups[1].Value))
        || (HostSetting.Match(name) is { Success: true } setting && s_host.At(setting.Groups[1].Value.Replace("__", "/", StringComparison.Ordinal)) is not null);

    /// <summary>The name of a function that a variable, set to true, leaves out; null for any other variable.</summary>
    internal static string? DisabledBy(string name, string? value) => value == "true" && Disabled.Match(name) is { Success: true } match ? match.Groups[1].Value : null;

    /// <summary>Whether a variable chooses a function.</summary>
    internal static bool Chooses(string name) => Chosen.IsMatch(name);

    private static readonly JsonNode? s_host = JsonNode.Parse(Repository.Read("host.json"));

    [GeneratedRegex("\"([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+|SANDBOX)\"")]
    private static partial Regex SettingName { get; }

    [GeneratedRegex("^AzureFunctionsJobHost__functions__[0-9]+$")]
    private static partial Regex Chosen { get; }

    [GeneratedRegex("^AzureWebJobs__([A-Za-z]+)__Disabled$")]
    private static partial Regex Disabled { get; }

    [GeneratedRegex("^AzureFunctionsJobHost__((?!functions).+)$")]
    private static partial Regex HostSetting { get; }
}
