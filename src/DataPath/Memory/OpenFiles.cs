using System.Globalization;

namespace Katanemimena.DataPath;

/// <summary>How many files this process may have open, of which a merge takes its share.</summary>
internal static class OpenFiles
{
    private const int Shares = 16;
    private const int ShareMin = 32;
    private const int ShareMax = 2048;
    private const int SharesOfMerges = 8;
    private const int DividedMin = 4;
    private const long UsualLimit = 1024;

    /// <summary>Files that one merge may hold open: a sixteenth of the process's limit (RLIMIT_NOFILE), 32 to 2,048.</summary>
    public static int Share { get; } = (int)Math.Clamp(Limit() / Shares, ShareMin, ShareMax);

    /// <summary>The same for each of so many merges at a time: with more than eight, half of the process's limit is divided among them; 4 or more.</summary>
    public static int ShareOf(int merges) => Math.Max(DividedMin, (int)((long)Share * SharesOfMerges / Math.Max(merges, SharesOfMerges)));

    private static long Limit()
    {
        try
        {
            foreach (string line in File.ReadLines("/proc/self/limits"))
            {
                if (line.StartsWith("Max open files", StringComparison.Ordinal))
                {
                    string soft = line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[3];
                    return long.TryParse(soft, NumberStyles.None, CultureInfo.InvariantCulture, out long limit) ? limit : long.MaxValue;
                }
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Not a Linux that shows it.
        }

        return UsualLimit;
    }
}
