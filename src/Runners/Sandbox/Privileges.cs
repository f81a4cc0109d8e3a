namespace Katanemimena.Runners;

/// <summary>How a process without namespaces of its own is started so that it has no privileges and gets none.</summary>
/// <remarks>Source of the options: setpriv(1).</remarks>
internal static class Privileges
{
    private static readonly string? s_setpriv = CommandLine.FindOnPath("setpriv");

    /// <summary>A command that drops them and becomes what follows; empty where the machine has none.</summary>
    public static string[] Drop() =>
        s_setpriv is null ? []
        : Environment.IsPrivilegedProcess ? [s_setpriv, "--no-new-privs", "--inh-caps=-all", "--bounding-set=-all"]
        : [s_setpriv, "--no-new-privs"];
}
