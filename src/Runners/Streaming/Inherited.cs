using System.Globalization;
using System.Runtime.InteropServices;

namespace Katanemimena.Runners;

/// <summary>Keeps what this process was started with from the processes that it starts itself.</summary>
/// <remarks>Linux only. An ignored SIGCHLD is handed on to us; then the kernel throws exit codes of children away before we ask for them. Source:
/// wait(2), notes. Descriptors that whoever started us left open (sockets, locks) would be handed on to user code.</remarks>
internal static partial class Inherited
{
    private const int ChildSignal = 17;
    private const nint Default = 0;
    private const int SetDescriptorFlags = 2;
    private const int CloseOnExec = 1;

    /// <summary>To be called once, before the first process is started.</summary>
    public static void Keep()
    {
        if (IgnoresChildren())
        {
            _ = Signal(ChildSignal, Default);
        }

        foreach (string name in Names("/proc/self/fd"))
        {
            if (int.TryParse(name, CultureInfo.InvariantCulture, out int descriptor) && descriptor > 2)
            {
                _ = Libc.Control(descriptor, SetDescriptorFlags, CloseOnExec);
            }
        }
    }

    private static string[] Names(string folder) => Directory.Exists(folder) ? [.. Directory.EnumerateFileSystemEntries(folder).Select(path => Path.GetFileName(path))] : [];

    // A handler is left alone.
    private static bool IgnoresChildren()
    {
        const string field = "SigIgn:";
        string? line = File.Exists("/proc/self/status") ? File.ReadLines("/proc/self/status").FirstOrDefault(line => line.StartsWith(field, StringComparison.Ordinal)) : null;
        return line is not null
            && ulong.TryParse(line.AsSpan(field.Length).Trim(), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out ulong signals)
            && (signals >> (ChildSignal - 1) & 1) != 0;
    }

    [LibraryImport("libc", EntryPoint = "signal")]
    private static partial nint Signal(int number, nint handler);
}
