using Katanemimena.Core;

namespace Katanemimena.Runners;

/// <summary>One call of a program over all of its input, on the calling thread.</summary>
internal sealed class IsolatedRun(IsolatedProgram program, AttemptContext attempt, IInputPieces input, IPairSink output)
{
    private const int PendingBytesMax = 1 << 20;
    private readonly Queue<(long Number, ByteBuffer Frame)> _sent = new();
    private int _setAside;

    /// <summary>Runs it to the end of its input.</summary>
    /// <exception cref="UserCodeFault">It failed.</exception>
    public void Run()
    {
        DotNetProcess process = program.Runner.Rent(program, attempt.Cancellation);
        bool whole = false;
        try
        {
            process.Errors = new StandardErrorTail();
            process.IsRunning = true;
            Begin(process);
            Exchange(process);
            process.IsRunning = false;
            whole = true;
        }
        catch (ProgramFailure failure)
        {
            process.DrainErrors();
            FailureCard card = Place(process, Card("", process));
            throw new UserCodeFault(HostDeath.Complete(card with { Error = $"{program.Title} {failure.Message}{UserExceptions.Where(card)}" }, failure, program.Runner.Options), failure);
        }
        finally
        {
            process.DrainErrors();
            process.Errors.End();
            process.Errors.ReportTo(attempt.Report);
            if (whole)
            {
                program.Runner.Return(process);
            }
            else
            {
                process.Dispose();
            }
        }
    }

    private void Begin(DotNetProcess process)
    {
        ByteBuffer frame = process.NewFrame();
        new RunRequest(process.Programs[program.Identity].Number, attempt.Id, attempt.Ordinal, attempt.Timeout, attempt.SkipBadRecordsMax).WriteTo(frame);
        Frame.Seal(frame, HostFrame.Run);
        process.Send(frame, recycle: true);
    }

    private void Exchange(DotNetProcess process)
    {
        bool fed = false;
        while (true)
        {
            while (!fed && process.PendingBytes < PendingBytesMax)
            {
                fed = !Feed(process);
            }

            ReceivedFrame frame = process.Receive(attempt.Timeout, attempt.Cancellation, fed ? 0 : PendingBytesMax / 2);
            switch (frame.Kind)
            {
                case 0:
                    break;
                case HostFrame.Pairs:
                    PackedPairs.MoveTo(output, frame.Body);
                    break;
                case HostFrame.Bad:
                    SetAside(process, frame.Body);
                    break;
                case HostFrame.Report:
                    Report(frame);
                    break;
                case HostFrame.End when fed:
                    return;
                case HostFrame.Fault:
                    throw Fault(process, frame.Body);
                default:
                    throw Frame.Foreign();
            }
        }
    }

    // Pieces are kept until the process has marked a later one: it may end at any moment without a word, and the card needs the record.
    private bool Feed(DotNetProcess process)
    {
        Forget(process);
        ByteBuffer frame = process.NewFrame();
        bool any = input.TryNext(frame, out bool marked);
        if (any)
        {
            long number = process.PiecesSent++;
            if (marked)
            {
                _sent.Enqueue((number, frame));
            }
        }
        else
        {
            Frame.Open(frame);
            Frame.Seal(frame, HostFrame.End);
        }

        process.Send(frame, recycle: !marked);
        return any;
    }

    private void Forget(DotNetProcess process)
    {
        long at = process.ReadMark(out _);
        while (_sent.TryPeek(out (long Number, ByteBuffer Frame) first) && first.Number < at)
        {
            process.Recycle(_sent.Dequeue().Frame);
        }
    }

    private void SetAside(DotNetProcess process, ReadOnlySpan<byte> body)
    {
        FieldReader fields = new(body);
        FailureCard card = HostCards.Read(ref fields, Card("", process));
        Cards.SetAside(attempt, fields.Rest, card, ref _setAside);
    }

    private void Report(ReceivedFrame frame)
    {
        HostCards.ReadInto(attempt.Report, frame.Body);
        if (frame.Argument != 0)
        {
            attempt.Report.CountTooMany();
        }
    }

    private UserCodeFault Fault(DotNetProcess process, ReadOnlySpan<byte> body)
    {
        process.DrainErrors();
        FieldReader fields = new(body);
        return new UserCodeFault(HostDeath.AddLimit(program.Runner.Options, HostCards.Read(ref fields, Card("", process))));
    }

    private FailureCard Card(string error, DotNetProcess process) =>
        Cards.Of(attempt, program.File, program.Role, error) with { StandardError = process.Errors.Text };

    private FailureCard Place(DotNetProcess process, FailureCard card)
    {
        long at = process.ReadMark(out long start);
        foreach ((long number, ByteBuffer frame) in _sent)
        {
            if (number == at)
            {
                return input.Describe(card, frame, start);
            }
        }

        return card;
    }
}
