using System.Globalization;
using Katanemimena.Core;

namespace Katanemimena.Runners;

/// <summary>What streaming mapper, combiner and reducer have in common: one run of a process from start to exit.</summary>
internal abstract class StreamingProgram(StreamingRunner runner, CodeFile file, string role)
{
    /// <summary>The host's options.</summary>
    protected UserCodeHostOptions Options => runner.Options;

    /// <summary>Whether bad records are to be looked for: not on the first attempt, which is the fast one.</summary>
    protected static bool Isolates(AttemptContext attempt) => attempt.SkipBadRecordsMax > 0 && attempt.Ordinal > 1;

    /// <summary>Runs a process over all input.</summary>
    /// <exception cref="UserCodeFault">It failed; <paramref name="where"/> says how far its input had come.</exception>
    protected void Run(AttemptContext attempt, IEnumerable<KeyValuePair<string, string>> variables, IFeed feed, IOutputTaker output, Func<FailureCard, FailureCard> where)
    {
        StandardErrorTail errors = new();
        try
        {
            RunOnce(attempt, variables, feed, output, errors);
        }
        catch (ProgramFailure failure)
        {
            throw new UserCodeFault(where(CardOf(attempt, failure, errors)), failure);
        }
        finally
        {
            errors.ReportTo(attempt.Report);
        }

        // Input that a program did not want still counts as read, whatever the moment at which it stopped.
        while (feed.TryNext(out _))
        {
            attempt.Cancellation.ThrowIfCancellationRequested();
        }
    }

    /// <summary>Runs a process over a piece of the input, its output held back until it has ended well.</summary>
    /// <returns>The output, or null if it failed; then <paramref name="card"/> says how. Counters count only if it ended well.</returns>
    protected HeldOutput? TryHeld(AttemptContext attempt, IEnumerable<KeyValuePair<string, string>> variables, IFeed feed, out FailureCard? card)
    {
        StandardErrorTail errors = new();
        HeldOutput held = new(Options.HeldBytesMax, Options.RecordBytesMax);
        try
        {
            RunOnce(attempt, variables, feed, held, errors);
            errors.ReportTo(attempt.Report);
            card = null;
            return held;
        }
        catch (ProgramFailure failure)
        {
            card = CardOf(attempt, failure, errors);
            return null;
        }
    }

    private void RunOnce(AttemptContext attempt, IEnumerable<KeyValuePair<string, string>> variables, IFeed feed, IOutputTaker output, StandardErrorTail errors)
    {
        using StreamingProcess process = runner.Start(attempt, file, variables);
        ProcessPump pump = new(process.Child, feed, output, errors, attempt);
        int status = pump.Run();
        if (status != 0 && !(status == 1 && MeansNoMatch()))
        {
            throw ProgramFailure.Ended(status);
        }

        if (pump.DidNothing && Path.GetExtension(file.Path) == ".py")
        {
            throw ProgramFailure.DidNothing(role);
        }
    }

    // grep and its kin exit with 1 when no line matched, which for a chunk is nothing special; errors are 2 (POSIX, grep, exit status).
    private bool MeansNoMatch() => file.Name is "grep" or "egrep" or "fgrep" or "rg" && CommandLine.IsOnPath(file.Path);

    private FailureCard CardOf(AttemptContext attempt, ProgramFailure failure, StandardErrorTail errors)
    {
        string text = errors.Text;
        string last = text.AsSpan().TrimEnd().ToString() is { Length: > 0 } trimmed ? trimmed[(trimmed.LastIndexOf('\n') + 1)..] : "";
        return Cards.Of(attempt, file, role, $"the {role} '{file.Name}' {failure.Message}{(last.Length > 0 ? $"; its last line on stderr: {last}" : "")}") with
        {
            ExitCode = failure.ExitCode,
            StandardError = text,
        };
    }
}

/// <summary>A streaming mapper.</summary>
internal sealed class StreamingMapper(StreamingRunner runner, CodeFile file) : StreamingProgram(runner, file, "mapper"), IMapProgram
{
    /// <inheritdoc/>
    public ValueFormat Output => ValueFormat.Text;

    /// <inheritdoc/>
    public void Map(AttemptContext attempt, IRecordSource records, IPairSink output)
    {
        LineOutput lines = new(output, LineShape.Pair, Options.RecordBytesMax);
        PeekedRecords peeked = new(records);
        SortedDictionary<string, string> variables = StreamingEnvironment.ForMap(attempt.Id, attempt.Ordinal, peeked.File, peeked.Offset, -1);
        if (Isolates(attempt))
        {
            Isolate(attempt, variables, peeked, lines);
        }
        else
        {
            RecordFeed feed = new(peeked);
            Run(attempt, variables, feed, lines, card => feed.Start < 0 ? card : card with
            {
                File = feed.File,
                Error = string.Create(CultureInfo.InvariantCulture, $"{card.Error} (it had been given bytes {feed.Start} to {feed.End} of {feed.File})"),
            });
        }
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private void Isolate(AttemptContext attempt, SortedDictionary<string, string> variables, PeekedRecords records, LineOutput lines)
    {
        int setAside = 0;
        while (records.TryRead(out RecordBlock block))
        {
            Isolate(attempt, variables, block, lines, ref setAside);
        }
    }

    // A piece that fails is halved until a single record fails, which is set aside.
    private void Isolate(AttemptContext attempt, SortedDictionary<string, string> variables, RecordBlock piece, LineOutput lines, ref int setAside)
    {
        if (TryHeld(attempt, variables, new MemoryFeed(piece.Bytes), out FailureCard? card) is { } held)
        {
            held.MoveTo(lines);
            return;
        }

        int half = Middle(piece.Bytes.Span);
        if (half == piece.Bytes.Length)
        {
            ReadOnlySpan<byte> record = piece.Bytes.Span;
            record = record[^1] == (byte)'\n' ? record[..^1] : record;
            Cards.SetAside(attempt, record, card!.WithRecord(record) with { File = piece.File, Offset = piece.Offset }, ref setAside);
            return;
        }

        Isolate(attempt, variables, piece with { Bytes = piece.Bytes[..half] }, lines, ref setAside);
        Isolate(attempt, variables, piece with { Bytes = piece.Bytes[half..], Offset = piece.Offset + half }, lines, ref setAside);
    }

    // End of the record nearest below the middle, or of the first record; all of it if there is only one.
    private static int Middle(ReadOnlySpan<byte> bytes)
    {
        int before = bytes[..(bytes.Length / 2)].LastIndexOf((byte)'\n');
        return before >= 0 ? before + 1 : bytes.IndexOf((byte)'\n') is var first and >= 0 ? first + 1 : bytes.Length;
    }

    /// <summary>Knows where the first block begins before anybody reads it.</summary>
    private sealed class PeekedRecords : IRecordSource
    {
        private readonly IRecordSource _records;
        private readonly bool _any;
        private RecordBlock _first;
        private bool _given;

        public PeekedRecords(IRecordSource records)
        {
            _records = records;
            _any = records.TryRead(out _first);
            File = _any ? _first.File : "";
            Offset = _any ? _first.Offset : 0;
        }

        public string File { get; }

        public long Offset { get; }

        public bool TryRead(out RecordBlock block)
        {
            if (_given || !_any)
            {
                block = default;
                return _any && _records.TryRead(out block);
            }

            block = _first;
            _given = true;
            _first = default;
            return true;
        }
    }
}
