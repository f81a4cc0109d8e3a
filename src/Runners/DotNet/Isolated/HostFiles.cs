using System.Runtime.InteropServices;

namespace Katanemimena.Runners;

/// <summary>What runs .NET code in a process of its own, and what that reads of ours.</summary>
/// <remarks>Of our own folder single files, for settings with secrets may be there too. The host's list of dependencies is not among them:
/// without it the runtime takes the assemblies that it finds beside the host, and misses none.</remarks>
internal static class HostFiles
{
    /// <summary>The framework that runs us: <c>…/shared/Microsoft.NETCore.App/10.0.0</c>.</summary>
    public static string Framework { get; } = Path.TrimEndingDirectorySeparator(RuntimeEnvironment.GetRuntimeDirectory());

    /// <summary>The command that starts programs on it, three folders above.</summary>
    public static string Muxer { get; } = Path.GetFullPath(Path.Combine(Framework, "..", "..", "..", "dotnet"));

    /// <summary>The program that is started, beside our own assemblies.</summary>
    public static string Program { get; } = Own("Katanemimena.DotNetHost.dll");

    /// <summary>Files and folders that it reads to run an assembly, in full.</summary>
    public static IReadOnlyList<string> ToRun { get; } =
    [
        Muxer, Path.Combine(Path.GetDirectoryName(Muxer)!, "host"), Framework,
        Program, Path.ChangeExtension(Program, ".runtimeconfig.json"),
        Own("Katanemimena.Core.dll"), Own("Katanemimena.DataPath.dll"), Own("Katanemimena.Runners.dll"), Own("Katanemimena.Sdk.dll"),
    ];

    /// <summary>Those that it reads to compile a source, in full; the references are the framework's own assemblies and the Sdk.</summary>
    public static IReadOnlyList<string> ToCompile { get; } = [.. ToRun, Own("Microsoft.CodeAnalysis.dll"), Own("Microsoft.CodeAnalysis.CSharp.dll")];

    private static string Own(string file) => Path.Combine(AppContext.BaseDirectory, file);
}
