using System.Collections.Concurrent;
using System.Globalization;
using Katanemimena.Adapters.FileSystem;
using Katanemimena.Adapters.InMemory;
using Katanemimena.Core;
using Katanemimena.DataPath;
using Katanemimena.Orchestration;
using Katanemimena.Runners;

namespace Katanemimena.Tests.EndToEnd.Matrix;

/// <summary>How a job is cut up.</summary>
/// <param name="ChunkBytes">Bytes a chunk; 0 for automatic.</param>
/// <param name="Workers">Workers that run it.</param>
/// <param name="Reducers">Reduce tasks; 0 for automatic.</param>
/// <param name="Combine">Whether the combiner runs.</param>
/// <param name="Isolation">Where .NET code runs.</param>
public sealed record Cut(long ChunkBytes, int Workers, int Reducers, bool Combine, DotNetIsolation Isolation = DotNetIsolation.InProcess);

/// <summary>The engine as <c>mrctl run</c> puts it together, kept for many jobs: a process for each would take longer than all the jobs.</summary>
public sealed class MatrixEngine : IAsyncLifetime
{
    private readonly string _folder = Directory.CreateTempSubdirectory("matrix-").FullName;
    private readonly ConcurrentDictionary<(int Workers, DotNetIsolation Isolation), Lazy<Task<EmbeddedEngine>>> _engines = [];
    private readonly ConcurrentBag<IDisposable> _stores = [];
    private readonly UserCodeHost[] _hosts;
    private readonly FolderVolume _volume;

    /// <summary>Makes its folders; an engine starts when the first job asks for its number of workers.</summary>
    public MatrixEngine()
    {
        var options = new UserCodeHostOptions { CacheFolder = Path.Join(_folder, "cache"), WorkFolder = Path.Join(_folder, "work") };
        _hosts = [.. Enum.GetValues<DotNetIsolation>().Select(isolation => new UserCodeHost(options with { DotNetIsolation = isolation }))];
        _volume = new FolderVolume(Path.Join(_folder, "volume"), durable: false);
    }

    /// <inheritdoc/>
    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    /// <summary>Runs a job to its end and returns the bytes of its result.</summary>
    public async Task<byte[]> RunAsync(string name, Sample sample, SampleVariant variant, IReadOnlyList<string> input, Cut cut, CancellationToken cancellation)
    {
        EmbeddedEngine engine = await _engines.GetOrAdd((cut.Workers, cut.Isolation), key => new Lazy<Task<EmbeddedEngine>>(() => StartAsync(key.Workers, key.Isolation))).Value;
        JobId job = await engine.SubmitAsync(Spec(name, variant, input, cut), cancellation);
        JobStatus? last = null;
        await foreach (JobStatus status in engine.WatchAsync(job, cancellation))
        {
            last = status;
        }

        Assert.True(last?.Phase == JobPhase.Completed, $"{cut}: the job ended as {last?.Phase}: {last?.Error}");
        JobManifest manifest = await engine.ManifestAsync(job, cancellation);
        using var output = new MemoryStream();
        ResultReader.Write(Result(job, manifest, sample), output, cancellation);
        await engine.DeleteAsync(job, cancellation);
        return output.ToArray();
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        foreach (Lazy<Task<EmbeddedEngine>> engine in _engines.Values)
        {
            await (await engine.Value).DisposeAsync();
        }

        foreach (UserCodeHost host in _hosts)
        {
            await host.DisposeAsync();
        }

        foreach (IDisposable store in _stores)
        {
            store.Dispose();
        }

        Directory.Delete(_folder, recursive: true);
    }

    private async Task<EmbeddedEngine> StartAsync(int workers, DotNetIsolation isolation)
    {
        var store = new InMemoryKeyValueStore(TimeProvider.System);
        var queue = new InMemoryTaskQueue(TimeProvider.System);
        _stores.Add(store);
        _stores.Add(queue);
        string name = string.Create(CultureInfo.InvariantCulture, $"matrix-{workers}-{(int)isolation}");
        return await EmbeddedEngine.StartAsync(
            new EngineParts
            {
                Store = store,
                Queue = queue,
                Volume = _volume,
                Data = new LocalDataFiles(),
                CodeHost = _hosts[(int)isolation],
                Manager = name,
                ProcessName = name,
                Workers = workers,
            },
            CancellationToken.None);
    }

    private JobSpec Spec(string name, SampleVariant variant, IReadOnlyList<string> input, Cut cut) => new()
    {
        Inputs = InputResolver.Resolve(input),
        Mapper = Load(name, variant.Mapper, "mapper"),
        Reducer = variant.Reducer is null ? CodeFiles.Identity : Load(name, variant.Reducer, "reducer"),
        Combiner = cut.Combine ? Load(name, variant.Combiner!, "combiner") : null,
        Options = new JobOptions { ChunkBytes = cut.ChunkBytes, Reducers = cut.Reducers, Workers = cut.Workers },
    };

    private CodeFile Load(string name, string file, string role) =>
        CodeFiles.Load(Sample.PathOf(name, file), role, CodeContract.Auto, Path.Join(_folder, "code"));

    private ResultRequest Result(JobId job, JobManifest manifest, Sample sample) => new()
    {
        Parts = [.. manifest.Parts.Select((part, index) => new RunReference(new AttemptId(new TaskId(job, TaskStage.Reduce, index), part.Attempt), part.Path))],
        Values = manifest.Values,
        Format = Enum.Parse<ResultFormat>(sample.Format, ignoreCase: true),
        Volume = _volume,
    };
}
