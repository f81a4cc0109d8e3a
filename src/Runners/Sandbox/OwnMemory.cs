using System.Runtime.InteropServices;

namespace Katanemimena.Runners;

/// <summary>Keeps what this process has in memory, and was started with, from other processes of its user, such as user code.</summary>
public static partial class OwnMemory
{
    private const int SetDumpable = 4;

    /// <summary>From now on neither its memory nor its environment can be read through <c>/proc</c>, nor can it be traced, but by root with its privileges. Linux only; elsewhere nothing happens.</summary>
    /// <returns>Whether the system did so.</returns>
    /// <remarks>Source: prctl(2), PR_SET_DUMPABLE; proc(5), /proc/PID/environ. It makes no core dumps either.</remarks>
    public static bool Hide() => OperatingSystem.IsLinux() && Control(SetDumpable, 0, 0, 0, 0) == 0;

    [LibraryImport("libc", EntryPoint = "prctl")]
    private static partial int Control(int option, nuint first, nuint second, nuint third, nuint fourth);
}
