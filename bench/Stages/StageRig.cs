using System.Globalization;
using Katanemimena.Adapters.FileSystem;
using Katanemimena.Bench.Data;
using Katanemimena.Core;
using Katanemimena.DataPath;

namespace Katanemimena.Stages;

/// <summary>A folder with inputs, runs and parts, and short ways to run a task over them.</summary>
internal sealed class StageRig : IDisposable
{
    private const int Partitions = 16;
    private readonly string _folder = Directory.CreateTempSubdirectory("stages-").FullName;
    private readonly FolderVolume _volume;
    private int _tasks;

    public StageRig() => _volume = new FolderVolume(Path.Combine(_folder, "volume"), durable: false);

    /// <summary>A generated input.</summary>
    public InputFile Input(DataSet data, long bytes)
    {
        var path = data.Ensure(_folder, bytes);
        return new InputFile(path, new FileInfo(path).Length, Gzip: false);
    }

    /// <summary>Maps a part of an input into a run file.</summary>
    public RunReference Map(InputFile input, Chunk chunk, MapLine mapper, bool combine = false)
    {
        var attempt = NewAttempt(TaskStage.Map);
        var request = new MapRequest
        {
            Attempt = attempt,
            Input = input,
            Chunk = chunk,
            Partitions = Partitions,
            RunPath = Name("runs", attempt),
            ScratchFolder = Name("scratch", attempt),
            Code = new StageCode(mapper),
            Combine = combine,
            Data = new LocalDataFiles(),
            Volume = _volume,
        };
        MapExecutor.Run(request);
        return new RunReference(attempt.Id, request.RunPath);
    }

    /// <summary>Maps an input in equal chunks.</summary>
    public IReadOnlyList<RunReference> MapAll(InputFile input, int chunks, MapLine mapper) =>
        [.. Enumerable.Range(0, chunks).Select(i => Map(input, new Chunk(0, input.Bytes * i / chunks, input.Bytes * (i + 1) / chunks), mapper))];

    /// <summary>Merges and reduces some partitions of runs into a part.</summary>
    public RunReference Reduce(IReadOnlyList<RunReference> runs, int first, int count)
    {
        var attempt = NewAttempt(TaskStage.Reduce);
        var request = new ReduceRequest
        {
            Attempt = attempt,
            Partitions = [.. Enumerable.Range(first, count)],
            Runs = runs,
            PartPath = Name("parts", attempt),
            ScratchFolder = Name("scratch", attempt),
            Code = new StageCode(Mappers.Drop),
            Volume = _volume,
        };
        ReduceExecutor.Run(request);
        return new RunReference(attempt.Id, request.PartPath);
    }

    /// <summary>Reduces all partitions into this many parts.</summary>
    public IReadOnlyList<RunReference> ReduceAll(IReadOnlyList<RunReference> runs, int parts) =>
        [.. Enumerable.Range(0, parts).Select(i => Reduce(runs, Partitions * i / parts, (Partitions * (i + 1) / parts) - (Partitions * i / parts)))];

    /// <summary>Merges parts into a result and returns how many pairs it has.</summary>
    public long Result(IReadOnlyList<RunReference> parts) =>
        ResultReader.Write(new ResultRequest { Parts = parts, Values = ValueFormat.Text, Volume = _volume }, Stream.Null, CancellationToken.None);

    /// <summary>Removes a file that a measured task made.</summary>
    public void Delete(RunReference file) => _volume.Delete(file.Path);

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private AttemptContext NewAttempt(TaskStage stage)
    {
        var number = ++_tasks;
        return new AttemptContext { Id = new AttemptId(new TaskId(new JobId("stages", 1), stage, number), string.Create(CultureInfo.InvariantCulture, $"a{number}")) };
    }

    private static string Name(string folder, AttemptContext attempt) => $"{folder}/{attempt.Id.Token}";
}
