using System.Text;
using Xunit;
using Katanemimena.Adapters.InMemory;
using Katanemimena.Core;
using Katanemimena.DataPath;
using Katanemimena.Orchestration;

namespace Katanemimena.Tests.Unit.Orchestration;

/// <summary>An embedded engine over ports in memory, which outlive it, and a small text to count the words of.</summary>
internal sealed class EngineRig : IDataFiles, IAsyncDisposable
{
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(60);

    private readonly CancellationTokenSource _limit = new(s_limit);
    private readonly byte[] _text;
    private int _processes;

    public EngineRig(int lines = 400)
    {
        _text = Encoding.ASCII.GetBytes(string.Concat(Enumerable.Range(0, lines).Select(line => $"alpha w{line % 7} line{line}\n")));
        Expected = string.Concat(Encoding.ASCII.GetString(_text).Split((char[])[' ', '\n'], StringSplitOptions.RemoveEmptyEntries)
            .GroupBy(word => word).OrderBy(word => word.Key, StringComparer.Ordinal).Select(word => $"{word.Key}\t{word.Count()}\n"));
    }

    public InMemoryKeyValueStore Store { get; } = new(TimeProvider.System);

    public InMemoryTaskQueue Queue { get; } = new(TimeProvider.System);

    public InMemoryVolume Volume { get; } = new();

    /// <summary>The result of counting all words, as TSV.</summary>
    public string Expected { get; }

    /// <summary>Ends every wait of a test that does not come to its end.</summary>
    public CancellationToken Limit => _limit.Token;

    public ValueTask<EmbeddedEngine> StartAsync(IUserCodeHost code, int workers = 2, Func<JobId, bool>? goesOn = null, long? memoryBytes = null) => EmbeddedEngine.StartAsync(
        new EngineParts
        {
            Store = Store,
            Queue = Queue,
            Volume = Volume,
            Data = this,
            CodeHost = code,
            ProcessName = $"process-{++_processes}",
            Workers = workers,
            GoesOn = goesOn,
            MemoryBytes = memoryBytes,
        },
        Limit);

    public JobSpec Spec(JobOptions? options = null)
    {
        var code = new CodeFile { Name = "count", Path = "/count", Sha256 = "00", Contract = CodeContract.DotNet };
        return new JobSpec
        {
            Inputs = [new InputFile("text", _text.Length, false)],
            Mapper = code,
            Reducer = code,
            Options = options ?? new JobOptions { ChunkBytes = 1024, Reducers = 3, Workers = 2 },
        };
    }

    public VolumeReader Open(InputFile file) => new Text(_text);

    /// <summary>Waits until a job has ended.</summary>
    public async Task<JobStatus> EndAsync(EmbeddedEngine engine, JobId job)
    {
        JobStatus? last = null;
        await foreach (JobStatus status in engine.WatchAsync(job, Limit))
        {
            last = status;
        }

        Assert.NotNull(last);
        Assert.True(last.Ended);
        return last;
    }

    public async Task<string> ResultAsync(EmbeddedEngine engine, JobId job)
    {
        JobManifest manifest = await engine.ManifestAsync(job, Limit);
        using var result = new MemoryStream();
        var request = new ResultRequest
        {
            Parts = [.. manifest.Parts.Select((part, index) => new RunReference(new AttemptId(new TaskId(job, TaskStage.Reduce, index), part.Attempt), part.Path))],
            Values = manifest.Values,
            Volume = Volume,
        };
        ResultReader.Write(request, result, Limit);
        return Encoding.UTF8.GetString(result.ToArray());
    }

    public ValueTask DisposeAsync()
    {
        Store.Dispose();
        Queue.Dispose();
        _limit.Dispose();
        return ValueTask.CompletedTask;
    }

    private sealed class Text(byte[] text) : VolumeReader
    {
        public override long Length => text.Length;

        public override int Read(long offset, Span<byte> buffer)
        {
            int count = (int)Math.Clamp(text.Length - offset, 0, buffer.Length);
            text.AsSpan((int)Math.Min(offset, text.Length), count).CopyTo(buffer);
            return count;
        }

        protected override void Dispose(bool disposing)
        {
        }
    }
}
