using System.Runtime.CompilerServices;

namespace Katanemimena.Runners;

/// <summary>Stands between one thread that runs user code and the engine's sinks and sources, so that a thread stuck in user code can be given up safely.</summary>
/// <remarks>The user's thread marks every call into the engine; that costs two plain stores and a load. Whoever gives up on the thread closes the
/// guard, makes all processors see it, and looks whether the thread was in user code: if so, it will never enter the engine again (an
/// asymmetric form of Dekker's lock, the heavy side being <see cref="Interlocked.MemoryBarrierProcessWide"/>).</remarks>
internal sealed class UserGuard
{
    private readonly Lock _gate = new();
    private int _inEngine;
    private int _closed;
    private long _moves;
    private bool _abandoned;

    /// <summary>Grows with every call into the engine.</summary>
    public long Moves => Volatile.Read(ref _moves);

    /// <summary>Whether the thread is in the engine at this moment.</summary>
    public bool InEngine => Volatile.Read(ref _inEngine) != 0;

    /// <summary>What the engine threw into user code, or null. User code may have swallowed it.</summary>
    public Exception? EngineFault { get; private set; }

    /// <summary>Before a call into the engine.</summary>
    /// <exception cref="OperationCanceledException">The thread was given up.</exception>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Enter()
    {
        Volatile.Write(ref _inEngine, 1);
        if (Volatile.Read(ref _closed) != 0)
        {
            EnterClosed();
        }
    }

    /// <summary>After it.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Leave()
    {
        _moves++;
        Volatile.Write(ref _inEngine, 0);
    }

    /// <summary>Back in the engine after user code that ran within it. Never throws: the engine itself finds out.</summary>
    public void Reenter() => Volatile.Write(ref _inEngine, 1);

    /// <summary>After a call that threw: from now on the engine refuses.</summary>
    public void Fail(Exception fault)
    {
        EngineFault ??= fault;
        Volatile.Write(ref _closed, 1);
        Leave();
    }

    /// <summary>Throws what the engine threw, if user code swallowed it.</summary>
    public void ThrowIfFailed()
    {
        if (EngineFault is { } fault)
        {
            System.Runtime.ExceptionServices.ExceptionDispatchInfo.Throw(fault);
        }
    }

    /// <summary>Gives up on the thread, from another one.</summary>
    /// <returns>False if it is in the engine just now: then it is alive, and goes on.</returns>
    public bool TryAbandon()
    {
        lock (_gate)
        {
            Volatile.Write(ref _closed, 1);
            Interlocked.MemoryBarrierProcessWide();
            _abandoned = !InEngine;
            Volatile.Write(ref _closed, _abandoned || EngineFault is not null ? 1 : 0);
            return _abandoned;
        }
    }

    private void EnterClosed()
    {
        lock (_gate)
        {
            if (!_abandoned && EngineFault is null)
            {
                return;
            }
        }

        Volatile.Write(ref _inEngine, 0);
        ThrowIfFailed();
        throw new OperationCanceledException("this attempt was given up: it had made no progress for its timeout, or was cancelled");
    }
}
