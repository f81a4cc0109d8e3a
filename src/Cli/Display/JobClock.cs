using System.Diagnostics;
using Katanemimena.Core;

namespace Katanemimena.Cli.Display;

/// <summary>The six stages of a job, in order.</summary>
internal enum Stage
{
    /// <summary>From the start of the command until the job is accepted.</summary>
    Submit,

    /// <summary>Planning chunks.</summary>
    Chunk,

    /// <summary>Map tasks.</summary>
    Map,

    /// <summary>Packing partitions.</summary>
    Shuffle,

    /// <summary>Reduce tasks.</summary>
    Reduce,

    /// <summary>Merging and writing the result.</summary>
    Result,
}

/// <summary>What is known of a running job, and when each stage began. Safe for several threads.</summary>
internal sealed class JobClock
{
    /// <summary>How many stages there are.</summary>
    public const int Stages = 6;

    private readonly Lock _gate = new();
    private readonly TimeSpan?[] _began = new TimeSpan?[Stages + 1];
    private readonly Stopwatch _watch = Stopwatch.StartNew();
    private JobStatus? _first, _status;
    private long _bytesRead;

    /// <summary>Starts the clock with the submit stage.</summary>
    public JobClock() => _began[0] = TimeSpan.Zero;

    /// <summary>Bytes of input, once known.</summary>
    public long InputBytes { get; set; }

    /// <summary>Bytes of input that attempts of this process have read, those read again included; 0 where that is not known.</summary>
    public long BytesRead => Volatile.Read(ref _bytesRead);

    /// <summary>Takes note of bytes that were read.</summary>
    public void Read(long bytes) => Interlocked.Add(ref _bytesRead, bytes);

    /// <summary>Time since the start.</summary>
    public TimeSpan Elapsed => _watch.Elapsed;

    /// <summary>The first status seen: what it says is done was done before this process took the job up.</summary>
    public JobStatus? First
    {
        get
        {
            lock (_gate)
            {
                return _first;
            }
        }
    }

    /// <summary>The last status seen.</summary>
    public JobStatus? Status
    {
        get
        {
            lock (_gate)
            {
                return _status;
            }
        }
    }

    /// <summary>Takes a newer status.</summary>
    public void Observe(JobStatus status)
    {
        lock (_gate)
        {
            _first ??= status;
            _status = status;
        }

        Begin(status.Phase switch
        {
            JobPhase.Submitted => Stage.Chunk,
            JobPhase.Mapping => Stage.Map,
            JobPhase.Shuffling => Stage.Shuffle,
            JobPhase.Reducing => Stage.Reduce,
            JobPhase.Completed => Stage.Result,
            _ => Stage.Submit,
        });
    }

    /// <summary>Notes that a stage began, and that all before it have ended. The first note counts.</summary>
    public void Begin(Stage stage)
    {
        lock (_gate)
        {
            for (int i = 0; i <= (int)stage; i++)
            {
                _began[i] ??= _watch.Elapsed;
            }
        }
    }

    /// <summary>Notes that the result is written.</summary>
    public void End()
    {
        lock (_gate)
        {
            _began[Stages] ??= _watch.Elapsed;
        }
    }

    /// <summary>When a stage began, or null if it has not.</summary>
    public TimeSpan? Began(Stage stage)
    {
        lock (_gate)
        {
            return _began[(int)stage];
        }
    }

    /// <summary>How long a stage took, or has taken so far; null before it began.</summary>
    public TimeSpan? Took(Stage stage)
    {
        lock (_gate)
        {
            return _began[(int)stage] is { } began ? (_began[(int)stage + 1] ?? _watch.Elapsed) - began : null;
        }
    }

    /// <summary>Whether a stage has ended.</summary>
    public bool Ended(Stage stage)
    {
        lock (_gate)
        {
            return _began[(int)stage + 1] is not null;
        }
    }
}
