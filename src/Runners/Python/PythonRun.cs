using System.Diagnostics;
using System.Globalization;
using Katanemimena.Core;

namespace Katanemimena.Runners;

/// <summary>One call of a program over all of its input, on the calling thread.</summary>
/// <remarks>
/// Without records to be set aside, pairs go on as they come, and several units are under way at once. Otherwise a unit's pairs are held back
/// until all of it went well. Either way a unit that failed in a manner that does not name the record (a process that ended, a value that JSON
/// cannot hold) is run again in another process, record by record, to find it; so user code may see a record twice when it fails.
/// </remarks>
internal sealed class PythonRun(PythonRunner runner, PythonProgram program, AttemptContext attempt, IPythonFeed feed, PairReader pairs, IPairSink output)
{
    private const int UnitsMax = 4;
    private const int UnderWayBytesMax = 2 << 20;
    private const int PendingBytesMax = 1 << 20;
    private const int HeldBytesMax = 64 << 20;
    private readonly Queue<PythonUnit> _underWay = new();
    private readonly PairBuffer _held = new();
    private PythonProcess _process = null!;
    private PythonUnit? _large;
    private long _underWayBytes;
    private bool _fed;
    private int _setAside;

    /// <summary>Runs it to the end of its input.</summary>
    public void Run()
    {
        bool whole = false;
        StartProcess();
        try
        {
            if (attempt.SkipBadRecordsMax > 0)
            {
                RunHeld();
            }
            else
            {
                RunFast();
            }

            whole = true;
        }
        finally
        {
            _process.DrainErrors();
            if (!whole)
            {
                _process.Errors.End();
            }

            _process.Errors.ReportTo(attempt.Report);
            Release(whole);
        }
    }

    private void RunFast()
    {
        try
        {
            long since = Stopwatch.GetTimestamp();
            while (true)
            {
                Fill();
                ReceivedFrame frame = _process.Receive(attempt.Timeout, attempt.Cancellation, _large is null ? 0 : PendingBytesMax / 2);
                switch (frame.Kind)
                {
                    case 0:
                        break;
                    case PythonFrame.Pairs or PythonFrame.Map:
                        pairs.Read(frame.Body, output);
                        break;
                    case PythonFrame.Done:
                        Answered(ref since);
                        break;
                    case PythonFrame.End:
                        _process.DrainErrors();
                        _process.Errors.End();
                        return;
                    default:
                        throw Failed(HostFailure.Read(frame.Body), frame.Argument);
                }
            }
        }
        catch (InvalidPair invalid)
        {
            throw FoundAgain(invalid, null);
        }
        catch (ProgramFailure failure)
        {
            throw FoundAgain(failure, failure);
        }
    }

    private void Fill()
    {
        while (!_fed)
        {
            if (_large is not null)
            {
                if (_process.PendingBytes >= PendingBytesMax)
                {
                    return;
                }

                SendValues();
            }
            else if (_underWay.Count > 0 && (_underWay.Count >= UnitsMax || _underWayBytes >= UnderWayBytesMax))
            {
                return;
            }
            else if (feed.Next(_process, careful: false) is { } unit)
            {
                _underWay.Enqueue(unit);
                _underWayBytes += unit.Frame.Length;
                _large = unit.Large ? unit : null;
                _process.Send(unit.Frame, recycle: false);
            }
            else
            {
                _fed = true;
                Send(PythonFrame.End);
            }
        }
    }

    private void SendValues()
    {
        if (feed.NextValues(_process) is { } values)
        {
            _process.Send(values, recycle: true);
        }
        else
        {
            _large = null;
            Send(PythonFrame.EndOfGroup);
        }
    }

    private void Answered(ref long since)
    {
        PythonUnit done = _underWay.Dequeue();
        _underWayBytes -= done.Frame.Length;
        _process.Recycle(done.Frame);
        feed.Took(Stopwatch.GetElapsedTime(since));
        since = Stopwatch.GetTimestamp();
    }

    // ---- with records to be set aside

    private void RunHeld()
    {
        long since = Stopwatch.GetTimestamp();
        while (NextHeld() is { } unit)
        {
            if (unit.Large)
            {
                RunLarge(unit);
            }
            else if (!TryHeld(unit))
            {
                OneByOne(unit);
            }

            _held.MoveTo(output);
            _process.DrainErrors();
            _process.Errors.ReportTo(attempt.Report);
            _process.Recycle(unit.Frame);
            feed.Took(Stopwatch.GetElapsedTime(since));
            since = Stopwatch.GetTimestamp();
        }

        Send(PythonFrame.End);
        ReceivedFrame frame = _process.Receive(attempt.Timeout, attempt.Cancellation);
        Invariant.Holds(frame.Kind == PythonFrame.End, "the host answers the end of an attempt");
        _process.DrainErrors();
        _process.Errors.End();
    }

    private PythonUnit? NextHeld()
    {
        try
        {
            return feed.Next(_process, careful: true);
        }
        catch (InvalidPair invalid)
        {
            throw new UserCodeFault(Card($"{program.Title} cannot be given its input: {invalid.Message}"), invalid);
        }
    }

    // All at once. False if something failed; then nothing of it is held, and a process is ready to do it one by one.
    private bool TryHeld(PythonUnit unit)
    {
        _process.Send(unit.Frame, recycle: false);
        try
        {
            while (true)
            {
                ReceivedFrame frame = _process.Receive(attempt.Timeout, attempt.Cancellation);
                switch (frame.Kind)
                {
                    case PythonFrame.Pairs or PythonFrame.Map:
                        pairs.Read(frame.Body, _held);
                        break;
                    case PythonFrame.Done:
                        return true;
                    default:
                        HostFailure failure = HostFailure.Read(frame.Body);
                        _held.Clear();
                        Forget(failure.What is "timeout" or "memory");
                        return false;
                }
            }
        }
        catch (Exception e) when (e is InvalidPair or ProgramFailure)
        {
            _held.Clear();
            Forget(restart: true);
            return false;
        }
    }

    private void OneByOne(PythonUnit unit)
    {
        List<(byte[] Record, FailureCard Card)> bad = [];
        for (long first = 0; first >= 0;)
        {
            first = OneByOneFrom(unit, first, bad);
        }

        foreach ((byte[] record, FailureCard card) in bad)
        {
            Cards.SetAside(attempt, record, card, ref _setAside);
        }
    }

    // Returns the index to go on from after the process ended, or -1 when all is done.
    private long OneByOneFrom(PythonUnit unit, long first, List<(byte[] Record, FailureCard Card)> bad)
    {
        long at = -1;
        byte[]? key = null;
        SendOneByOne(unit, first);
        try
        {
            while (true)
            {
                ReceivedFrame frame = _process.Receive(attempt.Timeout, attempt.Cancellation);
                switch (frame.Kind)
                {
                    case PythonFrame.Next:
                        (at, key) = (frame.Argument, frame.Body.ToArray());
                        break;
                    case PythonFrame.Pairs:
                        pairs.Read(frame.Body, _held);
                        break;
                    case PythonFrame.Bad:
                        AddBad(bad, unit, frame.Argument, Fault(HostFailure.Read(frame.Body), unit, frame.Argument, key).Card, key);
                        break;
                    case PythonFrame.Done:
                        return -1;
                    default:
                        FailureCard card = Fault(HostFailure.Read(frame.Body), unit, at, key).Card;
                        _process.Errors.ReportTo(attempt.Report);
                        Forget(restart: true);
                        AddBad(bad, unit, at, card, key);
                        return at + 1;
                }
            }
        }
        catch (ProgramFailure failure) when (at >= 0)
        {
            FailureCard card = feed.Place(Card(failure), unit, at, feed.RecordOf(unit, at, key));
            _process.Errors.ReportTo(attempt.Report);
            Forget(restart: true);
            AddBad(bad, unit, at, card, key);
            return at + 1;
        }
    }

    private void AddBad(List<(byte[] Record, FailureCard Card)> bad, PythonUnit unit, long index, FailureCard card, byte[]? key)
    {
        byte[] record = feed.RecordOf(unit, index, key) ?? [];
        bad.Add((record, card));
        if (_setAside + bad.Count > attempt.SkipBadRecordsMax)
        {
            throw new UserCodeFault(_setAside == 0 ? bad[0].Card : card);
        }
    }

    // A large group is its own culprit. Its pairs are held up to a limit; beyond it, it may no longer be set aside.
    private void RunLarge(PythonUnit unit)
    {
        bool ended = false;
        bool letGo = false;
        _process.Send(unit.Frame, recycle: false);
        try
        {
            while (true)
            {
                while (!ended && _process.PendingBytes < PendingBytesMax)
                {
                    ByteBuffer? values = feed.NextValues(_process);
                    ended = values is null;
                    if (values is null)
                    {
                        Send(PythonFrame.EndOfGroup);
                    }
                    else
                    {
                        _process.Send(values, recycle: true);
                    }
                }

                ReceivedFrame frame = _process.Receive(attempt.Timeout, attempt.Cancellation, ended ? 0 : PendingBytesMax / 2);
                switch (frame.Kind)
                {
                    case 0:
                        break;
                    case PythonFrame.Pairs or PythonFrame.Map:
                        pairs.Read(frame.Body, _held);
                        letGo |= _held.Length > HeldBytesMax;
                        if (letGo)
                        {
                            _held.MoveTo(output);
                        }

                        break;
                    case PythonFrame.Done:
                        return;
                    case PythonFrame.Bad:
                        SetLargeAside(unit, Fault(HostFailure.Read(frame.Body), unit, 0).Card, letGo);
                        break;
                    default:
                        FailureCard card = Fault(HostFailure.Read(frame.Body), unit, 0).Card;
                        Forget(restart: true);
                        SetLargeAside(unit, card, letGo);
                        return;
                }
            }
        }
        catch (Exception e) when (e is ProgramFailure or InvalidPair)
        {
            FailureCard card = feed.Place(Card(e), unit, 0, unit.Key);
            Forget(restart: true);
            SetLargeAside(unit, card, letGo);
        }
    }

    private void SetLargeAside(PythonUnit unit, FailureCard card, bool letGo)
    {
        _held.Clear();
        if (letGo)
        {
            throw new UserCodeFault(card);
        }

        Cards.SetAside(attempt, unit.Key, card, ref _setAside);
    }

    // ---- failures

    // The unit in hand again in another process, record by record, to say which one it was.
    private UserCodeFault FoundAgain(Exception cause, ProgramFailure? failure)
    {
        PythonUnit? unit = _underWay.Count > 0 ? _underWay.Peek() : null;
        FailureCard card = Card(cause);
        if (unit is null)
        {
            return new UserCodeFault(card, cause);
        }

        if (unit.Large || failure is { ExitCode: null })
        {
            return new UserCodeFault(feed.Place(card, unit, -1, unit.Key), cause);
        }

        Forget(restart: true);
        SendOneByOne(unit, 0);
        long at = -1;
        byte[]? key = null;
        try
        {
            while (true)
            {
                ReceivedFrame frame = _process.Receive(attempt.Timeout, attempt.Cancellation);
                switch (frame.Kind)
                {
                    case PythonFrame.Next:
                        (at, key) = (frame.Argument, frame.Body.ToArray());
                        break;
                    case PythonFrame.Pairs:
                        break;
                    case PythonFrame.Done:
                        return new UserCodeFault(feed.Place(card, unit, -1, null), cause);
                    default:
                        return Fault(HostFailure.Read(frame.Body), unit, frame.Argument, key);
                }
            }
        }
        catch (ProgramFailure again)
        {
            byte[]? record = feed.RecordOf(unit, at, key);
            return new UserCodeFault(feed.Place(record is null ? card : Card(again), unit, at, record), again);
        }
    }

    private Exception Failed(HostFailure failure, long index) =>
        failure.What == "contract" && feed.RecordOf(_underWay.Peek(), index, failure.Key) is null
            ? new InvalidPair(failure.Text)
            : Fault(failure, _underWay.Peek(), index);

    private UserCodeFault Fault(HostFailure failure, PythonUnit unit, long index, byte[]? key = null)
    {
        _process.DrainErrors();
        FailureCard card = failure.Fill(Card(""), program.Title, attempt.Timeout, runner.Options) with { StandardError = _process.Errors.Text };
        return new UserCodeFault(feed.Place(card, unit, index, feed.RecordOf(unit, index, failure.Key ?? key)));
    }

    private FailureCard Card(Exception failure) => Card(failure is InvalidPair
        ? $"{program.Title} broke its contract: {failure.Message}"
        : $"{program.Title} {failure.Message}") with
    { ExitCode = (failure as ProgramFailure)?.ExitCode };

    private FailureCard Card(string error) => Cards.Of(attempt, program.File, program.Role, error) with { StandardError = _process.Errors.Text };

    // ---- the process

    private void StartProcess()
    {
        _process = runner.Rent(program, attempt.Cancellation);
        _process.Errors = new StandardErrorTail();
        ByteBuffer frame = _process.NewFrame();
        string[] fields =
        [
            _process.Programs[program.Identity].ToString(CultureInfo.InvariantCulture),
            attempt.Timeout.TotalSeconds.ToString("R", CultureInfo.InvariantCulture),
            .. attempt.Environment.Select(pair => $"{pair.Key}={pair.Value}"),
        ];
        frame.Append(System.Text.Encoding.UTF8.GetBytes(string.Join('\0', fields)));
        PythonFrame.Seal(frame, PythonFrame.Task);
        _process.Send(frame, recycle: true);
    }

    // What a run that failed said on stderr is forgotten: the records will be seen again.
    private void Forget(bool restart)
    {
        if (restart)
        {
            _process.Dispose();
            StartProcess();
        }
        else
        {
            _process.DrainErrors();
            _process.Errors = new StandardErrorTail();
        }
    }

    private void Release(bool whole)
    {
        if (whole)
        {
            runner.Return(_process);
        }
        else
        {
            _process.Dispose();
        }
    }

    private void Send(byte kind)
    {
        ByteBuffer frame = _process.NewFrame();
        PythonFrame.Seal(frame, kind);
        _process.Send(frame, recycle: true);
    }

    private void SendOneByOne(PythonUnit unit, long first)
    {
        ByteBuffer frame = _process.NewFrame();
        Span<byte> head = frame.Room(24);
        System.Buffers.Binary.BinaryPrimitives.WriteInt64LittleEndian(head, unit.Offset);
        System.Buffers.Binary.BinaryPrimitives.WriteInt64LittleEndian(head[8..], first);
        System.Buffers.Binary.BinaryPrimitives.WriteInt64LittleEndian(head[16..], 1);
        frame.Advance(24);
        frame.Append(PythonFrame.Body(unit.Frame));
        PythonFrame.Seal(frame, feed.OneByOneKind);
        _process.Send(frame, recycle: true);
    }
}
