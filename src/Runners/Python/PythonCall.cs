using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using Katanemimena.Core;

namespace Katanemimena.Runners;

/// <summary>What a call of a program works with: the process in hand, another in its place when it failed, and the cards of what went wrong.</summary>
internal sealed class PythonCall
{
    /// <summary>Bytes that may wait to be taken by the process before no more values are sent.</summary>
    public const int PendingBytesMax = 1 << 20;

    private readonly PythonRunner _runner;
    private readonly PythonProgram _program;
    private readonly AttemptContext _attempt;
    private readonly IPythonFeed _feed;

    /// <summary>Rents a process and tells it the program and the attempt's environment.</summary>
    public PythonCall(PythonRunner runner, PythonProgram program, AttemptContext attempt, IPythonFeed feed)
    {
        (_runner, _program, _attempt, _feed) = (runner, program, attempt, feed);
        Process = Start();
    }

    /// <summary>The process in hand.</summary>
    public PythonProcess Process { get; private set; }

    /// <summary>Waits for the next frame; one of kind 0 once no more than some bytes wait to be taken.</summary>
    public ReceivedFrame Receive(int pendingBytes = 0) => Process.Receive(_attempt.Timeout, _attempt.Cancellation, pendingBytes);

    /// <summary>Sends a frame without a body.</summary>
    public void Send(byte kind)
    {
        ByteBuffer frame = Process.NewFrame();
        Frame.Seal(frame, kind);
        Process.Send(frame, recycle: true);
    }

    /// <summary>Sends a unit to be taken record by record, each announced, from one of them on.</summary>
    public void SendOneByOne(PythonUnit unit, long first)
    {
        ByteBuffer frame = Process.NewFrame();
        Span<byte> head = frame.Room(24);
        BinaryPrimitives.WriteInt64LittleEndian(head, unit.Offset);
        BinaryPrimitives.WriteInt64LittleEndian(head[8..], first);
        BinaryPrimitives.WriteInt64LittleEndian(head[16..], 1);
        frame.Advance(24);
        frame.Append(Frame.Body(unit.Frame));
        Frame.Seal(frame, _feed.OneByOneKind);
        Process.Send(frame, recycle: true);
    }

    /// <summary>Forgets what a run that failed said on standard error, for the records will be seen again; in another process if need be.</summary>
    public void Forget(bool restart)
    {
        if (restart)
        {
            Process.Dispose();
            Process = Start();
        }
        else
        {
            Process.DrainErrors();
            Process.Errors = new StandardErrorTail();
        }
    }

    /// <summary>Takes in what the process says at the end, and what is left on standard error.</summary>
    public void End(ReceivedFrame last)
    {
        Process.HasImported |= last.Argument != 0;
        Process.DrainErrors();
        Process.Errors.End();
    }

    /// <summary>Gives the process back if all went well, ends it otherwise; reports what was said on standard error.</summary>
    public void Close(bool whole)
    {
        Process.DrainErrors();
        if (!whole)
        {
            Process.Errors.End();
        }

        Process.Errors.ReportTo(_attempt.Report);
        if (whole)
        {
            _runner.Return(Process);
        }
        else
        {
            Process.Dispose();
        }
    }

    /// <summary>The fault of a failure that the host described, with the record or key that it is of.</summary>
    public UserCodeFault Fault(HostFailure failure, PythonUnit unit, long index, byte[]? key = null)
    {
        Process.DrainErrors();
        FailureCard card = failure.Fill(Card(""), _program.Title, _attempt.Timeout, _runner.Options) with { StandardError = Process.Errors.Text };
        return new UserCodeFault(_feed.Place(card, unit, index, _feed.RecordOf(unit, index, failure.Key ?? key)));
    }

    /// <summary>The card of a failure that the host did not describe.</summary>
    public FailureCard Card(Exception failure) => Card(failure is InvalidPair
        ? $"{_program.Title} broke its contract: {failure.Message}"
        : $"{_program.Title} {failure.Message}") with
    { ExitCode = (failure as ProgramFailure)?.ExitCode };

    /// <summary>The card of input that cannot be handed over.</summary>
    public FailureCard CardOfInput(InvalidPair invalid) => Card($"{_program.Title} cannot be given its input: {invalid.Message}");

    /// <summary>A card with an error and what was said on standard error.</summary>
    public FailureCard Card(string error) => Cards.Of(_attempt, _program.File, _program.Role, error) with { StandardError = Process.Errors.Text };

    private PythonProcess Start()
    {
        PythonProcess process = _runner.Rent(_program, _attempt.Cancellation);
        try
        {
            Begin(process);
            return process;
        }
        catch
        {
            process.Dispose();
            throw;
        }
    }

    private void Begin(PythonProcess process)
    {
        process.Errors = new StandardErrorTail();
        ByteBuffer frame = process.NewFrame();
        string[] fields =
        [
            process.Programs[_program.Identity].ToString(CultureInfo.InvariantCulture),
            _attempt.Timeout.TotalSeconds.ToString("R", CultureInfo.InvariantCulture),
            .. _attempt.Environment.Select(pair => $"{pair.Key}={pair.Value}"),
        ];
        frame.Append(Encoding.UTF8.GetBytes(string.Join('\0', fields)));
        Frame.Seal(frame, PythonFrame.Task);
        process.Send(frame, recycle: true);
    }
}
