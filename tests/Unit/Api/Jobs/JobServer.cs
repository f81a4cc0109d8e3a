using System.Net.Http.Headers;
using System.Text;
using Katanemimena.Adapters.InMemory;
using Katanemimena.Api;
using Katanemimena.Core;
using Katanemimena.Orchestration;
using Katanemimena.Runners;
using Katanemimena.Service;
using Katanemimena.TriggerHost;
using Katanemimena.Wire;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace Katanemimena.Tests.Unit.Api.Jobs;

/// <summary>What a server of jobs is made with, where a test wants it otherwise.</summary>
internal sealed record JobServerOptions
{
    public bool Workers { get; init; } = true;

    public int OpenJobsMax { get; init; } = 20;

    public long StoredBytesMax { get; init; } = 1L << 30;

    public int DatafilesMax { get; init; } = 10_000;

    public Func<IKeyValueStore, IKeyValueStore> Store { get; init; } = store => store;

    public Func<IVolume, IVolume> Volume { get; init; } = volume => volume;

    public Func<JobParts, JobParts> Parts { get; init; } = parts => parts;

    public Action<KestrelServerLimits>? Limits { get; init; }
}

/// <summary>The endpoints of jobs behind a real server, with a manager and workers that run the jobs; stores are in memory, user code is real.</summary>
internal sealed class JobServer : IAsyncDisposable
{
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(120);

    private readonly CancellationTokenSource _limit = new(s_limit);
    private readonly CancellationTokenSource _stop = new();
    private readonly string _folder = Directory.CreateTempSubdirectory("katanemimena-jobs-").FullName;
    private readonly InMemoryKeyValueStore _store = new(TimeProvider.System);
    private readonly List<Task> _loops = [];
    private ManagerNode? _manager;
    private WorkerNode? _worker;
    private UserCodeHost? _code;

    private JobServer(JobServerOptions options)
    {
        Volume = options.Volume(new InMemoryVolume());
        Datafiles = new DatafileStore(_store, Volume, TimeProvider.System);
        Services = new JobServices(options.Parts(new JobParts
        {
            Store = options.Store(_store),
            Queue = Queue,
            Volume = Volume,
            Data = new DatafileJobData(Datafiles),
            CodeFolder = Path.Join(_folder, "code"),
            ProcessName = "api-0",
            WorkersPlanned = 2,
            Stop = _stop.Token,
        }));
        Endpoints = new JobEndpointParts(Services, (user, _) => ValueTask.FromResult<UserStanding?>(
            new UserStanding(options.OpenJobsMax, options.StoredBytesMax, options.DatafilesMax, KeyCondition.Absent($"/test/deleted/{user}"))));
    }

    public InMemoryTaskQueue Queue { get; } = new(TimeProvider.System);

    public IVolume Volume { get; }

    public IKeyValueStore Store => _store;

    public DatafileStore Datafiles { get; }

    public JobServices Services { get; }

    public JobEndpointParts Endpoints { get; }

    public ApiServer Api { get; private set; } = null!;

    public CancellationToken Limit => _limit.Token;

    public string CodeFolder => Path.Join(_folder, "code");

    public static async Task<JobServer> StartAsync(JobServerOptions? options = null)
    {
        options ??= new JobServerOptions();
        JobServer server = new(options);
        server.Api = await ApiServer.StartAsync(_ => JobEndpoints.All(server.Endpoints), limits: options.Limits);
        server._manager = await ManagerNode.StartAsync(
            new ManagerParts { Store = server._store, Queue = server.Queue, Volume = server.Volume, Manager = "m0", ProcessName = "manager-0" }, server.Limit);
        if (options.Workers)
        {
            await server.StartWorkersAsync();
        }

        return server;
    }

    /// <summary>Lets the jobs run.</summary>
    public async Task StartWorkersAsync()
    {
        _code = new UserCodeHost(new UserCodeHostOptions { CacheFolder = Path.Join(_folder, "cache"), WorkFolder = Path.Join(_folder, "work") });
        _worker = await WorkerNode.StartAsync(
            new WorkerNodeParts
            {
                Store = _store, Queue = Queue, Volume = Volume, Data = new DatafileReader(Volume), CodeHost = _code, ProcessName = "worker-0", Workers = 2,
            },
            Limit);
        Listen("stage", _manager!.HandleStageAsync);
        Listen("map-tasks", _worker.HandleAsync);
        Listen("reduce-tasks", _worker.HandleAsync);
    }

    /// <summary>Sends a submission.</summary>
    public async Task<ApiAnswer> PostAsync(string token, JobForm form, string? key = null)
    {
        using HttpRequestMessage request = new(HttpMethod.Post, "/api/jobs") { Content = form.Content() };
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        if (key is not null)
        {
            request.Headers.Add("Idempotency-Key", key);
        }

        using HttpResponseMessage response = await Api.Client.SendAsync(request, Limit);
        return await ApiAnswer.ReadAsync(response);
    }

    /// <summary>Submits a job that has to be taken.</summary>
    public async Task<JobDetail> SubmitAsync(string token, JobForm form)
    {
        ApiAnswer answer = await PostAsync(token, form);
        Assert.True(answer.Status == 201, $"{answer.Status}: {answer.Body}");
        return answer.Document(WireJson.Default.JobDetail);
    }

    public async Task<JobDetail> GetAsync(string token, string id, string query = "") =>
        (await Api.SendAsync("GET", $"jobs/{id}{query}", token)).Document(WireJson.Default.JobDetail);

    /// <summary>Waits for a job to end, as clients do.</summary>
    public async Task<JobDetail> EndAsync(string token, JobDetail job)
    {
        while (job.State is not ("completed" or "failed" or "cancelled"))
        {
            Limit.ThrowIfCancellationRequested();
            job = await GetAsync(token, job.Id, $"?after={job.Version}&wait=30");
        }

        return job;
    }

    public async Task<JobDetail> RunAsync(string token, JobForm form) => await EndAsync(token, await SubmitAsync(token, form));

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await Task.WhenAll(_loops);
        await Api.DisposeAsync();
        await (_worker?.DisposeAsync() ?? ValueTask.CompletedTask);
        await (_manager?.DisposeAsync() ?? ValueTask.CompletedTask);
        await (_code?.DisposeAsync() ?? ValueTask.CompletedTask);
        Queue.Dispose();
        _store.Dispose();
        _limit.Dispose();
        _stop.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private void Listen(string queue, Func<ReadOnlyMemory<byte>, CancellationToken, ValueTask> handle) => _loops.Add(
        new QueueListener(new QueueFunction(queue, new FunctionTrigger.Queue(queue, "any"), handle), Queue, new HostSettings(), TimeProvider.System, NullLogger.Instance)
            .RunAsync(_stop.Token, _stop.Token));
}

/// <summary>A form that submits a job; by default it counts words in Python.</summary>
internal sealed class JobForm
{
    public const string Mapper = "def mapper(arr):\n    return [(word, 1) for word in arr]\n";
    public const string Reducer = "def reducer(entries):\n    return {key: sum(values) for key, values in entries.items()}\n";

    private readonly List<(string Field, string? File, byte[] Content)> _parts = [];

    public static JobForm WordCount(string text = "b a b\na b c\n") =>
        new JobForm().File("mapper", "mapper.py", Mapper).File("reducer", "reducer.py", Reducer).File("input", "text.txt", text);

    public JobForm Text(string field, string text) => Add(field, null, Encoding.UTF8.GetBytes(text));

    public JobForm File(string field, string name, string content) => File(field, name, Encoding.UTF8.GetBytes(content));

    public JobForm File(string field, string name, byte[] content) => Add(field, name, content);

    public JobForm Without(string field)
    {
        _parts.RemoveAll(part => part.Field == field);
        return this;
    }

    public MultipartFormDataContent Content()
    {
        var content = new MultipartFormDataContent("boundary-of-test");
        foreach ((string field, string? file, byte[] bytes) in _parts)
        {
            var part = new ByteArrayContent(bytes);
            if (file is null)
            {
                content.Add(part, field);
            }
            else
            {
                content.Add(part, field, file);
            }
        }

        return content;
    }

    private JobForm Add(string field, string? file, byte[] content)
    {
        _parts.Add((field, file, content));
        return this;
    }
}
