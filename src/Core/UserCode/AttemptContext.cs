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
    private readonly Lock _gate = new();
    private readonly SortedDictionary<string, long> _counters = new(StringComparer.Ordinal);

    /// <summary>The last status the user's code reported; empty if none.</summary>
    public string Status { get; set; } = "";

    /// <summary>Adds to a counter named <c>group:name</c>.</summary>
    public void Count(string counter, long amount)
    {
        lock (_gate)
        {
            _counters[counter] = _counters.GetValueOrDefault(counter) + amount;
        }
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
