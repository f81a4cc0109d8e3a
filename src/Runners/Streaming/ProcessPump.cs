using System.Diagnostics;
using Katanemimena.Core;

namespace Katanemimena.Runners;

/// <summary>Input of a program, piece by piece.</summary>
internal interface IFeed
{
    /// <summary>The next piece, never empty, valid until the next call; false at the end.</summary>
    bool TryNext(out ReadOnlyMemory<byte> bytes);
}

/// <summary>Moves bytes in and out of one process on the calling thread, until it has ended.</summary>
/// <remarks>One thread does it all: a pipe of 1 MiB on either side keeps the process busy while this thread reads input or sorts output, and
/// there is nothing to hand over between threads. Time spent in feed and output does not count against the program's timeout.</remarks>
internal sealed unsafe class ProcessPump(ChildProcess child, IFeed feed, IOutputTaker output, StandardErrorTail errors, AttemptContext attempt)
{
    private const int WaitMilliseconds = 50;
    private readonly byte[] _errorBytes = new byte[16 << 10];
    private readonly InputLeft _left = new();
    private ReadOnlyMemory<byte> _pending;
    private bool _outputEnded;
    private bool _errorEnded;
    private bool _anyOutput;

    /// <summary>Whether it took no byte of its input though it was given some, wrote none, and reported nothing. To be asked after <see cref="Run"/>.</summary>
    public bool DidNothing => !_anyOutput && errors.Reports == 0 && _left.IsAll;

    /// <summary>Runs it to its end.</summary>
    /// <returns>Exit code, 128 + n for signal n. A process that closed its stdin early was given no more.</returns>
    /// <exception cref="ProgramFailure">No progress for the attempt's timeout, or a line that does not end.</exception>
    /// <exception cref="OperationCanceledException">The attempt was cancelled.</exception>
    public int Run()
    {
        try
        {
            return Pump();
        }
        finally
        {
            _left.Close();
        }
    }

    private int Pump()
    {
        TimeSpan idle = TimeSpan.Zero;
        while (true)
        {
            attempt.Cancellation.ThrowIfCancellationRequested();
            Feed();
            bool closed = child.Input < 0 && _outputEnded;
            if (closed && child.HasExited(out int status))
            {
                _left.Look();
                while (!_errorEnded && ReadError())
                {
                }

                errors.End();
                return status;
            }

            long start = Stopwatch.GetTimestamp();
            if (Move(closed))
            {
                idle = TimeSpan.Zero;
            }
            else if ((idle += Stopwatch.GetElapsedTime(start)) > attempt.Timeout)
            {
                throw ProgramFailure.TimedOut(attempt.Timeout);
            }
        }
    }

    private void Feed()
    {
        if (child.Input >= 0 && _pending.IsEmpty && !feed.TryNext(out _pending))
        {
            _left.Keep(child.Input);
            child.CloseInput();
        }
    }

    // Waits for any of the three pipes, and once two are closed for the exit, and serves those that are ready.
    // Returns whether the program took input, wrote output or reported.
    private bool Move(bool closed)
    {
        Libc.PollRequest* requests = stackalloc Libc.PollRequest[4];
        requests[0] = new Libc.PollRequest { Descriptor = child.Input, Events = Libc.PollOut };
        requests[1] = new Libc.PollRequest { Descriptor = _outputEnded ? -1 : child.Output, Events = Libc.PollIn };
        requests[2] = new Libc.PollRequest { Descriptor = _errorEnded ? -1 : child.Error, Events = Libc.PollIn };
        requests[3] = new Libc.PollRequest { Descriptor = closed ? child.Exit : -1, Events = Libc.PollIn };
        if (Libc.Poll(requests, 4, closed && child.Exit < 0 ? 1 : WaitMilliseconds) <= 0)
        {
            return false;
        }

        long reports = errors.Reports;
        bool progress = requests[0].Returned != 0 && WriteInput();
        progress |= requests[1].Returned != 0 && ReadOutput();
        if (requests[2].Returned != 0)
        {
            ReadError();
        }

        return progress || errors.Reports > reports;
    }

    private bool WriteInput()
    {
        int taken = child.Write(_pending.Span);
        if (taken < 0)
        {
            _pending = default;
            _left.Keep(child.Input);
            child.CloseInput();
            return true;
        }

        _pending = _pending[taken..];
        _left.Gave(taken);
        return taken > 0;
    }

    private bool ReadOutput()
    {
        int count = child.Read(child.Output, output.Room());
        if (count > 0)
        {
            _anyOutput = true;
            output.Advance(count);
        }
        else if (count == 0)
        {
            _outputEnded = true;
            output.End();
        }

        return count >= 0;
    }

    private bool ReadError()
    {
        int count = child.Read(child.Error, _errorBytes);
        _errorEnded = count == 0;
        errors.Take(_errorBytes.AsSpan(0, Math.Max(0, count)));
        return count > 0;
    }
}
