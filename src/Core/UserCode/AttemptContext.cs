namespace Katanemimena.Core;

/// <summary>What user code and the data path need to know of the attempt they work for.</summary>
public sealed class AttemptContext
{
    /// <summary>The attempt.</summary>
    public required AttemptId Id { get; init; }

    /// <summary>1 for the first attempt at the task.</summary>
    public int Ordinal { get; init; } = 1;

    /// <summary>Ends the attempt: cancelled, fenced off, or a backup task won.</summary>
    public CancellationToken Cancellation { get; init; }

    /// <summary>Longest time in which the user's code may neither take a record nor emit one; default 10 min.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>Data budget of this attempt in bytes, for all its buffers together.</summary>
    public long MemoryBytes { get; init; } = 256L << 20;

    /// <summary>Records this attempt may set aside; 0 lets the first bad record fail it.</summary>
    public int SkipBadRecordsMax { get; init; }

    /// <summary>Takes the records set aside.</summary>
    public IBadRecordSink? BadRecords { get; init; }

    /// <summary>Counters, status and log of the attempt.</summary>
    public AttemptReport Report { get; } = new();

    /// <summary>Variables for the user's process beside the clean environment (job, task, input file, as Hadoop Streaming names them).</summary>
    public IReadOnlyDictionary<string, string> Environment { get; init; } = new Dictionary<string, string>();
}

/// <summary>Keeps records that user code failed on, with their cards.</summary>
public interface IBadRecordSink
{
    /// <summary>Sets one record aside.</summary>
    /// <param name="record">The whole record (map) or key (reduce).</param>
    /// <param name="card">Where it stood and what went wrong.</param>
    void Add(ReadOnlySpan<byte> record, FailureCard card);
}

/// <summary>Counters and status of one attempt. Safe for several threads.</summary>
public sealed class AttemptReport
{
    /// <summary>Most counters of one attempt: 5,000. Its commit record holds them, which has to fit the store.</summary>
    public const int CountersMax = 5_000;

    /// <summary>Most characters of their names together: 128 Ki.</summary>
    public const int CounterCharsMax = 128 * 1024;

    private readonly Lock _gate = new();
    private readonly Dictionary<string, long> _counters = new(StringComparer.Ordinal);
    private int _counterChars;

    /// <summary>The last status the user's code reported; empty if none.</summary>
    public string Status { get; set; } = "";

    /// <summary>Whether there were more counters than are kept, which is for the attempt to fail on.</summary>
    public bool HasTooManyCounters { get; private set; }

    /// <summary>Adds to a counter named <c>group:name</c>; one that is not kept is left out.</summary>
    /// <remarks>Makes no string of a name that is known, for programs may count every record.</remarks>
    public void Count(ReadOnlySpan<char> counter, long amount)
    {
        lock (_gate)
        {
            Dictionary<string, long>.AlternateLookup<ReadOnlySpan<char>> counters = _counters.GetAlternateLookup<ReadOnlySpan<char>>();
            if (counters.TryGetValue(counter, out long before))
            {
                counters[counter] = before + amount;
            }
            else if (_counters.Count < CountersMax && counter.Length <= CounterCharsMax - _counterChars)
            {
                counters[counter] = amount;
                _counterChars += counter.Length;
            }
            else
            {
                HasTooManyCounters = true;
            }
        }
    }

    /// <summary>Takes note that there were more counters than are kept, which another process has found.</summary>
    public void CountTooMany() => HasTooManyCounters = true;

    /// <summary>Adds all counters of another report.</summary>
    public void Add(AttemptReport other)
    {
        foreach ((string counter, long amount) in other.Counters())
        {
            Count(counter, amount);
        }

        HasTooManyCounters |= other.HasTooManyCounters;
    }

    /// <summary>A copy of the counters, by name in ordinal order.</summary>
    public SortedDictionary<string, long> Counters()
    {
        lock (_gate)
        {
            return new SortedDictionary<string, long>(_counters, StringComparer.Ordinal);
        }
    }
}
