using Katanemimena.Adapters.InMemory;
using Katanemimena.Core;
using Katanemimena.Orchestration;

namespace Katanemimena.Tests.Simulation;

/// <summary>What is to be simulated.</summary>
internal sealed record SimPlan
{
    public required int Seed { get; init; }

    /// <summary>What goes wrong; null to draw it from the seed.</summary>
    public Chaos? Chaos { get; init; }

    public SimDataPath DataPath { get; init; } = new ModelDataPath();

    /// <summary>How many tasks of a stage are sent at a time; null for 0 (all) to 3, by the seed.</summary>
    public int? SendWindow { get; init; }

    /// <summary>Stands between the processes and the store; for proofs that a broken engine is found out.</summary>
    public Func<Transaction, Transaction>? Tamper { get; init; }

    /// <summary>Renames files between the processes and the volume, for the same purpose.</summary>
    public Func<string, string> Rename { get; init; } = path => path;
}

/// <summary>What a run came to.</summary>
internal sealed record SimReport(int Jobs, int Completed, int Failed, int Cancelled, int Commits, int MapsReopened, int Tasks, int Workers, int WorkerCalls, int OtherCalls, int Messages, int Steps, TimeSpan Elapsed);

/// <summary>One simulated cluster: managers, workers, a submitter, and what goes wrong between them.</summary>
internal sealed class SimWorld : IDisposable
{
    /// <summary>Failed attempts before a job fails; the default of a job.</summary>
    public const int AttemptsMax = 4;

    /// <summary>When things stop going wrong.</summary>
    private static readonly TimeSpan s_calm = TimeSpan.FromSeconds(90);

    /// <summary>When every job must have ended.</summary>
    private static readonly TimeSpan s_limit = TimeSpan.FromMinutes(60);

    private readonly SimPlan _plan;
    private readonly SimScheduler _scheduler;
    private readonly InMemoryKeyValueStore _store;
    private readonly InMemoryTaskQueue _queue;
    private readonly InMemoryVolume _disk = new();
    private readonly IVolume _volume;
    private readonly SimProcess _world;
    private readonly List<SimMember> _members = [];
    private readonly List<JobId> _submitted = [];
    private readonly SimInput _input;
    private readonly int _jobs;
    private readonly Chaos _drawn;
    private int _toSubmit;

    public SimWorld(SimPlan plan)
    {
        _plan = plan;
        Random = new Random(plan.Seed);
        _drawn = plan.Chaos ?? Chaos.Draw(Random);
        Chaos = _drawn;
        _scheduler = new SimScheduler(Random, Clock);
        _store = new InMemoryKeyValueStore(Clock);
        _queue = new InMemoryTaskQueue(Clock);
        Checker = new SimChecker(plan.Rename);
        _volume = new WatchedVolume(_disk, Checker, plan.Rename);
        _world = new SimProcess(_scheduler, "world");
        _input = new SimInput(Random);
        _jobs = _toSubmit = Random.Next(3) == 0 ? 2 : 1;
        int managers = Random.Next(1, 3);
        for (int manager = 0; manager < managers; manager++)
        {
            _members.Add(new SimMember(this, $"m{manager}", isManager: true));
        }

        for (int worker = Random.Next(1, 4); worker > 0; worker--)
        {
            _members.Add(new SimMember(this, $"w{worker}", isManager: false));
        }
    }

    public SimClock Clock { get; } = new();

    public int SendWindow => _plan.SendWindow ?? _plan.Seed % 4;

    public Random Random { get; }

    public Chaos Chaos { get; private set; }

    public SimChecker Checker { get; }

    public SimDataPath DataPath => _plan.DataPath;

    public IKeyValueStore Store => _store;

    public ITaskQueue Queue => _queue;

    public IVolume Volume => _volume;

    public IDataFiles Input => _input;

    public SimScheduler Scheduler => _scheduler;

    /// <summary>Calls of the store by workers, leases aside.</summary>
    public int WorkerCalls { get; set; }

    /// <summary>Calls of the store by everybody else, leases aside.</summary>
    public int OtherCalls { get; set; }

    public int Messages { get; set; }

    /// <summary>Runs a plan to its end.</summary>
    /// <exception cref="Violation">A promise was broken.</exception>
    public static SimReport Run(SimPlan plan)
    {
        using var world = new SimWorld(plan);
        return world.Run();
    }

    public void Dispose()
    {
        _members.ForEach(member => member.Dispose());
        _store.Dispose();
        _queue.Dispose();
    }

    public void Count(SimProcess process)
    {
        if (_members.Any(member => member.Process == process && !member.IsManager))
        {
            WorkerCalls++;
        }
        else
        {
            OtherCalls++;
        }
    }

    public bool Happens(double rate) => rate > 0 && Random.NextDouble() < rate;

    /// <summary>Lets a process die, perhaps. Then this never returns to it.</summary>
    public async ValueTask MayCrashAsync(SimProcess process)
    {
        if (process != _world && Happens(Chaos.Crash))
        {
            _members.First(member => member.Process == process).Kill();
        }

        if (!process.Alive)
        {
            await new TaskCompletionSource().Task;
        }
    }

    /// <summary>Carries a transaction out, and has it checked.</summary>
    public async ValueTask<TransactionResult> TransactAsync(Transaction transaction)
    {
        TransactionResult result = await _store.TransactAsync(_plan.Tamper?.Invoke(transaction) ?? transaction, CancellationToken.None);
        if (result.Succeeded)
        {
            Checker.OnTransaction(transaction, result.Revision);
        }

        return result;
    }

    /// <summary>Does something up to 10 s later, whoever asked for it.</summary>
    public void DoLater(Func<Task> action) => StartInWorld(async () =>
    {
        await Task.Delay(TimeSpan.FromMilliseconds(Random.Next(10_000)), Clock);
        try
        {
            await action();
        }
        catch (Exception e) when (e is TransientFault or LeaseEnded)
        {
            // Nobody waits for the answer.
        }
    });

    /// <summary>An exception that a process let escape.</summary>
    public void Escaped(Exception e) => Checker.Require(e is OperationCanceledException, $"a loop died of {e}");

    /// <summary>What a loop reported and went on after: only faults of others are expected.</summary>
    public void Reported(string queue, Exception e) => Checker.Require(e is TransientFault or LeaseEnded or PermanentFault, $"a handler of {queue} died of {e}");

    public void StartInWorld(Func<Task> run) => _world.Start(run, Escaped);

    private SimReport Run()
    {
        foreach (SimMember member in _members)
        {
            member.Start();
        }

        StartInWorld(SubmitAsync);
        StartInWorld(DisturbAsync);
        bool ended = _scheduler.RunUntil(() => Checker.Found is not null || HasEnded(), s_limit);
        if (Checker.Found is { } found)
        {
            throw found;
        }

        if (!ended)
        {
            throw new Violation($"not every job ended after {Clock.Elapsed} and {_scheduler.Steps} steps: {string.Join(", ", KeysLeft())}");
        }

        foreach ((JobId id, SimChecker.JobModel job) in Checker.Jobs)
        {
            CheckEnd(id, job);
        }

        return Report();
    }

    private IEnumerable<string> KeysLeft()
    {
        Task<RangeResult> all = _store.RangeAsync(KeyRange.Prefix("/mr/"), CancellationToken.None).AsTask();
        Invariant.Holds(all.IsCompleted, "the store in memory answers at once");
        IEnumerable<string> open = Checker.Jobs.Where(job => job.Value.State.Totals is null).Select(job => JobKeys.Job(job.Key));
        return all.Result.Keys.Where(key => open.Any(job => key.Key.StartsWith(job, StringComparison.Ordinal)) && !key.Key.EndsWith("/spec", StringComparison.Ordinal))
            .Select(key => key.Key.EndsWith("/state", StringComparison.Ordinal) ? $"{key.Key} {JobDocuments.ReadState(key.Value.Span).Phase} at {key.ModifyRevision}" : key.Key);
    }

    private bool HasEnded() => _toSubmit == 0 && Checker.Jobs.Values.All(job => job.State.Totals is not null);

    private void CheckEnd(JobId id, SimChecker.JobModel job)
    {
        switch (job.State.Phase)
        {
            case JobPhase.Completed:
                if (_drawn.PoisonedMap >= 0 && _drawn.PoisonedMap < job.State.MapTasks)
                {
                    throw new Violation($"{id} completed although map {_drawn.PoisonedMap} always fails");
                }

                JobManifest manifest = Read(job.State.Manifest!);
                if (!Result(manifest).SequenceEqual(_input.Reference))
                {
                    throw new Violation($"{id}: the result differs from the reference");
                }

                if (manifest.Map.Failed < 0 || manifest.Reduce.Failed < 0)
                {
                    throw new Violation($"{id}: fewer attempts than commits: maps {manifest.Map}, reduces {manifest.Reduce}");
                }

                break;
            case JobPhase.Failed:
                bool usedUp = job.Failed.Values.Any(failed => failed >= AttemptsMax)
                    || job.Started.Keys.GroupBy(attempt => attempt.Task).Any(task => task.Count() >= AttemptLimits.LostMax(AttemptsMax));
                if (!usedUp)
                {
                    throw new Violation($"{id} failed though no task's attempts were used up: {job.State.Error}");
                }

                break;
            default:
                if (!_drawn.Cancels)
                {
                    throw new Violation($"{id} ended as {job.State.Phase}");
                }

                break;
        }
    }

    private SortedDictionary<string, long> Result(JobManifest manifest)
    {
        try
        {
            return DataPath.Result(manifest, _volume);
        }
        catch (CorruptDataFault fault)
        {
            throw new Violation($"a part of a completed job cannot be read: {fault.Message}");
        }
    }

    private JobManifest Read(string path)
    {
        using VolumeReader reader = _disk.Open(path);
        byte[] json = new byte[reader.Length];
        reader.Read(0, json);
        return JobDocuments.ReadManifest(json);
    }

    private SimReport Report()
    {
        IEnumerable<JobState> states = Checker.Jobs.Values.Select(job => job.State);
        return new SimReport(
            Checker.Jobs.Count,
            states.Count(state => state.Phase == JobPhase.Completed),
            states.Count(state => state.Phase == JobPhase.Failed),
            states.Count(state => state.Phase == JobPhase.Cancelled),
            Checker.Commits,
            Checker.MapsReopened,
            states.Sum(state => state.MapTasks + state.ReduceTasks),
            _members.Count(member => !member.IsManager),
            WorkerCalls,
            OtherCalls,
            Messages,
            _scheduler.Steps,
            Clock.Elapsed);
    }

    private async Task SubmitAsync()
    {
        var submitter = new JobSubmitter(new FaultyStore(_store, _world, this), new FaultyQueue(_queue, _world, this), new QueueNames());
        string[] managers = [.. _members.Where(member => member.IsManager).Select(member => member.Name)];
        while (_toSubmit > 0)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(Random.Next(_jobs == 1 ? 1 : 5000)), Clock);
            try
            {
                _submitted.Add(await submitter.SubmitAsync(managers[Random.Next(managers.Length)], Spec(), CancellationToken.None));
                _toSubmit--;
            }
            catch (TransientFault)
            {
                // Submitted again: the job may then be there twice, and both must end well.
            }
        }
    }

    private JobSpec Spec()
    {
        var code = new CodeFile { Name = "count", Path = "/count", Sha256 = "", Contract = CodeContract.DotNet };
        return new JobSpec
        {
            Inputs = _input.Files,
            Mapper = code,
            Reducer = code,
            Combiner = Random.Next(2) == 0 ? code : null,
            Submitted = Clock.GetUtcNow(),
            Options = new JobOptions { ChunkBytes = SimInput.ChunkBytes, Reducers = Random.Next(4), Workers = 2, AttemptsMax = AttemptsMax, MemoryBytes = 16 << 20 },
        };
    }

    /// <summary>Kills, pauses, damages and cancels, until it is time to be calm; then brings everybody back.</summary>
    private async Task DisturbAsync()
    {
        while (Clock.Elapsed < s_calm && _drawn != Chaos.None)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(Random.Next(100, 5000)), Clock);
            SimMember member = _members[Random.Next(_members.Count)];
            if (Happens(Chaos.Kill))
            {
                member.Kill();
            }

            if (Happens(Chaos.Stop))
            {
                member.Stop();
            }

            if (Happens(Chaos.Pause))
            {
                member.PauseFor(TimeSpan.FromMilliseconds(Random.Next(45_000)));
            }

            if (Happens(Chaos.Corrupt))
            {
                Damage();
            }

            if (_drawn.Cancels && Random.Next(10) == 0 && _submitted.Count > 0)
            {
                await new JobStore(new CheckedStore(this)).EndAsync(_submitted[Random.Next(_submitted.Count)], new CancelRequested(Clock.GetUtcNow()), CancellationToken.None);
            }
        }

        Chaos = Chaos.None with { PoisonedMap = _drawn.PoisonedMap };
    }

    private void Damage()
    {
        string[] runs = [.. _disk.List("jobs").Where(path => path.Contains("/runs/", StringComparison.Ordinal))];
        if (runs.Length == 0)
        {
            return;
        }

        string run = runs[Random.Next(runs.Length)];
        byte[] content;
        using (VolumeReader reader = _disk.Open(run))
        {
            content = new byte[reader.Length];
            reader.Read(0, content);
        }

        if (content.Length == 0 || Random.Next(3) == 0)
        {
            _disk.Delete(run);
            return;
        }

        content[Random.Next(content.Length)] ^= (byte)(1 << Random.Next(8));
        using VolumeWriter writer = _disk.Create(run);
        writer.Write(content);
        writer.Publish();
    }
}
