using System.Diagnostics;
using Katanemimena.Core;

namespace Katanemimena.Runners;

/// <summary>A run that fails with the first record that fails: pairs go on as they come, and several units are under way at once.</summary>
internal sealed class PythonFastRun(PythonCall call, IPythonFeed feed, PairReader pairs, IPairSink output)
{
    private const int UnitsMax = 4;
    private const int UnderWayBytesMax = 2 << 20;
    private readonly Queue<PythonUnit> _underWay = new();
    private PythonUnit? _large;
    private long _underWayBytes;
    private bool _fed;

    /// <summary>Runs to the end of the input.</summary>
    public void Run()
    {
        try
        {
            long since = Stopwatch.GetTimestamp();
            while (true)
            {
                Fill();
                ReceivedFrame frame = call.Receive(_large is null ? 0 : PythonCall.PendingBytesMax / 2);
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
                        call.End(frame);
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
        try
        {
            FillPipe();
        }
        catch (InvalidPair invalid)
        {
            throw new UserCodeFault(call.CardOfInput(invalid), invalid);
        }
    }

    private void FillPipe()
    {
        while (!_fed)
        {
            if (_large is not null)
            {
                if (call.Process.PendingBytes >= PythonCall.PendingBytesMax)
                {
                    return;
                }

                SendValues();
            }
            else if (_underWay.Count > 0 && (_underWay.Count >= UnitsMax || _underWayBytes >= UnderWayBytesMax))
            {
                return;
            }
            else if (feed.Next(call.Process, careful: false) is { } unit)
            {
                _underWay.Enqueue(unit);
                _underWayBytes += unit.Frame.Length;
                _large = unit.Large ? unit : null;
                call.Process.Send(unit.Frame, recycle: false);
            }
            else
            {
                _fed = true;
                call.Send(PythonFrame.End);
            }
        }
    }

    private void SendValues()
    {
        if (feed.NextValues(call.Process) is { } values)
        {
            call.Process.Send(values, recycle: true);
        }
        else
        {
            _large = null;
            call.Send(PythonFrame.EndOfGroup);
        }
    }

    private void Answered(ref long since)
    {
        PythonUnit done = _underWay.TryDequeue(out PythonUnit? first) ? first : throw Frame.Foreign();
        _underWayBytes -= done.Frame.Length;
        call.Process.Recycle(done.Frame);
        feed.Took(Stopwatch.GetElapsedTime(since));
        since = Stopwatch.GetTimestamp();
    }

    // The unit in hand again in another process, record by record, to say which one it was.
    private UserCodeFault FoundAgain(Exception cause, ProgramFailure? failure)
    {
        PythonUnit? unit = _underWay.Count > 0 ? _underWay.Peek() : null;
        FailureCard card = call.Card(cause);
        if (unit is null)
        {
            return new UserCodeFault(card, cause);
        }

        if (unit.Large || failure is { ExitCode: null })
        {
            return new UserCodeFault(feed.Place(card, unit, -1, unit.Key), cause);
        }

        call.Forget(restart: true);
        call.SendOneByOne(unit, 0);
        long at = -1;
        byte[]? key = null;
        try
        {
            while (true)
            {
                ReceivedFrame frame = call.Receive();
                switch (frame.Kind)
                {
                    case PythonFrame.Next:
                        (at, key) = (frame.Argument, frame.Body.ToArray());
                        break;
                    case PythonFrame.Pairs:
                        pairs.Read(frame.Body, NoSink.Instance);
                        break;
                    case PythonFrame.Done:
                        return new UserCodeFault(feed.Place(card, unit, -1, null), cause);
                    default:
                        return call.Fault(HostFailure.Read(frame.Body), unit, frame.Argument, key);
                }
            }
        }
        catch (Exception again) when (again is ProgramFailure or InvalidPair)
        {
            byte[]? record = feed.RecordOf(unit, at, key);
            return new UserCodeFault(feed.Place(record is null ? card : call.Card(again), unit, at, record), again);
        }
    }

    private Exception Failed(HostFailure failure, long index) =>
        !_underWay.TryPeek(out PythonUnit? unit) ? Frame.Foreign()
        : failure.What == "contract" && feed.RecordOf(unit, index, failure.Key) is null ? new InvalidPair(failure.Text)
        : call.Fault(failure, unit, index);

    private sealed class NoSink : IPairSink
    {
        public static readonly NoSink Instance = new();

        public void Add(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value)
        {
        }
    }
}
