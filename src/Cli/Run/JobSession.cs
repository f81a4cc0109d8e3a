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
    private readonly UserCodeHost _host;

    private JobSession(EmbeddedEngine engine, UserCodeHost host, JobId job, JobSpec spec) =>
        (Engine, _host, Job, Spec) = (engine, host, job, spec);

    /// <summary>The engine.</summary>
    public EmbeddedEngine Engine { get; }

    /// <summary>The job.</summary>
    public JobId Job { get; }

    /// <summary>What it was submitted with.</summary>
    public JobSpec Spec { get; }

    /// <summary>Checks code and data, starts the engine, and submits or takes up the job.</summary>
    /// <exception cref="CommandError">Something cannot be used.</exception>
    /// <exception cref="PermanentFault">The job cannot work.</exception>
    public static async Task<JobSession> StartAsync(Workplace workplace, RunOptions options, JobClock clock, CancellationToken cancellation)
    {
        JobSpec spec = options.Resume is null
            ? await SpecAsync(workplace, options, cancellation)
            : await ResumedAsync(workplace, options, cancellation);
        clock.InputBytes = spec.Inputs.Sum(input => input.Bytes);
        UserCodeHost host = HostFor(workplace, options.Job);
        EmbeddedEngine? engine = null;
        try
        {
            engine = await EmbeddedEngine.StartAsync(Parts(workplace, host, options.Job.Workers, open => open == options.Resume), cancellation);
            JobId job = options.Resume ?? await engine.SubmitAsync(spec, cancellation);
            return new JobSession(engine, host, job, spec);
        }
        catch
        {
            await EndAsync(engine, host);
            throw;
        }
    }

    /// <summary>An engine that runs no job of its store; for looking and removing.</summary>
    public static async Task<EmbeddedEngine> IdleEngineAsync(Workplace workplace) =>
        await EmbeddedEngine.StartAsync(Parts(workplace, HostFor(workplace, new JobOptions()), 1, _ => false), CancellationToken.None);

    /// <summary>What a store holds, for errors.</summary>
    public static async Task<string> KnownJobsAsync(EmbeddedEngine engine, string stateFolder, CancellationToken cancellation)
    {
        IReadOnlyList<JobStatus> known = await engine.ListAsync(cancellation);
        return $"no such job in {stateFolder}; " + (known.Count == 0
            ? "it holds no jobs"
            : "it holds " + string.Join(", ", known.Select(status => $"{status.Id} ({status.Phase.ToString().ToLowerInvariant()})")));
    }

    /// <summary>Stops the engine and every process of the user's code.</summary>
    public ValueTask DisposeAsync() => EndAsync(Engine, _host);

    /// <summary>A host of user code with its folders in a workplace.</summary>
    public static UserCodeHost HostFor(Workplace workplace, JobOptions options) => new(new UserCodeHostOptions
    {
        CacheFolder = CacheFolder(),
        WorkFolder = Path.Join(workplace.Folder, "work"),
        ProcessMemoryBytesMax = ProcessMemoryBytesMax(options.Workers),
        RecordBytesMax = options.RecordBytesMax,
    });

    private static EngineParts Parts(Workplace workplace, UserCodeHost host, int workers, Func<JobId, bool> goesOn) => new()
    {
        Store = workplace.Store,
        Queue = workplace.Queue,
        Volume = workplace.Volume,
        Data = new LocalDataFiles(),
        CodeHost = host,
        ProcessName = ProcessName(),
        Workers = workers,
        GoesOn = goesOn,
    };

    /// <summary>A worker's share of three quarters of the machine's memory, but 1 to 4 GiB: so that code that eats memory fails itself and not the machine.</summary>
    private static long ProcessMemoryBytesMax(int workers) =>
        Math.Clamp(GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / 4 * 3 / workers, 1L << 30, 4L << 30);

    private static async ValueTask EndAsync(EmbeddedEngine? engine, UserCodeHost host)
    {
        if (engine is not null)
        {
            await engine.DisposeAsync();
        }

        await host.DisposeAsync();
    }

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

    private static async Task<JobSpec> ResumedAsync(Workplace workplace, RunOptions options, CancellationToken cancellation)
    {
        JobId job = options.Resume!.Value;
        if (await new JobStore(workplace.Store).SpecAsync(job, cancellation) is { } spec)
        {
            return spec;
        }

        await using EmbeddedEngine engine = await IdleEngineAsync(workplace);
        throw CommandError.Usage($"--resume {job}: {await KnownJobsAsync(engine, options.StateFolder!, cancellation)}");
    }

    private static string CacheFolder()
    {
        string? cache = Environment.GetEnvironmentVariable("XDG_CACHE_HOME");
        string folder = string.IsNullOrEmpty(cache) ? Path.Join(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".cache") : cache;
        return Path.Join(folder, "katanemimena");
    }

    private static string ProcessName() =>
        string.Create(CultureInfo.InvariantCulture, $"{Environment.ProcessId:x}-{TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds():x}");
}
