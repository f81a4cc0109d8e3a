using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Katanemimena.Cli.Run;

/// <summary>Ctrl-C and SIGTERM: the first asks the command to end cleanly, the second ends it at once.</summary>
internal sealed class Interruption : IDisposable
{
    /// <summary>Within this time of the first, another signal is taken for the same: <c>timeout</c> sends one to the process and one to its group.</summary>
    private static readonly TimeSpan SameSignal = TimeSpan.FromMilliseconds(100);

    private readonly CancellationTokenSource _source = new();
    private readonly PosixSignalRegistration[] _registrations;
    private long _firstAt;
    private int _exitCode;

    /// <summary>Starts to listen.</summary>
    public Interruption() => _registrations =
    [
        PosixSignalRegistration.Create(PosixSignal.SIGINT, context => Take(context, Cli.ExitCode.Interrupted)),
        PosixSignalRegistration.Create(PosixSignal.SIGTERM, context => Take(context, Cli.ExitCode.Terminated)),
        PosixSignalRegistration.Create(PosixSignal.SIGHUP, context => Take(context, Cli.ExitCode.HungUp)),
    ];

    /// <summary>Cancelled by the first signal.</summary>
    public CancellationToken Token => _source.Token;

    /// <summary>128 and the signal's number; 0 while none came.</summary>
    public int ExitCode => Volatile.Read(ref _exitCode);

    /// <summary>Stops listening.</summary>
    public void Dispose()
    {
        foreach (PosixSignalRegistration registration in _registrations)
        {
            registration.Dispose();
        }

        _source.Dispose();
    }

    private void Take(PosixSignalContext context, int exitCode)
    {
        context.Cancel = true;
        long now = Stopwatch.GetTimestamp();
        long first = Interlocked.CompareExchange(ref _firstAt, now, 0);
        if (first == 0)
        {
            Volatile.Write(ref _exitCode, exitCode);
            _source.Cancel();
        }
        else if (Stopwatch.GetElapsedTime(first, now) > SameSignal)
        {
            ProcessTree.KillDescendants();
            ProcessTree.ExitNow(exitCode);
        }
    }
}
