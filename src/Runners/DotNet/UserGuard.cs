using System.Runtime.CompilerServices;
using Katanemimena.Core;

namespace Katanemimena.Runners;

/// <summary>Stands between one thread that runs user code and the engine's sinks and sources, so that a thread stuck in user code can be given up safely.</summary>
/// <remarks>The user's thread marks every call into the engine; that costs two plain stores and a load. Whoever gives up on the thread closes the
/// guard, makes all processors see it, and looks whether the thread was in user code: if so, it will never enter the engine again (an
/// asymmetric form of Dekker's lock, the heavy side being <see cref="Interlocked.MemoryBarrierProcessWide"/>). No other thread may enter
/// at all: what stands behind the guard is made for one thread, on memory of our own that nobody else watches over.</remarks>
internal sealed class UserGuard
{
    private const string Ended = "an emitter, or the values of a key, was used after the call it was given to had ended";

    private readonly Lock _gate = new();
    private int _owner;
    private int _inEngine;
    private int _closed;
    private long _moves;
    private bool _abandoned;
    private bool _ended;
    private bool _complete;

    /// <summary>Grows with every call into the engine.</summary>
    public long Moves => Volatile.Read(ref _moves);

    /// <summary>Whether the thread is in the engine at this moment.</summary>
    public bool InEngine => Volatile.Read(ref _inEngine) != 0;

    /// <summary>Whether the next call into the engine may be refused.</summary>
    public bool IsClosed => Volatile.Read(ref _closed) != 0;

    /// <summary>Whether the calling thread is the one that may enter.</summary>
    public bool IsOwner
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => Environment.CurrentManagedThreadId == _owner;
    }

    /// <summary>Describes the program that runs within the engine on behalf of another, a combiner or fold; null while there is none.</summary>
    public Func<FailureCard>? Inner { get; set; }

    /// <summary>Memory for such a program, which must not be given the engine's own: the engine could not take it back from a thread that is stuck.</summary>
    public byte[] Scratch { get; private set; } = new byte[256];

    /// <summary>What the engine threw into user code, or null. User code may have swallowed it.</summary>
    public Exception? EngineFault { get; private set; }

    /// <summary>Makes <see cref="Scratch"/> as large as this, at least.</summary>
    public void ReserveScratch(int bytes) => Scratch = bytes <= Scratch.Length ? Scratch : new byte[Math.Max(bytes, 2 * Scratch.Length)];

    /// <summary>Makes the calling thread the one that may enter.</summary>
    public void Own() => _owner = Environment.CurrentManagedThreadId;

    /// <summary>Before a call into the engine, by the owner.</summary>
    /// <exception cref="OperationCanceledException">The thread was given up.</exception>
    /// <exception cref="InvalidOperationException">The run has ended.</exception>
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
    /// <remarks>Does not return if the thread was given up meanwhile: what the engine had on this thread is no longer its own, so there is no way
    /// back through it, not even by an exception.</remarks>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Reenter()
    {
        Volatile.Write(ref _inEngine, 1);
        if (Volatile.Read(ref _closed) != 0)
        {
            StayIfAbandoned();
        }
    }

    /// <summary>After a call that threw: from now on the engine refuses.</summary>
    public void Fail(Exception fault)
    {
        EngineFault ??= fault;
        Volatile.Write(ref _closed, 1);
        Leave();
    }

    /// <summary>Does something with what is the engine's after user code has thrown, by the owner.</summary>
    /// <exception cref="OperationCanceledException">The thread was given up: nothing was done, for none of it is there any more.</exception>
    public T Inside<T>(Func<T> work)
    {
        Enter();
        try
        {
            return work();
        }
        catch (Exception e) when (e is not UserCodeFault)
        {
            Fail(e);
            throw;
        }
        finally
        {
            Leave();
        }
    }

    /// <summary>Throws what the engine threw, if user code swallowed it.</summary>
    public void ThrowIfFailed()
    {
        if (EngineFault is { } fault)
        {
            System.Runtime.ExceptionServices.ExceptionDispatchInfo.Throw(fault);
        }
    }

    /// <summary>The run is over: from now on the engine refuses.</summary>
    /// <param name="complete">Whether it ended well, so that what it has emitted counts as all there is.</param>
    public void End(bool complete)
    {
        lock (_gate)
        {
            (_ended, _complete) = (true, complete);
            Volatile.Write(ref _closed, 1);
        }
    }

    /// <summary>Whether the thread was given up.</summary>
    public bool IsAbandoned
    {
        get
        {
            lock (_gate)
            {
                return _abandoned;
            }
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

    /// <summary>A thread that is not the owner called into the engine: fails the run, if it still runs.</summary>
    /// <param name="card">Card of the program.</param>
    /// <param name="call">What was called.</param>
    /// <returns>What to throw at that thread.</returns>
    public ForeignThread Refuse(FailureCard card, string call)
    {
        string error = $"{call} was called on another thread than the one that the mapper, reducer or combiner was called on; emitters and values belong to that thread, and to that call";
        lock (_gate)
        {
            if (!_ended && EngineFault is null)
            {
                EngineFault = new UserCodeFault(card with { Error = $"the {card.Role} '{card.Code}' used a thread of its own wrongly: {error}", Traceback = UserExceptions.Traceback(Environment.StackTrace) });
                Volatile.Write(ref _closed, 1);
            }

            return _complete && EngineFault is null ? new ForeignThread($"{error}; {Ended}", isLate: true) : new ForeignThread(error, isLate: false);
        }
    }

    private void StayIfAbandoned()
    {
        lock (_gate)
        {
            if (!_abandoned)
            {
                return;
            }
        }

        Thread.Sleep(Timeout.Infinite);
    }

    private void EnterClosed()
    {
        lock (_gate)
        {
            if (!_abandoned && !_ended && EngineFault is null)
            {
                return;
            }
        }

        Volatile.Write(ref _inEngine, 0);
        ThrowIfFailed();
        throw _ended
            ? new InvalidOperationException(Ended)
            : new OperationCanceledException("this attempt was given up: it had made no progress for its timeout, or was cancelled");
    }
}

/// <summary>Thrown at a thread of the user's that called into the engine, which only the thread that runs the user's code may.</summary>
/// <param name="message">What it did.</param>
/// <param name="isLate">Whether the run had ended well before, so that nothing can be made of it but the end of the process.</param>
internal sealed class ForeignThread(string message, bool isLate) : InvalidOperationException(message)
{
    /// <summary>Whether the run had ended well before.</summary>
    public bool IsLate { get; } = isLate;
}
