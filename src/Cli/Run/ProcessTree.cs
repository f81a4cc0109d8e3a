using System.Globalization;
using System.Runtime.InteropServices;

namespace Katanemimena.Cli.Run;

/// <summary>This process and those it started, as Linux's /proc shows them.</summary>
internal static partial class ProcessTree
{
    private const int Kill = 9;

    /// <summary>Ids of all processes below this one.</summary>
    public static List<int> Descendants()
    {
        var found = new List<int>();
        AddChildren(Environment.ProcessId, found);
        return found;
    }

    /// <summary>Peak resident bytes of this process and of each living descendant, added up: an upper bound of what the tree held at once.</summary>
    public static long PeakBytes()
    {
        long sum = PeakBytesOf(Environment.ProcessId);
        foreach (int process in Descendants())
        {
            sum += PeakBytesOf(process);
        }

        return sum;
    }

    /// <summary>Ends all processes below this one, without asking.</summary>
    public static void KillDescendants()
    {
        foreach (int process in Descendants())
        {
            _ = SendSignal(process, Kill);
        }
    }

    /// <summary>Ends this process without running anything more.</summary>
    public static void ExitNow(int exitCode) => ExitProcess(exitCode);

    private static void AddChildren(int process, List<int> found)
    {
        try
        {
            foreach (string thread in Directory.EnumerateDirectories($"/proc/{process}/task"))
            {
                foreach (string child in File.ReadAllText(Path.Join(thread, "children")).Split(' ', StringSplitOptions.RemoveEmptyEntries))
                {
                    int id = int.Parse(child, CultureInfo.InvariantCulture);
                    found.Add(id);
                    AddChildren(id, found);
                }
            }
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            // It ended while we looked.
        }
    }

    private static long PeakBytesOf(int process)
    {
        try
        {
            foreach (string line in File.ReadLines($"/proc/{process}/status"))
            {
                if (line.StartsWith("VmHWM:", StringComparison.Ordinal))
                {
                    return 1024 * long.Parse(line.AsSpan(6).Trim().TrimEnd("kB").Trim(), NumberStyles.None, CultureInfo.InvariantCulture);
                }
            }
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            // It ended while we looked.
        }

        return 0;
    }

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    private static partial int SendSignal(int process, int signal);

    [LibraryImport("libc", EntryPoint = "_exit")]
    private static partial void ExitProcess(int exitCode);
}
