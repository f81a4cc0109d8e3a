using System.Globalization;
using Katanemimena.Adapters.FileSystem;
using Katanemimena.Cli.Display;
using Katanemimena.Cli.Options;
using Katanemimena.Core;
using Katanemimena.Orchestration;
using Katanemimena.Runners;

namespace Katanemimena.Cli.Run;

/// <summary>An engine at work on one job: a new one, or one of the state folder that goes on.</summary>
internal sealed class JobSession : IAsyncDisposable
{
    private const int SandboxedProcessesMax = 512;

    private readonly IUserCodeHost _host;
    private readonly Warnings _warnings;

    private JobSession(EmbeddedEngine engine, IUserCodeHost host, JobId job, JobSpec spec, RunOptions options, Warnings warnings)
    {
        (Engine, _host, Job, Spec, _warnings) = (engine, host, job, spec, warnings);
        Options = spec.Options with { Workers = options.Job.Workers, MemoryBytes = options.MemoryBytes ?? spec.Options.MemoryBytes };
    }

    /// <summary>The engine.</summary>
    public EmbeddedEngine Engine { get; }

    /// <summary>The job.</summary>
    public JobId Job { get; }

    /// <summary>What it was submitted with.</summary>
    public JobSpec Spec { get; }

    /// <summary>The job's options as they hold here: workers and memory are this process's.</summary>
    public JobOptions Options { get; }

    /// <summary>Checks code and data, starts the engine, and submits or takes up the job.</summary>
    /// <param name="workplace">Where the job is.</param>
    /// <param name="options">What was asked for.</param>
    /// <param name="clock">Told how much there is to read.</param>
    /// <param name="check">Throws if the job must not run; called before anything of it does.</param>
    /// <param name="warnings">Told of what goes wrong and is tried again.</param>
    /// <param name="cancellation">Leaves nothing running.</param>
    /// <exception cref="CommandError">Something cannot be used.</exception>
    /// <exception cref="PermanentFault">The job cannot work.</exception>
    public static async Task<JobSession> StartAsync(
        Workplace workplace, RunOptions options, JobClock clock, Action<JobSpec> check, Warnings warnings, CancellationToken cancellation)
    {
        var host = new EarlyCode(HostFor(workplace, options.Job));
        EngineParts parts = Parts(workplace, host, options) with { Data = new CountedDataFiles(new LocalDataFiles(), clock.Read), GoesOn = open => open == options.Resume, Report = warnings.Take };
        try
        {
            (EmbeddedEngine engine, JobId job, JobSpec spec) = options.Resume is { } resumed
                ? await ResumeAsync(workplace, parts, options, resumed, clock, check, cancellation)
                : await SubmitAsync(workplace, parts, host, options, clock, check, cancellation);
            return new JobSession(engine, host, job, spec, options, warnings);
        }
        catch
        {
            await host.DisposeAsync();
            throw;
        }
    }

    private static async Task<(EmbeddedEngine Engine, JobId Job, JobSpec Spec)> ResumeAsync(
        Workplace workplace, EngineParts parts, RunOptions options, JobId job, JobClock clock, Action<JobSpec> check, CancellationToken cancellation)
    {
        JobSpec spec = await ResumedAsync(workplace, options, job, cancellation);
        check(spec);
        clock.InputBytes = spec.Inputs.Sum(input => input.Bytes);
        return (await EmbeddedEngine.StartAsync(parts, cancellation), job, spec);
    }

    /// <summary>Reads code and data while the engine starts, for neither needs the other; and opens the code while the rest of the engine starts and the job is stored.</summary>
    private static async Task<(EmbeddedEngine Engine, JobId Job, JobSpec Spec)> SubmitAsync(
        Workplace workplace, EngineParts parts, EarlyCode host, RunOptions options, JobClock clock, Action<JobSpec> check, CancellationToken cancellation)
    {
        Task<EmbeddedEngine> starting = Task.Run(() => EmbeddedEngine.StartAsync(parts, cancellation).AsTask(), CancellationToken.None);
        try
        {
            JobSpec spec = await SpecAsync(workplace, options, cancellation);
            EmbeddedEngine.Check(spec);
            check(spec);
            clock.InputBytes = spec.Inputs.Sum(input => input.Bytes);
            JobId next = await new JobStore(workplace.Store).NextAsync(EngineParts.DefaultManager, cancellation);
            host.Begin(JobCode.Of(next, spec));
            EmbeddedEngine engine = await starting;
            return (engine, await engine.SubmitAsync(spec, cancellation), spec);
        }
        catch
        {
            await EndAsync(starting);
            throw;
        }
    }

    private static async ValueTask EndAsync(Task<EmbeddedEngine> starting)
    {
        await ((Task)starting).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
        if (starting.IsCompletedSuccessfully)
        {
            await (await starting).DisposeAsync();
        }
    }

    /// <summary>An engine that runs no job of its store; for looking and removing.</summary>
    public static async Task<EmbeddedEngine> IdleEngineAsync(Workplace workplace) =>
        await EmbeddedEngine.StartAsync(Parts(workplace, HostFor(workplace, new JobOptions()), new RunOptions()), CancellationToken.None);

    /// <summary>What a store holds, for errors.</summary>
    public static async Task<string> KnownJobsAsync(EmbeddedEngine engine, string stateFolder, CancellationToken cancellation)
    {
        IReadOnlyList<JobStatus> known = await engine.ListAsync(cancellation);
        return $"no such job in {stateFolder}; " + (known.Count == 0
            ? "it holds no jobs"
            : "it holds " + string.Join(", ", known.Select(status => $"{status.Id} ({status.Phase.ToString().ToLowerInvariant()})")));
    }

    /// <summary>Stops the engine and every process of the user's code.</summary>
    public async ValueTask DisposeAsync()
    {
        _warnings.End();
        await Engine.DisposeAsync();
        await _host.DisposeAsync();
    }

    /// <summary>A host of user code with its folders in a workplace.</summary>
    public static UserCodeHost HostFor(Workplace workplace, JobOptions options) => new(new UserCodeHostOptions
    {
        CacheFolder = CacheFolder(workplace),
        WorkFolder = Path.Join(workplace.Folder, "work"),
        ProcessMemoryBytesMax = ProcessMemoryBytesMax(options.Workers),
        OpenTimeout = options.TaskTimeout,
        RecordBytesMax = options.RecordBytesMax,
        Sandbox = options.Sandbox,
        Hidden = [workplace.Folder],
        ProcessesMax = options.Sandbox == SandboxDemand.Off ? 0 : SandboxedProcessesMax,
    });

    private static EngineParts Parts(Workplace workplace, IUserCodeHost host, RunOptions options) => new()
    {
        Store = workplace.Store,
        Queue = workplace.Queue,
        Volume = workplace.Volume,
        Data = new LocalDataFiles(),
        CodeHost = host,
        ProcessName = ProcessName(),
        Workers = options.Job.Workers,
        MemoryBytes = options.MemoryBytes,
        GoesOn = _ => false,
    };

    /// <summary>A worker's share of three quarters of the machine's memory, but 1 to 4 GiB: so that code that eats memory fails itself and not the machine.</summary>
    private static long ProcessMemoryBytesMax(int workers) =>
        Math.Clamp(GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / 4 * 3 / workers, 1L << 30, 4L << 30);

    private static async Task<JobSpec> SpecAsync(Workplace workplace, RunOptions options, CancellationToken cancellation)
    {
        CodeFile mapper = Load(options.Mapper, "mapper", options.Contract, workplace);
        CodeFile reducer = options.Reducer is null ? CodeFiles.Identity : Load(options.Reducer, "reducer", options.Contract, workplace);
        CodeFile? combiner = options.Combiner is null ? null : Load(options.Combiner, "combiner", options.Contract, workplace);
        IReadOnlyList<InputFile> inputs = InputResolver.Resolve(await PathsAsync(workplace, options.Data, cancellation));
        return new JobSpec
        {
            Inputs = inputs,
            Mapper = mapper,
            Reducer = reducer,
            Combiner = combiner,
            Options = options.Job,
            Owner = Environment.UserName,
            Submitted = TimeProvider.System.GetUtcNow(),
        };
    }

    private static CodeFile Load(string given, string role, CodeContract contract, Workplace workplace) =>
        CodeFiles.Load(given, role, contract, workplace.CodeFolder);

    private static async Task<List<string>> PathsAsync(Workplace workplace, IReadOnlyList<string> data, CancellationToken cancellation)
    {
        var paths = new List<string>(data.Count);
        foreach (string path in data)
        {
            if (path != "-")
            {
                paths.Add(path);
                continue;
            }

            string spool = Path.Join(workplace.InputFolder, $"stdin-{ProcessName()}");
            await StandardInput.SpoolAsync(spool, cancellation);
            paths.Add(spool);
        }

        return paths;
    }

    private static async Task<JobSpec> ResumedAsync(Workplace workplace, RunOptions options, JobId job, CancellationToken cancellation)
    {
        var jobs = new JobStore(workplace.Store);
        if (await jobs.SpecAsync(job, cancellation) is { } spec)
        {
            if (await jobs.StateAsync(job, cancellation) is { State.Phase: <= JobPhase.Mapping })
            {
                RequireInputs(job, spec);
            }

            return spec;
        }

        await using EmbeddedEngine engine = await IdleEngineAsync(workplace);
        throw CommandError.Usage($"--resume {job}: {await KnownJobsAsync(engine, options.StateFolder!, cancellation)}");
    }

    /// <summary>Refuses to wake a job whose input is not as it was. Woken, it would fail for good.</summary>
    private static void RequireInputs(JobId job, JobSpec spec)
    {
        var data = new LocalDataFiles();
        foreach (InputFile input in spec.Inputs.Distinct())
        {
            try
            {
                data.Open(input).Dispose();
            }
            catch (PermanentFault fault)
            {
                throw CommandError.Usage($"--resume {job}: {fault.Message}; the job is left as it is: put the file back as it was, and resume the job again");
            }
        }
    }

    /// <summary>The user's cache. Services and containers have users without a home: for them it goes with the jobs.</summary>
    private static string CacheFolder(Workplace workplace)
    {
        string? cache = Environment.GetEnvironmentVariable("XDG_CACHE_HOME");
        string home = Environment.GetFolderPath(Environment.SpecialFolder.UserProfile);
        return !string.IsNullOrEmpty(cache) ? Path.Join(cache, "katanemimena")
            : home.Length > 0 ? Path.Join(home, ".cache", "katanemimena")
            : workplace.CacheFolder;
    }

    private static string ProcessName() =>
        string.Create(CultureInfo.InvariantCulture, $"{Environment.ProcessId:x}-{TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds():x}");
}
