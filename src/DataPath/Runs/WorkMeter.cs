using System.Diagnostics;

namespace Katanemimena.DataPath;

/// <summary>What one attempt spent on files, summed over all that write for it. Safe for several threads.</summary>
internal sealed class WorkMeter
{
    private long _writeTicks;
    private int _spills;
    private long _spillBytes;

    /// <summary>Time in writing and publishing.</summary>
    public TimeSpan WriteTime => Stopwatch.GetElapsedTime(0, Interlocked.Read(ref _writeTicks));

    /// <summary>Files written besides the last one: spills, extra merge passes.</summary>
    public int Spills => Volatile.Read(ref _spills);

    /// <summary>Bytes of them.</summary>
    public long SpillBytes => Interlocked.Read(ref _spillBytes);

    /// <summary>Adds the time since <paramref name="start"/>, a <see cref="Stopwatch"/> time stamp.</summary>
    public void AddWrite(long start) => Interlocked.Add(ref _writeTicks, Stopwatch.GetTimestamp() - start);

    /// <summary>Adds one file.</summary>
    public void AddSpill(long bytes)
    {
        Interlocked.Increment(ref _spills);
        Interlocked.Add(ref _spillBytes, bytes);
    }
}
