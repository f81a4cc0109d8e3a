using System.Collections.Concurrent;
using System.Globalization;

namespace Katanemimena.Runners;

/// <summary>Counts processes by control groups, where root runs us: its processes are exempt from RLIMIT_NPROC.</summary>
/// <remarks>Works with groups of version 1, and of version 2 where the count has been delegated. Source: cgroups(7); Linux, Documentation/admin-guide/cgroup-v1/pids.</remarks>
internal sealed class Cgroups
{
    private const string Prefix = "katanemimena-";
    private static readonly Lazy<Cgroups?> s_own = new(Find);
    private static readonly ConcurrentQueue<string> s_left = [];
    private readonly string _parent;
    private long _count;

    private Cgroups(string parent) => _parent = parent;

    /// <summary>The group that we are in, if groups can be made below it that count processes; else null.</summary>
    public static Cgroups? Own => s_own.Value;

    /// <summary>Makes a group for one program and all it starts.</summary>
    /// <returns>Null if the system refuses.</returns>
    public Cgroup? Create(int processesMax)
    {
        RemoveLeft();
        string folder = Path.Join(_parent, string.Create(CultureInfo.InvariantCulture, $"{Prefix}{Environment.ProcessId}-{Interlocked.Increment(ref _count)}"));
        try
        {
            Directory.CreateDirectory(folder);
            File.WriteAllText(Path.Join(folder, "pids.max"), processesMax.ToString(CultureInfo.InvariantCulture));
            return new Cgroup(folder);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>Removes a group, now or, if a process in it has not ended yet, when there is the next occasion.</summary>
    public static void Remove(string folder)
    {
        if (!TryRemove(folder))
        {
            s_left.Enqueue(folder);
        }
    }

    /// <summary>Removes groups whose last process has ended since they were to be removed.</summary>
    public static void RemoveLeft()
    {
        for (int count = s_left.Count; count > 0 && s_left.TryDequeue(out string? folder); count--)
        {
            Remove(folder);
        }
    }

    private static Cgroups? Find()
    {
        try
        {
            return OwnFolder() is { } own && new Cgroups(own) is var found && found.Works() ? found : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private bool Works()
    {
        RemoveOfTheDead();
        using Cgroup? tried = Create(1);
        return tried is not null;
    }

    private void RemoveOfTheDead()
    {
        foreach (string folder in Directory.EnumerateDirectories(_parent, Prefix + "*"))
        {
            string process = Path.GetFileName(folder)[Prefix.Length..].Split('-')[0];
            if (!Directory.Exists(Path.Join("/proc", process)))
            {
                _ = TryRemove(folder);
            }
        }
    }

    private static bool TryRemove(string folder)
    {
        try
        {
            Directory.Delete(folder);
            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return !Directory.Exists(folder);
        }
    }

    // A line is number:controllers:path; version 2 has the number 0 and no controllers (cgroups(7)).
    private static string? OwnFolder()
    {
        string[][] lines = [.. File.ReadLines("/proc/self/cgroup").Select(line => line.Split(':', 3)).Where(fields => fields.Length == 3)];
        string[]? first = Array.Find(lines, fields => fields[1].Split(',').Contains("pids"));
        string[]? second = Array.Find(lines, fields => fields[0] == "0");
        return first is not null ? Existing($"/sys/fs/cgroup/{first[1]}", first[2])
            : second is not null ? Existing("/sys/fs/cgroup", second[2])
            : null;
    }

    private static string? Existing(string mount, string path) =>
        Path.TrimEndingDirectorySeparator(Path.Join(mount, path)) is var folder && Directory.Exists(folder) ? folder : null;
}

/// <summary>A control group for one program. Disposing of it removes it, as soon as all processes in it have ended.</summary>
internal sealed class Cgroup(string folder) : IDisposable
{
    /// <summary>File that a process writes 0 to, to join with all that it starts from then on.</summary>
    public string Members => Path.Join(folder, "cgroup.procs");

    /// <inheritdoc/>
    public void Dispose() => Cgroups.Remove(folder);
}
