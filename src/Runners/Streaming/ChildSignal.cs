using System.Globalization;
using System.Runtime.InteropServices;

namespace Katanemimena.Runners;

/// <summary>Sees to it that the exit codes of children are kept until we ask for them.</summary>
/// <remarks>Linux only. Whoever started us may ignore SIGCHLD, which is handed on to us; then the kernel throws exit codes away. Source: wait(2), notes.</remarks>
internal static partial class ChildSignal
{
    private const int Number = 17;
    private const nint Default = 0;

    /// <summary>Gives SIGCHLD its default meaning if it is ignored; a handler stays.</summary>
    public static void StopIgnoring()
    {
        if (IsIgnored())
        {
            _ = Signal(Number, Default);
        }
    }

    private static bool IsIgnored()
    {
        const string field = "SigIgn:";
        string? line = File.Exists("/proc/self/status") ? File.ReadLines("/proc/self/status").FirstOrDefault(line => line.StartsWith(field, StringComparison.Ordinal)) : null;
        return line is not null
            && ulong.TryParse(line.AsSpan(field.Length).Trim(), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out ulong signals)
            && (signals >> (Number - 1) & 1) != 0;
    }

    [LibraryImport("libc", EntryPoint = "signal")]
    private static partial nint Signal(int number, nint handler);
}
