using Microsoft.Extensions.Configuration;

namespace Katanemimena.TriggerHost;

/// <summary>Which functions an instance runs, by the runtime's own settings.</summary>
/// <param name="Chosen">Names of <c>AzureFunctionsJobHost__functions__N</c>; empty for all.</param>
/// <param name="Disabled">Names of <c>AzureWebJobs.NAME.Disabled</c> that are true; also with <c>__</c> or <c>_</c> in place of the dots, which many shells do not allow.</param>
public sealed record EnabledFunctions(IReadOnlyList<string> Chosen, IReadOnlyList<string> Disabled)
{
    /// <summary>The setting that chooses.</summary>
    public const string ChosenSetting = "AzureFunctionsJobHost__functions__N";

    private const string Prefix = "AzureWebJobs";
    private const string Suffix = "Disabled";

    /// <summary>Reads the settings of a configuration that holds the environment.</summary>
    public static EnabledFunctions Read(IConfiguration configuration) => new(
        [.. configuration.GetSection("AzureFunctionsJobHost:functions").GetChildren().Select(entry => entry.Value).OfType<string>()],
        [.. configuration.AsEnumerable().Where(setting => IsTrue(setting.Value)).Select(setting => NameIn(setting.Key)).OfType<string>()]);

    /// <summary>Whether a function runs.</summary>
    public bool Runs(string name) =>
        (Chosen.Count == 0 || Chosen.Contains(name, StringComparer.OrdinalIgnoreCase)) && !Disabled.Contains(name, StringComparer.OrdinalIgnoreCase);

    private static bool IsTrue(string? value) => value is "1" || string.Equals(value, "true", StringComparison.OrdinalIgnoreCase);

    private static string? NameIn(string key)
    {
        foreach (char parting in ".:_")
        {
            string prefix = $"{Prefix}{parting}";
            string suffix = $"{parting}{Suffix}";
            if (key.Length > prefix.Length + suffix.Length
                && key.StartsWith(prefix, StringComparison.OrdinalIgnoreCase) && key.EndsWith(suffix, StringComparison.OrdinalIgnoreCase))
            {
                return key[prefix.Length..^suffix.Length];
            }
        }

        return null;
    }
}
