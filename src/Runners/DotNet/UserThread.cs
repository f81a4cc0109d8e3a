using System.Diagnostics;
using System.Runtime.ExceptionServices;
using Katanemimena.Core;

namespace Katanemimena.Runners;

/// <summary>A thread that runs user code of this process, so that the caller can go on without it when it is stuck.</summary>
/// <remarks>A thread cannot be ended from outside. When it neither takes input nor emits for the attempt's timeout, the attempt fails and the
/// thread, a background thread, is left behind; it ends with the process, or at its next call to its emitter or values, which throws.</remarks>
internal sealed class UserThread : IDisposable
{
    private static readonly TimeSpan CancellationGrace = TimeSpan.FromMilliseconds(250);

    [ThreadStatic]
    private static UserGuard? s_current;

    private readonly ManualResetEventSlim _begin = new();
    private readonly ManualResetEventSlim _done = new();
    private Thread? _thread;
    private Action<UserGuard>? _body;
    private UserGuard _guard = new();
    private ExceptionDispatchInfo? _thrown;
    private bool _ended;

    // What was thrown at a thread of the user's is on the attempt's card; it need not end the process too.
    static UserThread()
    {
        try
        {
            ExceptionHandling.SetUnhandledExceptionHandler(static exception => exception is ForeignThread { IsLate: false });
        }
        catch (InvalidOperationException)
        {
            // Whoever runs this process has a handler of their own.
        }
    }

    /// <summary>The guard of the calling thread, if that runs user code or the engine's work for it.</summary>
    public static UserGuard? Current => s_current;

    /// <summary>Describes the program within another's run that was running when the thread was given up; null if there was none.</summary>
    public FailureCard? Inner => _guard.Inner?.Invoke();

    /// <summary>Whether the thread was given up; this object is then of no more use.</summary>
    public bool Abandoned { get; private set; }

    /// <summary>Runs user code to its end. Called from user code's own thread (a combiner that a mapper's output needs), it runs right there.</summary>
    /// <param name="attempt">Its timeout and cancellation are watched.</param>
    /// <param name="body">Runs on the thread; must enter the guard before every call into the engine.</param>
    /// <param name="inner">Describes it where it runs within another's run, which is then given up because of it.</param>
    /// <exception cref="TimeoutException">No progress for the attempt's timeout; the thread was given up.</exception>
    /// <exception cref="OperationCanceledException">The attempt was cancelled.</exception>
    public void Run(AttemptContext attempt, Action<UserGuard> body, Func<FailureCard>? inner = null) => Run(attempt.Timeout, body, attempt.Cancellation, inner);

    /// <summary>As the other, where there is no attempt.</summary>
    public void Run(TimeSpan timeout, Action<UserGuard> body, CancellationToken cancellation, Func<FailureCard>? inner = null)
    {
        if (s_current is { } outer)
        {
            RunNested(outer, body, inner);
            return;
        }

        Invariant.Holds(!Abandoned && !_ended);
        _guard = new UserGuard();
        _body = body;
        _thrown = null;
        _done.Reset();
        StartThread();
        _begin.Set();
        Watch(timeout, cancellation);
        _thrown?.Throw();
        _guard.ThrowIfFailed();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (!_ended && !Abandoned)
        {
            _ended = true;
            _begin.Set();
            _thread?.Join();
            _begin.Dispose();
            _done.Dispose();
        }
    }

    private static void RunNested(UserGuard outer, Action<UserGuard> body, Func<FailureCard>? inner)
    {
        Func<FailureCard>? before = outer.Inner;
        outer.Inner = inner;
        outer.Leave();
        try
        {
            body(outer);
        }
        finally
        {
            outer.Reenter();
            outer.Inner = before;
        }
    }

    private void StartThread()
    {
        if (_thread is null)
        {
            _thread = new Thread(Loop) { IsBackground = true, Name = "user code" };
            _thread.Start();
        }
    }

    private void Loop()
    {
        while (true)
        {
            _begin.Wait();
            _begin.Reset();
            if (_ended)
            {
                return;
            }

            _guard.Own();
            s_current = _guard;
            try
            {
                _body!(_guard);
            }
            catch (Exception e)
            {
                _thrown = ExceptionDispatchInfo.Capture(e);
            }

            _guard.End(complete: _thrown is null);
            s_current = null;
            _body = null;
            if (_guard.IsAbandoned)
            {
                return;
            }

            _done.Set();
        }
    }

    private void Watch(TimeSpan timeout, CancellationToken cancellation)
    {
        TimeSpan step = TimeSpan.FromMilliseconds(Math.Clamp(timeout.TotalMilliseconds / 8, 1, 50));
        long moves = -1;
        long since = Stopwatch.GetTimestamp();
        long cancelled = 0;
        while (!_done.Wait(step, CancellationToken.None))
        {
            if (cancellation.IsCancellationRequested)
            {
                cancelled = cancelled == 0 ? Stopwatch.GetTimestamp() : cancelled;
                if (Stopwatch.GetElapsedTime(cancelled) > CancellationGrace && GiveUp())
                {
                    throw new OperationCanceledException(cancellation);
                }
            }

            if (_guard.InEngine || _guard.Moves != moves)
            {
                moves = _guard.Moves;
                since = Stopwatch.GetTimestamp();
            }
            else if (Stopwatch.GetElapsedTime(since) > timeout && GiveUp())
            {
                throw new TimeoutException();
            }
        }
    }

    private bool GiveUp() => !_done.IsSet && (Abandoned = _guard.TryAbandon());
}
