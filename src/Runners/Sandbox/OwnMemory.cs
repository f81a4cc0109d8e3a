using System.Runtime.InteropServices;

namespace Katanemimena.Runners;

/// <summary>Keeps what this process has in memory, and was started with, from other processes of its user, such as user code.</summary>
public static partial class OwnMemory
{
    private const int GetDumpable = 3;
    private const int SetDumpable = 4;

    /// <summary>From now on neither its memory nor its environment can be read through <c>/proc</c>, nor can it be traced, but by root with its privileges; and no debugger reaches it,
    /// unless <see cref="DiagnosticFiles.Variable"/> asks for that. Linux only; elsewhere nothing happens.</summary>
    /// <returns>Whether the system did so. If not, user code that runs without a sandbox can read it all.</returns>
    /// <remarks>Source: prctl(2), PR_SET_DUMPABLE; proc(5), /proc/PID/environ. It makes no core dumps either.</remarks>
    public static bool Hide() =>
        OperatingSystem.IsLinux()
        && Control(SetDumpable, 0, 0, 0, 0) == 0
        && Control(GetDumpable, 0, 0, 0, 0) == 0
        && (Environment.GetEnvironmentVariable(DiagnosticFiles.Variable) is { Length: > 0 } || DiagnosticFiles.Remove(Environment.ProcessId, Path.GetTempPath()));

    [LibraryImport("libc", EntryPoint = "prctl")]
    private static partial int Control(int option, nuint first, nuint second, nuint third, nuint fourth);
}
