using System.Globalization;

namespace Katanemimena.Bench.Measure;

/// <summary>The processes below this one, as /proc shows them.</summary>
internal static class ProcessTree
{
    /// <summary>All descendants of this process.</summary>
    public static List<int> Descendants()
    {
        var found = new List<int>();
        AddChildren(Environment.ProcessId, found);
        for (var i = 0; i < found.Count; i++)
        {
            AddChildren(found[i], found);
        }

        return found;
    }

    /// <summary>Anonymous memory of all descendants together, in bytes. Pages shared after a fork count in each.</summary>
    public static long AnonymousBytes() => Descendants().Sum(AnonymousBytes);

    private static void AddChildren(int process, List<int> found)
    {
        try
        {
            foreach (var thread in Directory.EnumerateDirectories($"/proc/{process}/task"))
            {
                foreach (var child in File.ReadAllText(Path.Combine(thread, "children")).Split(' ', StringSplitOptions.RemoveEmptyEntries))
                {
                    found.Add(int.Parse(child, CultureInfo.InvariantCulture));
                }
            }
        }
        catch (IOException)
        {
            // It has ended meanwhile.
        }
    }

    private static long AnonymousBytes(int process)
    {
        try
        {
            foreach (var line in File.ReadLines($"/proc/{process}/status"))
            {
                if (line.StartsWith("RssAnon:", StringComparison.Ordinal))
                {
                    return 1024 * long.Parse(line.AsSpan(8, line.Length - 11), NumberStyles.AllowLeadingWhite | NumberStyles.AllowTrailingWhite, CultureInfo.InvariantCulture);
                }
            }
        }
        catch (IOException)
        {
            // It has ended meanwhile.
        }

        return 0;
    }
}
