using System.Globalization;

namespace Katanemimena.Runners;

/// <summary>The socket and the pipes by which debuggers and tracers reach a .NET process. Whoever may open them, which is every process of the same user, reads its memory and
/// its environment, or loads code into it.</summary>
public static class DiagnosticFiles
{
    /// <summary>The variable by which a .NET process makes none, where it is <c>0</c>; it has to be set before the process starts, there is no such setting of an app.</summary>
    public const string Variable = "DOTNET_EnableDiagnostics";

    /// <summary>Removes those of a process, so that nobody reaches it from now on.</summary>
    /// <param name="process">The process's id.</param>
    /// <param name="folder">Where it has its temporary files: <c>TMPDIR</c>, else <c>/tmp</c>.</param>
    /// <returns>Whether there are none any more.</returns>
    public static bool Remove(int process, string folder)
    {
        try
        {
            foreach (string path in Of(process, folder))
            {
                File.Delete(path);
            }

            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return e is DirectoryNotFoundException;
        }
    }

    /// <summary>Full paths of those of a process.</summary>
    /// <remarks>Source of the names: .NET runtime, diagnostics IPC protocol, Transport; and the debugger's transport on Unix.</remarks>
    internal static string[] Of(int process, string folder) =>
    [
        .. Directory.EnumerateFiles(folder, string.Create(CultureInfo.InvariantCulture, $"dotnet-diagnostic-{process}-*-socket")),
        .. Directory.EnumerateFiles(folder, string.Create(CultureInfo.InvariantCulture, $"clr-debug-pipe-{process}-*")),
    ];
}
