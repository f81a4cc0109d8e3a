namespace Katanemimena.Tests.Simulation;

/// <summary>Runs everything on one thread, one continuation at a time, in an order drawn from the seed.</summary>
internal sealed class SimScheduler(Random random, SimClock clock)
{
    /// <summary>More steps than any run needs: beyond it something spins.</summary>
    private const int StepsMax = 2_000_000;

    private readonly List<(SimProcess Process, SendOrPostCallback Run, object? State)> _ready = [];

    public SimClock Clock => clock;

    public int Steps { get; private set; }

    public void Post(SimProcess process, SendOrPostCallback run, object? state) => _ready.Add((process, run, state));

    /// <summary>Runs until a condition holds, nothing can happen any more, or time is up.</summary>
    /// <returns>Whether the condition holds.</returns>
    public bool RunUntil(Func<bool> condition, TimeSpan limit)
    {
        SynchronizationContext? before = SynchronizationContext.Current;
        try
        {
            while (!condition())
            {
                if (clock.Elapsed > limit || ++Steps > StepsMax)
                {
                    return false;
                }

                if (_ready.Count > 0)
                {
                    Step();
                }
                else if (!Advance())
                {
                    return false;
                }
            }

            return true;
        }
        finally
        {
            SynchronizationContext.SetSynchronizationContext(before);
        }
    }

    private bool Advance()
    {
        SynchronizationContext.SetSynchronizationContext(SimProcess.Nobody);
        return clock.TryAdvance();
    }

    private void Step()
    {
        int index = random.Next(_ready.Count);
        (SimProcess process, SendOrPostCallback run, object? state) = _ready[index];
        _ready[index] = _ready[^1];
        _ready.RemoveAt(_ready.Count - 1);
        if (process.MayRun(run, state))
        {
            SynchronizationContext.SetSynchronizationContext(process.Context);
            run(state);
        }
    }
}

/// <summary>One process: its continuations run only while it is alive and not paused.</summary>
internal sealed class SimProcess
{
    private readonly SimScheduler _scheduler;
    private readonly List<(SendOrPostCallback Run, object? State)> _held = [];
    private bool _paused;

    public SimProcess(SimScheduler scheduler, string name)
    {
        (_scheduler, Name) = (scheduler, name);
        Context = new ProcessContext(this);
    }

    /// <summary>A context that is nobody's, so that no continuation runs inside the callback of a timer.</summary>
    public static SynchronizationContext Nobody { get; } = new();

    public string Name { get; }

    public bool Alive { get; private set; } = true;

    public SynchronizationContext Context { get; }

    /// <summary>Starts a coroutine in this process. An exception that escapes it is a bug and ends the simulation.</summary>
    public void Start(Func<Task> run, Action<Exception> escaped) => _scheduler.Post(
        this,
        async _ =>
        {
            try
            {
                await run();
            }
            catch (Exception e)
            {
                escaped(e);
            }
        },
        null);

    /// <summary>Dies at once: nothing of it runs any more.</summary>
    public void Kill() => Alive = false;

    /// <summary>Stands still, while time goes on.</summary>
    public void Pause() => _paused = true;

    public void Continue()
    {
        _paused = false;
        foreach ((SendOrPostCallback run, object? state) in _held)
        {
            _scheduler.Post(this, run, state);
        }

        _held.Clear();
    }

    public bool MayRun(SendOrPostCallback run, object? state)
    {
        if (Alive && _paused)
        {
            _held.Add((run, state));
        }

        return Alive && !_paused;
    }

    private sealed class ProcessContext(SimProcess process) : SynchronizationContext
    {
        public override void Post(SendOrPostCallback d, object? state)
        {
            if (process.Alive)
            {
                process._scheduler.Post(process, d, state);
            }
        }

        public override void Send(SendOrPostCallback d, object? state) => throw new NotSupportedException("nothing may block in a simulation");

        public override SynchronizationContext CreateCopy() => this;
    }
}
