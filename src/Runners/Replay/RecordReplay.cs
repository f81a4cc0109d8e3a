using System.Diagnostics;
using System.IO.Compression;
using Katanemimena.Core;

namespace Katanemimena.Runners;

/// <summary>Runs the record of a failure card again, alone, with the user's code.</summary>
/// <remarks>A map card holds its record, or names the file and offset to read it from. A reduce or combine card holds its key; the values are
/// on it from the second attempt on. A card of a streaming program names its record only where bad records were looked for.</remarks>
public static class RecordReplay
{
    /// <summary>Replays a card on the calling thread.</summary>
    /// <param name="host">Runs the code.</param>
    /// <param name="code">The programs of the card's job.</param>
    /// <param name="card">The card.</param>
    /// <param name="values">Values of the key to use in place of the card's, in the format of the map output; null for the card's.</param>
    /// <param name="timeout">Longest time without progress; null for 10 min.</param>
    /// <param name="cancellation">Ends the run.</param>
    /// <returns>The pairs, and the failure if it failed again.</returns>
    /// <exception cref="PermanentFault">The card does not hold enough to be replayed; the message says what is missing.</exception>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public static ReplayOutcome Run(
        UserCodeHost host, JobCode code, FailureCard card, IReadOnlyList<byte[]>? values = null, TimeSpan? timeout = null, CancellationToken cancellation = default)
    {
        bool map = card.Stage == "map";
        byte[] record = map ? Record(card) : Key(card);
        IReadOnlyList<byte[]> given = map ? [] : values ?? Values(card);
        JobCode needed = card.Stage switch
        {
            "map" => code with { Reducer = CodeFiles.Identity, Combiner = null },
            "combine" => code with { Reducer = CodeFiles.Identity },
            _ => code with { Combiner = null },
        };
        AttemptId id = new(new TaskId(code.Job, card.Stage == "reduce" ? TaskStage.Reduce : TaskStage.Map, card.Task), "replay");
        AttemptContext attempt = new()
        {
            Id = id,
            Timeout = timeout ?? TimeSpan.FromMinutes(10),
            Cancellation = cancellation,
            Environment = Variables(id, card, record),
        };
        return Run(host, needed, card, attempt, record, given);
    }

    private static ReplayOutcome Run(UserCodeHost host, JobCode code, FailureCard card, AttemptContext attempt, byte[] record, IReadOnlyList<byte[]> values)
    {
        ReplaySink sink = new();
        UserCodeFault? failure = null;
        ValueFormat format = ValueFormat.Text;
        long start = 0;
        IUserCode? opened = null;
        try
        {
            opened = host.OpenAsync(code, attempt.Cancellation).AsTask().GetAwaiter().GetResult();
            format = card.Stage == "reduce" ? opened.ReduceOutput : opened.MapOutput;
            start = Stopwatch.GetTimestamp();
            Run(opened, card, attempt, record, values, sink);
        }
        catch (UserCodeFault fault)
        {
            failure = fault;
        }
        finally
        {
            opened?.DisposeAsync().AsTask().GetAwaiter().GetResult();
        }

        return new ReplayOutcome
        {
            Pairs = sink.Pairs,
            PairsEmitted = sink.Emitted,
            Values = format,
            Failure = failure?.Card,
            Counters = attempt.Report.Counters(),
            Elapsed = start == 0 ? TimeSpan.Zero : Stopwatch.GetElapsedTime(start),
        };
    }

    private static void Run(IUserCode code, FailureCard card, AttemptContext attempt, byte[] record, IReadOnlyList<byte[]> values, ReplaySink sink)
    {
        switch (card.Stage)
        {
            case "map":
                code.Map(attempt, new OneRecord(record, Math.Max(0, card.Offset), card.File ?? card.Code), sink);
                break;
            case "combine":
                code.Combine(attempt, new OneGroup(record, values), sink);
                break;
            default:
                code.Reduce(attempt, new OneGroup(record, values), sink);
                break;
        }
    }

    // Those of the attempt that failed, as far as its card holds them; the record is a chunk of its own.
    private static SortedDictionary<string, string> Variables(AttemptId id, FailureCard card, byte[] record) => id.Task.Stage == TaskStage.Reduce
        ? StreamingEnvironment.ForReduce(id, Math.Max(1, card.Attempt))
        : StreamingEnvironment.ForMap(id, Math.Max(1, card.Attempt), card.File ?? "", Math.Max(0, card.Offset), card.Stage == "map" ? record.Length : -1);

    private static byte[] Record(FailureCard card)
    {
        if (card.Record is null)
        {
            throw new PermanentFault($"the card does not say on which record the {card.Role} '{card.Code}' failed: run the job with --skip-bad-records to find it");
        }

        return card.RecordCut ? WholeRecord(card) : card.Record;
    }

    private static byte[] Key(FailureCard card) => card switch
    {
        { Record: null } => throw new PermanentFault($"the card does not say on which key the {card.Role} '{card.Code}' failed: run the job with --skip-bad-records to find it"),
        { RecordCut: true } => throw new PermanentFault($"the key is longer than the {FailureCard.RecordBytesMax} bytes that a card holds, so it cannot be replayed"),
        _ => card.Record,
    };

    private static IReadOnlyList<byte[]> Values(FailureCard card) => card switch
    {
        { Values: null } => throw new PermanentFault("the card holds the key but not its values, which are kept from the second attempt on: replay the card of a later attempt at this task, or give the values"),
        { ValuesCut: true } => throw new PermanentFault($"the key has more values than the {FailureCard.RecordBytesMax} bytes that a card holds: give the values"),
        _ => card.Values,
    };

    // A long record is read from where the card says it stood, if its beginning still is what the card holds.
    private static byte[] WholeRecord(FailureCard card)
    {
        try
        {
            using FileStream file = File.OpenRead(card.File ?? "");
            using Stream bytes = IsGzip(file) ? new GZipStream(file, CompressionMode.Decompress) : file;
            Skip(bytes, card.Offset);
            ByteBuffer record = new(64 << 10);
            for (int count = 1, lineFeed = -1; count > 0 && lineFeed < 0;)
            {
                count = bytes.Read(record.Room(64 << 10));
                lineFeed = record.Room(count)[..count].IndexOf((byte)'\n');
                record.Advance(lineFeed >= 0 ? lineFeed : count);
            }

            if (record.Span.StartsWith(card.Record))
            {
                return record.Span.ToArray();
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw new PermanentFault($"the record is longer than a card holds, and {card.File} cannot be read: {e.Message}", e);
        }

        throw new PermanentFault($"the record is longer than a card holds, and {card.File} has changed since");
    }

    private static bool IsGzip(FileStream file)
    {
        bool gzip = file.ReadByte() == 0x1F && file.ReadByte() == 0x8B;
        file.Position = 0;
        return gzip;
    }

    private static void Skip(Stream bytes, long count)
    {
        if (bytes.CanSeek)
        {
            bytes.Position = count;
            return;
        }

        byte[] buffer = new byte[64 << 10];
        while (count > 0 && bytes.Read(buffer, 0, (int)Math.Min(buffer.Length, count)) is var read and > 0)
        {
            count -= read;
        }
    }

    private sealed class ReplaySink : IPairSink
    {
        public List<ReplayedPair> Pairs { get; } = [];

        public long Emitted { get; private set; }

        public void Add(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value)
        {
            Emitted++;
            if (Pairs.Count < ReplayOutcome.PairsMax)
            {
                Pairs.Add(new ReplayedPair(key.ToArray(), value.ToArray()));
            }
        }
    }

    private sealed class OneRecord(byte[] record, long offset, string file) : IRecordSource
    {
        private bool _given;

        public bool TryRead(out RecordBlock block)
        {
            block = new RecordBlock((byte[])[.. record, (byte)'\n'], offset, file);
            return !_given && (_given = true);
        }
    }

    private sealed class OneGroup(byte[] key, IReadOnlyList<byte[]> values) : IGroupSource
    {
        private int _at = -1;
        private bool _given;

        public ReadOnlySpan<byte> Key => key;

        public ReadOnlySpan<byte> Value => values[_at];

        public long Repeat => 1;

        public bool NextGroup() => !_given && (_given = true);

        public bool NextValue() => ++_at < values.Count;
    }
}
