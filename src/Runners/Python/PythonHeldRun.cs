using System.Diagnostics;
using Katanemimena.Core;

namespace Katanemimena.Runners;

/// <summary>A run that sets failing records aside: a unit's pairs are held back until all of it went well, or each record by itself.</summary>
internal sealed class PythonHeldRun(PythonCall call, AttemptContext attempt, IPythonFeed feed, PairReader pairs, IPairSink output)
{
    private const int HeldBytesMax = 64 << 20;
    private readonly PairBuffer _held = new();
    private int _setAside;

    /// <summary>Runs to the end of the input.</summary>
    public void Run()
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
            call.Process.DrainErrors();
            call.Process.Errors.ReportTo(attempt.Report);
            call.Process.Recycle(unit.Frame);
            feed.Took(Stopwatch.GetElapsedTime(since));
            since = Stopwatch.GetTimestamp();
        }

        call.Send(PythonFrame.End);
        ReceivedFrame frame = call.Receive();
        if (frame.Kind != PythonFrame.End)
        {
            throw Frame.Foreign();
        }

        call.End(frame);
    }

    private PythonUnit? NextHeld() => FromInput(() => feed.Next(call.Process, careful: true));

    // Input that cannot be handed over is no failure of the program's.
    private T FromInput<T>(Func<T> next)
    {
        try
        {
            return next();
        }
        catch (InvalidPair invalid)
        {
            throw new UserCodeFault(call.CardOfInput(invalid), invalid);
        }
    }

    // All at once. False if something failed or it is too much to be held; then nothing of it is held, and a process is ready to do it one by one.
    private bool TryHeld(PythonUnit unit)
    {
        call.Process.Send(unit.Frame, recycle: false);
        try
        {
            while (true)
            {
                ReceivedFrame frame = call.Receive();
                switch (frame.Kind)
                {
                    case PythonFrame.Pairs or PythonFrame.Map:
                        pairs.Read(frame.Body, _held);
                        if (_held.Length > HeldBytesMax)
                        {
                            _held.Clear();
                            call.Forget(restart: true);
                            return false;
                        }

                        break;
                    case PythonFrame.Done:
                        return true;
                    default:
                        HostFailure failure = HostFailure.Read(frame.Body);
                        _held.Clear();
                        call.Forget(failure.What is "timeout" or "memory");
                        return false;
                }
            }
        }
        catch (Exception e) when (e is InvalidPair or ProgramFailure)
        {
            _held.Clear();
            call.Forget(restart: true);
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
        int sound = 0;
        call.SendOneByOne(unit, first);
        try
        {
            while (true)
            {
                ReceivedFrame frame = call.Receive();
                switch (frame.Kind)
                {
                    case PythonFrame.Next:
                        (at, key) = (frame.Argument, frame.Body.ToArray());
                        if (_held.Length > HeldBytesMax)   // of records that went well
                        {
                            _held.MoveTo(output);
                        }

                        break;
                    case PythonFrame.Pairs:
                        sound = _held.Count;
                        pairs.Read(frame.Body, _held);
                        break;
                    case PythonFrame.Bad:
                        AddBad(bad, unit, frame.Argument, call.Fault(HostFailure.Read(frame.Body), unit, frame.Argument, key).Card, key);
                        break;
                    case PythonFrame.Done:
                        return -1;
                    default:
                        FailureCard card = call.Fault(HostFailure.Read(frame.Body), unit, at, key).Card;
                        call.Process.Errors.ReportTo(attempt.Report);
                        call.Forget(restart: true);
                        AddBad(bad, unit, at, card, key);
                        return at + 1;
                }
            }
        }
        catch (Exception failure) when (failure is ProgramFailure or InvalidPair && at >= 0)
        {
            _held.Cut(failure is InvalidPair ? sound : _held.Count);
            FailureCard card = feed.Place(call.Card(failure), unit, at, feed.RecordOf(unit, at, key));
            call.Process.Errors.ReportTo(attempt.Report);
            call.Forget(restart: true);
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
        call.Process.Send(unit.Frame, recycle: false);
        try
        {
            while (true)
            {
                while (!ended && call.Process.PendingBytes < PythonCall.PendingBytesMax)
                {
                    ByteBuffer? values = FromInput(() => feed.NextValues(call.Process));
                    ended = values is null;
                    if (values is null)
                    {
                        call.Send(PythonFrame.EndOfGroup);
                    }
                    else
                    {
                        call.Process.Send(values, recycle: true);
                    }
                }

                ReceivedFrame frame = call.Receive(ended ? 0 : PythonCall.PendingBytesMax / 2);
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
                        SetLargeAside(unit, call.Fault(HostFailure.Read(frame.Body), unit, 0).Card, letGo);
                        break;
                    default:
                        FailureCard card = call.Fault(HostFailure.Read(frame.Body), unit, 0).Card;
                        call.Forget(restart: true);
                        SetLargeAside(unit, card, letGo);
                        return;
                }
            }
        }
        catch (Exception e) when (e is ProgramFailure or InvalidPair)
        {
            FailureCard card = feed.Place(call.Card(e), unit, 0, unit.Key);
            call.Forget(restart: true);
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
}
