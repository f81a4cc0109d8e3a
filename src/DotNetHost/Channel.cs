using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Katanemimena.Runners;

namespace Katanemimena.DotNetHost;

/// <summary>The way to the engine: frames in and out. One thread reads at a time; any may write.</summary>
internal sealed unsafe class Channel
{
    // Descriptors from here on: far from those that code which closes or reuses the lowest ones will meet.
    private const int DescriptorMin = 64;

    private readonly Lock _gate = new();
    private readonly ByteBuffer _small = new();
    private readonly int _input;
    private readonly int _output;
    private byte[] _body = new byte[64 << 10];

    private Channel(int input, int output) => (_input, _output) = (input, output);

    /// <summary>Takes stdin and stdout for the engine alone. The user's code, and what it starts, has an empty stdin and writes to stderr instead.</summary>
    public static Channel Take()
    {
        Channel channel = new(Libc.Control(0, Libc.DuplicateCloseOnExec, DescriptorMin), Libc.Control(1, Libc.DuplicateCloseOnExec, DescriptorMin));
        using Microsoft.Win32.SafeHandles.SafeFileHandle nothing = File.OpenHandle("/dev/null");
        if (channel._input < 0 || channel._output < 0 || Libc.Duplicate((int)nothing.DangerousGetHandle(), 0) < 0 || Libc.Duplicate(2, 1) < 0)
        {
            throw new IOException($"stdin and stdout cannot be taken: {Marshal.GetLastPInvokeErrorMessage()}");
        }

        return channel;
    }

    /// <summary>The next frame. Ends the process, without a word to the user's code, if the engine is gone.</summary>
    /// <param name="body">Valid until the next frame is received.</param>
    /// <param name="argument">Meaning by kind.</param>
    /// <returns>Its kind.</returns>
    public byte Receive(out ReadOnlyMemory<byte> body, out long argument)
    {
        Span<byte> head = stackalloc byte[Frame.HeadBytes];
        Fill(head);
        int length = checked((int)BinaryPrimitives.ReadInt64LittleEndian(head[8..]));
        argument = BinaryPrimitives.ReadInt64LittleEndian(head[16..]);
        if (length > _body.Length)
        {
            _body = new byte[Math.Max(length, (int)Math.Min(2L * _body.Length, Array.MaxLength))];
        }

        Fill(_body.AsSpan(0, length));
        body = _body.AsMemory(0, length);
        return head[0];
    }

    /// <summary>Sends a frame; returns once the pipe has it all.</summary>
    /// <param name="frame">Opened by <see cref="Frame.Open"/>; emptied and opened again.</param>
    /// <param name="kind">Its kind.</param>
    /// <param name="argument">Meaning by kind.</param>
    public void Send(ByteBuffer frame, byte kind, long argument = 0)
    {
        Frame.Seal(frame, kind, argument);
        lock (_gate)
        {
            Write(frame.Span);
        }

        Frame.Open(frame);
    }

    /// <summary>Sends a frame without a body.</summary>
    public void Send(byte kind, long argument = 0)
    {
        lock (_gate)
        {
            SendSmall(kind, argument);
        }
    }

    /// <summary>Says that this process is alive, unless something is being sent anyway.</summary>
    public void SayAlive()
    {
        if (_gate.TryEnter())
        {
            try
            {
                SendSmall(Frame.Alive, 0);
            }
            finally
            {
                _gate.Exit();
            }
        }
    }

    private void SendSmall(byte kind, long argument)
    {
        Frame.Open(_small);
        Frame.Seal(_small, kind, argument);
        Write(_small.Span);
    }

    private void Fill(Span<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            fixed (byte* start = bytes)
            {
                bytes = bytes[Moved(Libc.Read(_input, start, bytes.Length))..];
            }
        }
    }

    private void Write(ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            fixed (byte* start = bytes)
            {
                bytes = bytes[Moved(Libc.Write(_output, start, bytes.Length))..];
            }
        }
    }

    // Nothing can be told to anybody once the pipe is closed, so the process ends, whatever threads of the user's are at.
    private static int Moved(nint count)
    {
        if (count > 0 || (count < 0 && Marshal.GetLastPInvokeError() == Libc.Interrupted))
        {
            return (int)Math.Max(0, count);
        }

        Libc.Exit(1);
        return 0;
    }
}
