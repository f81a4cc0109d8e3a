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

    /// <summary>Whether the thread was given up; this object is then of no more use.</summary>
    public bool Abandoned { get; private set; }

    /// <summary>Runs user code to its end. Called from user code's own thread (a combiner that a mapper's output needs), it runs right there.</summary>
    /// <param name="attempt">Its timeout and cancellation are watched.</param>
    /// <param name="body">Runs on the thread; must enter the guard before every call into the engine.</param>
    /// <exception cref="TimeoutException">No progress for the attempt's timeout; the thread was given up.</exception>
    /// <exception cref="OperationCanceledException">The attempt was cancelled.</exception>
    public void Run(AttemptContext attempt, Action<UserGuard> body)
    {
        if (s_current is { } outer)
        {
            RunNested(outer, body);
            return;
        }

        Invariant.Holds(!Abandoned && !_ended);
        _guard = new UserGuard();
        _body = body;
        _thrown = null;
        _done.Reset();
        StartThread();
        _begin.Set();
        Watch(attempt);
        _thrown?.Throw();
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

    private static void RunNested(UserGuard outer, Action<UserGuard> body)
    {
        outer.Leave();
        try
        {
            body(outer);
        }
        finally
        {
            outer.Reenter();
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

            s_current = _guard;
            try
            {
                _body!(_guard);
            }
            catch (Exception e)
            {
                _thrown = ExceptionDispatchInfo.Capture(e);
            }

            s_current = null;
            _body = null;
            _done.Set();
        }
    }

    private void Watch(AttemptContext attempt)
    {
        TimeSpan step = TimeSpan.FromMilliseconds(Math.Clamp(attempt.Timeout.TotalMilliseconds / 8, 1, 50));
        long moves = -1;
        long since = Stopwatch.GetTimestamp();
        long cancelled = 0;
        while (!_done.Wait(step))
        {
            if (attempt.Cancellation.IsCancellationRequested)
            {
                cancelled = cancelled == 0 ? Stopwatch.GetTimestamp() : cancelled;
                if (Stopwatch.GetElapsedTime(cancelled) > CancellationGrace && GiveUp())
                {
                    throw new OperationCanceledException(attempt.Cancellation);
                }
            }

            if (_guard.InEngine || _guard.Moves != moves)
            {
                moves = _guard.Moves;
                since = Stopwatch.GetTimestamp();
            }
            else if (Stopwatch.GetElapsedTime(since) > attempt.Timeout && GiveUp())
            {
                throw new TimeoutException();
            }
        }
    }

    private bool GiveUp() => !_done.IsSet && (Abandoned = _guard.TryAbandon());
}
