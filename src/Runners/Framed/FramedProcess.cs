using System.Buffers.Binary;
using System.Diagnostics;
using System.Globalization;

namespace Katanemimena.Runners;

/// <summary>A process of ours that runs user code and speaks in frames. One thread at a time, and that thread does all: it writes and reads by polling, so neither side waits for the other.</summary>
internal abstract unsafe class FramedProcess : IDisposable
{
    private const int ReadBytes = 256 << 10;
    private const int WaitMilliseconds = 50;
    private const int SparesMax = 8;
    private const int SpareBytesMax = 4 << 20;

    /// <summary>How much longer than its timeout a process may be silent: it finds out by itself that a call takes too long, and says where.</summary>
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(5);

    private readonly ChildProcess _child;
    private readonly string _folder;
    private readonly Queue<(ByteBuffer Frame, bool Recycle)> _outgoing = new();
    private readonly Stack<ByteBuffer> _spares = new();
    private readonly byte[] _errorBytes = new byte[16 << 10];
    private byte[] _incoming = new byte[2 * ReadBytes];
    private int _start;
    private int _end;
    private int _written;
    private bool _errorEnded;
    private bool _disposed;

    /// <summary>Takes a process that was started over, with its working folder.</summary>
    protected FramedProcess(ChildProcess child, string folder) => (_child, _folder) = (child, folder);

    /// <summary>Process id.</summary>
    public int Id => _child.Id;

    /// <summary>Whether it has ended, as one may while it waits for work: killed for want of memory, or by what the user's code left running.</summary>
    public bool HasEnded => _child.HasExited(out _);

    /// <summary>Takes what is written on stderr; renewed for each attempt.</summary>
    public StandardErrorTail Errors { get; set; } = new();

    /// <summary>Bytes sent that the process has not taken yet.</summary>
    public long PendingBytes { get; private set; }

    /// <summary>An empty buffer with room for a head; give it to <see cref="Send"/>.</summary>
    public ByteBuffer NewFrame()
    {
        ByteBuffer frame = _spares.TryPop(out ByteBuffer? spare) ? spare : new ByteBuffer(4096);
        Frame.Open(frame);
        return frame;
    }

    /// <summary>Takes a buffer back for <see cref="NewFrame"/>.</summary>
    public void Recycle(ByteBuffer frame)
    {
        if (_spares.Count < SparesMax && frame.Capacity <= SpareBytesMax)
        {
            _spares.Push(frame);
        }
    }

    /// <summary>Queues a sealed frame and writes what the pipe takes.</summary>
    /// <param name="frame">Not to be changed before it is taken.</param>
    /// <param name="recycle">Whether the process may use the buffer again once it is written.</param>
    public void Send(ByteBuffer frame, bool recycle)
    {
        _outgoing.Enqueue((frame, recycle));
        PendingBytes += frame.Length;
        Write();
    }

    /// <summary>The next frame, once it is there. What is queued is written meanwhile, and stderr read.</summary>
    /// <param name="silence">Longest time in which the process neither takes nor sends anything before it is taken to hang.</param>
    /// <param name="refillBelow">Returns a frame of kind 0 if less than this is left to be written while there is none to be had.</param>
    /// <param name="cancellation">Leaves the process in the middle of its work: it has to be ended.</param>
    /// <exception cref="ProgramFailure">It ended, hangs, or sent what is no frame.</exception>
    public ReceivedFrame Receive(TimeSpan silence, CancellationToken cancellation, long refillBelow = 0)
    {
        long since = Stopwatch.GetTimestamp();
        while (true)
        {
            if (Write())
            {
                since = Stopwatch.GetTimestamp();
            }

            if (TryTake(out ReceivedFrame frame))
            {
                if (frame.Kind != Frame.Alive)
                {
                    return frame;
                }

                since = Stopwatch.GetTimestamp();
                continue;
            }

            cancellation.ThrowIfCancellationRequested();
            if (PendingBytes < refillBelow)
            {
                return default;
            }

            if (!Read(silence, cancellation) && !Wait() && Stopwatch.GetElapsedTime(since) is var idle)
            {
                // Once it is known to have ended, what it sent last is all there, and is taken first.
                if (_child.HasExited(out int status) && !Read(silence, cancellation))
                {
                    throw EndedAt(status, silence);
                }

                if (idle > silence + Grace)
                {
                    throw TimedOut(silence);
                }
            }
        }
    }

    /// <summary>Reads what is on stderr by now.</summary>
    public void DrainErrors()
    {
        while (!_errorEnded && ReadErrors())
        {
        }
    }

    /// <inheritdoc/>
    public virtual void Dispose()
    {
        if (_disposed)
        {
            return;
        }

        _disposed = _errorEnded = true;
        _child.Dispose();
        WorkFolders.Remove(_folder);
    }

    /// <summary>Longest body of a frame that is taken.</summary>
    protected virtual int FrameBytesMax => Array.MaxLength - Frame.HeadBytes;

    /// <summary>A body is longer than that.</summary>
    protected virtual ProgramFailure TooLong => new("emitted 2 GiB of pairs at once, and was ended; emit smaller values");

    /// <summary>Whether a head is one that the process writes.</summary>
    protected abstract bool IsKnown(ReadOnlySpan<byte> head);

    /// <summary>What its end means when nobody had told it to end; <see cref="Errors"/> is complete.</summary>
    /// <param name="status">Exit code, 128 + n for signal n.</param>
    /// <param name="silence">Longest time in which it had to be heard of.</param>
    protected virtual ProgramFailure Ended(int status, TimeSpan silence) => ProgramFailure.Ended(status);

    /// <summary>It was silent for too long.</summary>
    protected virtual ProgramFailure TimedOut(TimeSpan silence) =>
        new(string.Create(CultureInfo.InvariantCulture, $"took no record and emitted none for {silence.TotalSeconds:0.###} s and was ended; raise the task timeout if it needs longer"));

    private ProgramFailure EndedAt(int status, TimeSpan silence)
    {
        DrainErrors();
        Errors.End();
        return Ended(status, silence);
    }

    private bool TryTake(out ReceivedFrame frame)
    {
        ReadOnlySpan<byte> held = _incoming.AsSpan(_start, _end - _start);
        if (held.Length >= Frame.HeadBytes)
        {
            long length = IsKnown(held) ? BinaryPrimitives.ReadInt64LittleEndian(held[8..]) : throw Frame.Foreign();
            if (length > FrameBytesMax)
            {
                throw TooLong;
            }

            int size = Frame.HeadBytes + (int)length;
            if (held.Length >= size)
            {
                frame = new ReceivedFrame(held[0], BinaryPrimitives.ReadInt64LittleEndian(held[16..]), held[Frame.HeadBytes..size]);
                _start += size;
                return true;
            }

            MakeRoom(size);
        }

        frame = default;
        return false;
    }

    // Writes what the pipe takes. Whether it took anything.
    private bool Write()
    {
        long before = PendingBytes;
        while (_outgoing.TryPeek(out (ByteBuffer Frame, bool Recycle) first))
        {
            int taken = _child.Input < 0 ? first.Frame.Length - _written : _child.Write(first.Frame.Span[_written..]);
            if (taken < 0)
            {
                _child.CloseInput();   // it has ended, which reading finds out
                continue;
            }

            _written += taken;
            PendingBytes -= taken;
            if (_written < first.Frame.Length)
            {
                break;
            }

            _written = 0;
            _outgoing.Dequeue();
            if (first.Recycle)
            {
                Recycle(first.Frame);
            }
        }

        return PendingBytes < before;
    }

    // Reads what is there. False if there is nothing at present.
    private bool Read(TimeSpan silence, CancellationToken cancellation)
    {
        MakeRoom(ReadBytes);
        int count = _child.Read(_child.Output, _incoming.AsSpan(_end));
        if (count == 0)
        {
            throw AtEnd(silence, cancellation);
        }

        _end += Math.Max(0, count);
        return count > 0;
    }

    // Its end of the pipe is closed: it is ending, or its code closed what it had not opened and goes on, deaf and dumb.
    private ProgramFailure AtEnd(TimeSpan silence, CancellationToken cancellation)
    {
        long since = Stopwatch.GetTimestamp();
        int status;
        for (int wait = 1; !_child.HasExited(out status); wait = Math.Min(2 * wait, WaitMilliseconds))
        {
            cancellation.ThrowIfCancellationRequested();
            if (Stopwatch.GetElapsedTime(since) > Grace)
            {
                return new ProgramFailure("closed a file descriptor that it had not opened, its way to the engine, and was ended; close only what the code has opened itself");
            }

            Poll(wait, input: false, output: false);
        }

        return EndedAt(status, silence);
    }

    private bool Wait() => Poll(WaitMilliseconds, _outgoing.Count > 0, output: true);

    private bool Poll(int milliseconds, bool input, bool output)
    {
        Libc.PollRequest* requests = stackalloc Libc.PollRequest[3];
        requests[0] = new Libc.PollRequest { Descriptor = input ? _child.Input : -1, Events = Libc.PollOut };
        requests[1] = new Libc.PollRequest { Descriptor = output ? _child.Output : -1, Events = Libc.PollIn };
        requests[2] = new Libc.PollRequest { Descriptor = _errorEnded ? -1 : _child.Error, Events = Libc.PollIn };
        if (Libc.Poll(requests, 3, milliseconds) <= 0)
        {
            return false;
        }

        if (requests[2].Returned != 0)
        {
            ReadErrors();
        }

        return requests[0].Returned != 0 || requests[1].Returned != 0;
    }

    private bool ReadErrors()
    {
        int count = _child.Read(_child.Error, _errorBytes);
        _errorEnded = count == 0;
        Errors.Take(_errorBytes.AsSpan(0, Math.Max(0, count)));
        return count > 0;
    }

    // Makes the buffer hold so many bytes from the first that is not taken yet, with free space at its end.
    private void MakeRoom(int size)
    {
        int held = _end - _start;
        long wanted = Math.Max(size, held + 4096L);
        if (_incoming.Length - _start >= wanted)
        {
            return;
        }

        byte[] target = wanted > _incoming.Length ? new byte[(int)Math.Min(Array.MaxLength, wanted + ReadBytes)] : _incoming;
        _incoming.AsSpan(_start, held).CopyTo(target);
        (_incoming, _start, _end) = (target, 0, held);
    }
}
