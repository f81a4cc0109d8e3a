using System.Runtime.InteropServices;

namespace Katanemimena.Bench.Measure;

/// <summary>The few calls of libc that the launcher needs; the Process class does not tell a tree's CPU time.</summary>
internal static unsafe partial class Native
{
    public const int Kill = 9;
    public const int NoHang = 1;

    [StructLayout(LayoutKind.Sequential)]
    public struct TimeValue
    {
        public long Seconds;
        public long Microseconds;

        public readonly double Total => Seconds + (Microseconds / 1e6);
    }

    [StructLayout(LayoutKind.Sequential)]
    public struct Usage
    {
        public TimeValue User;
        public TimeValue System;
        public fixed long Rest[14];
    }

    [LibraryImport("libc", EntryPoint = "posix_spawn", StringMarshalling = StringMarshalling.Utf8)]
    public static partial int Spawn(out int process, string path, nint actions, nint attributes, byte** arguments, byte** environment);

    [LibraryImport("libc", EntryPoint = "wait4", SetLastError = true)]
    public static partial int Wait(int process, out int status, int options, out Usage usage);

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    public static partial int Signal(int process, int signal);

    [LibraryImport("libc", EntryPoint = "prctl", SetLastError = true)]
    public static partial int Control(int option, nint a, nint b, nint c, nint d);

    [LibraryImport("libc", EntryPoint = "sync")]
    public static partial void Sync();

    /// <summary>Orphans below this process become its children, so that none escapes the count (PR_SET_CHILD_SUBREAPER).</summary>
    public static void AdoptOrphans()
    {
        if (Control(36, 1, 0, 0, 0) != 0)
        {
            throw new InvalidOperationException($"prctl failed with error {Marshal.GetLastPInvokeError()}");
        }
    }
}
