using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Katanemimena.Core;

namespace Katanemimena.Cli.Output;

/// <summary>Standard output by write(2). The console's stream hides a closed pipe, and a FileStream would not move the offset that
/// a shell shares between commands.</summary>
internal sealed partial class StandardOutput : WriteOnlyStream
{
    private const int Interrupted = 4, WouldBlock = 11, PollOut = 4;

    /// <inheritdoc/>
    public override unsafe void Write(ReadOnlySpan<byte> buffer)
    {
        fixed (byte* bytes = buffer)
        {
            for (int done = 0; done < buffer.Length;)
            {
                nint written = WriteBytes(1, bytes + done, buffer.Length - done);
                done += written >= 0 ? (int)written : AfterError(Marshal.GetLastPInvokeError());
            }
        }
    }

    private static unsafe int AfterError(int error)
    {
        if (error == WouldBlock)
        {
            Span<byte> request = stackalloc byte[8];
            BinaryPrimitives.WriteInt32LittleEndian(request, 1);
            BinaryPrimitives.WriteInt16LittleEndian(request[4..], PollOut);
            fixed (byte* address = request)
            {
                _ = Poll(address, 1, -1);
            }
        }
        else if (error != Interrupted)
        {
            throw new IOException($"standard output: {Marshal.GetPInvokeErrorMessage(error)}", error);
        }

        return 0;
    }

    [LibraryImport("libc", EntryPoint = "write", SetLastError = true)]
    private static unsafe partial nint WriteBytes(int descriptor, byte* bytes, nint count);

    [LibraryImport("libc", EntryPoint = "poll", SetLastError = true)]
    private static unsafe partial int Poll(byte* descriptors, ulong count, int milliseconds);
}
