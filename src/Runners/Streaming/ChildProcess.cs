using System.Runtime.InteropServices;
using System.Text;
using Katanemimena.Core;

namespace Katanemimena.Runners;

/// <summary>A process in a session of its own, with three pipes that never block. One thread at a time.</summary>
/// <remarks>Linux only. Disposing it kills the process and all it started that stayed in its session, and reaps it.
/// When our own process is killed, its stdin ends and its stdout breaks, which ends every well-behaved filter.</remarks>
internal sealed unsafe class ChildProcess : IDisposable
{
    /// <summary>Held while a process is being started, so that no file open for writing leaks into it for a moment.</summary>
    public static readonly Lock StartGate = new();

    private const int PipeBytes = 1 << 20;
    private const int UnknownStatus = -1;
    private int? _exit;
    private int _status;
    private bool _reaped;
    private bool _disposed;
    private Cgroup? _cgroup;
    private bool _inNamespaces;

    static ChildProcess() => Inherited.Keep();

    private ChildProcess(int id, int input, int output, int error)
    {
        (Id, Input, Output, Error) = (id, input, output, error);
    }

    /// <summary>Process id; also that of its session and process group.</summary>
    public int Id { get; }

    /// <summary>Our end of its stdin; -1 once closed.</summary>
    public int Input { get; private set; }

    /// <summary>Our end of its stdout.</summary>
    public int Output { get; }

    /// <summary>Our end of its stderr.</summary>
    public int Error { get; }

    /// <summary>Readable once the process has ended; -1 where the kernel (before Linux 5.3) has no such thing.</summary>
    public int Exit => _exit ??= (int)Libc.SystemCall(Libc.OpenProcessDescriptor, Id, 0);

    /// <summary>Starts a process.</summary>
    /// <exception cref="TransientFault">The system has no room for another process or pipe.</exception>
    public static ChildProcess Start(Launch launch) =>
        launch.Namespaces is null ? StartHere(launch) : LastingThread.Run(() => StartHere(launch));

    private static ChildProcess StartHere(Launch launch)
    {
        lock (StartGate)
        {
            int* pipes = stackalloc int[6];
            new Span<int>(pipes, 6).Fill(-1);
            int id = 0;
            int error = 0;
            for (int i = 0; i < 3 && error == 0; i++)
            {
                error = Libc.Pipe(pipes + (2 * i), Libc.CloseOnExec) == 0 ? 0 : Marshal.GetLastPInvokeError();
            }

            error = error == 0 ? Spawn(launch, pipes, &id) : error;
            Close(pipes[0], pipes[3], pipes[5]);
            if (error != 0)
            {
                Close(pipes[1], pipes[2], pipes[4]);
                throw new TransientFault($"a process for {launch.Program} cannot be started: {Marshal.GetPInvokeErrorMessage(error)}");
            }

            Prepare(pipes[1], pipes[2], pipes[4]);
            return new ChildProcess(id, pipes[1], pipes[2], pipes[4]) { _cgroup = launch.Cgroup, _inNamespaces = launch.Namespaces is not null };
        }
    }

    /// <summary>Writes to its stdin what fits at once.</summary>
    /// <returns>Bytes taken, 0 if the pipe is full, -1 if the process closed its stdin.</returns>
    public int Write(ReadOnlySpan<byte> bytes)
    {
        fixed (byte* start = bytes)
        {
            nint taken = Libc.Write(Input, start, bytes.Length);
            return taken >= 0 ? (int)taken : Marshal.GetLastPInvokeError() switch
            {
                Libc.Again or Libc.Interrupted => 0,
                Libc.BrokenPipe => -1,
                int error => throw new IOException($"write to process {Id}: {Marshal.GetPInvokeErrorMessage(error)}"),
            };
        }
    }

    /// <summary>Reads from <see cref="Output"/> or <see cref="Error"/> what is there.</summary>
    /// <returns>Bytes read, 0 at the end, -1 if there is nothing at present.</returns>
    public int Read(int descriptor, Span<byte> buffer)
    {
        fixed (byte* start = buffer)
        {
            nint count = Libc.Read(descriptor, start, buffer.Length);
            return count >= 0 ? (int)count : Marshal.GetLastPInvokeError() switch
            {
                Libc.Again or Libc.Interrupted => -1,
                int error => throw new IOException($"read from process {Id}: {Marshal.GetPInvokeErrorMessage(error)}"),
            };
        }
    }

    /// <summary>Ends its stdin.</summary>
    public void CloseInput()
    {
        Close(Input);
        Input = -1;
    }

    /// <summary>Whether it has ended. Then all that it left in its session is killed.</summary>
    /// <param name="status">Its exit code, or 128 + n for signal n.</param>
    public bool HasExited(out int status)
    {
        if (!_reaped)
        {
            // The process is looked at first and reaped after its group was killed, so its id cannot have gone to another by then.
            int* information = stackalloc int[32];
            new Span<int>(information, 32).Clear();
            int result = Libc.WaitId(Libc.ByProcess, Id, information, Libc.Exited | Libc.NoHang | Libc.NoWait);
            if (result == 0 && information[0] == 0)
            {
                status = -1;
                return false;
            }

            KillAndReap();
        }

        status = _status;
        return true;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (!_reaped)
        {
            KillAndReap();
        }

        if (Input >= 0)
        {
            CloseInput();
        }

        if (!_disposed)
        {
            _disposed = true;
            Close(Output, Error, _exit ?? -1);
        }
    }

    private static int Spawn(Launch launch, int* pipes, int* id)
    {
        // Larger than the types of any C library in use: glibc 80 and 336 bytes, musl less.
        byte* actions = stackalloc byte[512];
        byte* attributes = stackalloc byte[1024];
        byte* signals = stackalloc byte[256];
        using NativeStrings arguments = new(launch.ShellArguments);
        using NativeStrings variables = new(launch.Environment.Select(pair => $"{pair.Key}={pair.Value}"));
        using NativeStrings shell = new([Launch.Shell]);
        _ = Libc.ActionsInit(actions);
        _ = Libc.AttributesInit(attributes);
        try
        {
            _ = Libc.ActionsDuplicate(actions, pipes[0], 0);
            _ = Libc.ActionsDuplicate(actions, pipes[3], 1);
            _ = Libc.ActionsDuplicate(actions, pipes[5], 2);
            _ = Libc.FillSignals(signals);
            _ = Libc.AttributesDefaultSignals(attributes, signals);
            _ = Libc.EmptySignals(signals);
            _ = Libc.AttributesSignalMask(attributes, signals);
            _ = Libc.AttributesFlags(attributes, Libc.SpawnFlags);
            return Libc.Spawn(id, shell.Items[0], actions, attributes, arguments.Items, variables.Items);
        }
        finally
        {
            _ = Libc.ActionsDestroy(actions);
            _ = Libc.AttributesDestroy(attributes);
        }
    }

    // A larger pipe saves turns of the scheduler; a refusal (a limit for all pipes of a user) costs only those.
    private static void Prepare(params ReadOnlySpan<int> descriptors)
    {
        foreach (int descriptor in descriptors)
        {
            _ = Libc.Control(descriptor, Libc.SetFlags, Libc.Control(descriptor, Libc.GetFlags, 0) | Libc.NonBlocking);
        }

        _ = Libc.Control(descriptors[0], Libc.SetPipeSize, PipeBytes);
        _ = Libc.Control(descriptors[1], Libc.SetPipeSize, PipeBytes);
    }

    private static void Close(params ReadOnlySpan<int> descriptors)
    {
        foreach (int descriptor in descriptors)
        {
            if (descriptor >= 0)
            {
                _ = Libc.Close(descriptor);
            }
        }
    }

    /// <summary>Waits until there is something to read on <see cref="Error"/>, or its end, or the time is over.</summary>
    public void WaitForError(int milliseconds)
    {
        Libc.PollRequest request = new() { Descriptor = Error, Events = Libc.PollIn };
        _ = Libc.Poll(&request, 1, milliseconds);
    }

    // What is in namespaces ends with the first process there, of which bubblewrap then hears: so when bubblewrap is reaped, all of it is gone.
    // Only where there is no such process is bubblewrap itself killed.
    private void Kill()
    {
        if (!_inNamespaces || !FirstInside.Kill(Id))
        {
            _ = Libc.Kill(-Id, Libc.SignalKill);
            _ = Libc.Kill(Id, Libc.SignalKill);
        }
    }

    private void KillAndReap()
    {
        Kill();
        int status = 0;
        int reaped;
        do
        {
            reaped = Libc.WaitPid(Id, &status, 0);
        }
        while (reaped < 0 && Marshal.GetLastPInvokeError() == Libc.Interrupted);

        _cgroup?.Dispose();
        _reaped = true;
        _status = reaped < 0 ? UnknownStatus : (status & 0x7F) == 0 ? (status >> 8) & 0xFF : 128 + (status & 0x7F);
    }

    /// <summary>Strings as C wants them, with a null at the end of the list.</summary>
    private readonly ref struct NativeStrings : IDisposable
    {
        private readonly int _count;

        public NativeStrings(IEnumerable<string> strings)
        {
            string[] all = [.. strings];
            _count = all.Length;
            Items = (byte**)NativeMemory.AllocZeroed((nuint)(_count + 1), (nuint)sizeof(byte*));
            for (int i = 0; i < _count; i++)
            {
                int length = Encoding.UTF8.GetByteCount(all[i]);
                Items[i] = (byte*)NativeMemory.AllocZeroed((nuint)length + 1);
                Encoding.UTF8.GetBytes(all[i], new Span<byte>(Items[i], length));
            }
        }

        public byte** Items { get; }

        public void Dispose()
        {
            for (int i = 0; i < _count; i++)
            {
                NativeMemory.Free(Items[i]);
            }

            NativeMemory.Free(Items);
        }
    }
}
