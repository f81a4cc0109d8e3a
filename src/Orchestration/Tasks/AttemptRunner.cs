using Katanemimena.Core;
using Katanemimena.DataPath;

namespace Katanemimena.Orchestration;

/// <summary>What an attempt made, published and ready to be committed.</summary>
/// <param name="Record">Its commit record.</param>
/// <param name="PartitionBytes">Partition sizes of a map output; null for reduce.</param>
/// <param name="Tasks">Tasks of the stage.</param>
internal sealed record AttemptOutput(CommitRecord Record, IReadOnlyList<long>? PartitionBytes, int Tasks);

/// <summary>The user's code does not compile or load, which another attempt would not change.</summary>
internal sealed class CodeRefused(UserCodeFault fault) : Exception(fault.Message, fault)
{
    public FailureCard Card { get; } = fault.Card;
}

/// <summary>Runs the data path for one attempt: from specification and plan to a published output.</summary>
internal sealed class AttemptRunner(WorkerParts parts)
{
    /// <summary>Runs the attempt.</summary>
    /// <returns>Null if the plan is gone, and so the stage is over.</returns>
    public async ValueTask<AttemptOutput?> RunAsync(
        AttemptId attempt, int ordinal, JobSpec spec, string plan, CancellationToken cancellation)
    {
        DateTimeOffset started = parts.Time.GetUtcNow();
        using var setAside = new SetAsideFile(parts.Volume, JobFiles.SetAside(attempt));
        var context = new AttemptContext
        {
            Id = attempt,
            Ordinal = ordinal,
            Cancellation = cancellation,
            Timeout = spec.Options.TaskTimeout,
            MemoryBytes = spec.Options.MemoryBytes / parts.Workers,
            SkipBadRecordsMax = spec.Options.SkipBadRecordsMax,
            BadRecords = setAside,
            Environment = attempt.Task.Stage == TaskStage.Map ? MapEnvironment(attempt, ordinal, spec, plan) : ReduceEnvironment(attempt, ordinal, plan),
        };
        IUserCode code = await OpenAsync(attempt.Task.Job, spec, cancellation);
        AttemptOutput? output = attempt.Task.Stage == TaskStage.Map
            ? await MapAsync(context, spec, plan, code)
            : await ReduceAsync(context, spec, plan, code);
        if (output is null)
        {
            return null;
        }

        setAside.Publish();
        return output with
        {
            Record = output.Record with
            {
                Started = started,
                Committed = parts.Time.GetUtcNow(),
                Statistics = output.Record.Statistics with { SetAside = setAside.Count },
                Counters = context.Report.Counters(),
            },
        };
    }

    private async ValueTask<IUserCode> OpenAsync(JobId job, JobSpec spec, CancellationToken cancellation)
    {
        try
        {
            return await parts.Code.OpenAsync(job, spec, cancellation);
        }
        catch (UserCodeFault fault)
        {
            throw new CodeRefused(fault);
        }
    }

    private async ValueTask<AttemptOutput?> MapAsync(AttemptContext context, JobSpec spec, string path, IUserCode code)
    {
        if (parts.Cache.Chunks(path) is not { } plan)
        {
            return null;
        }

        Chunk chunk = plan.Chunks[context.Id.Task.Index];
        MapOutcome outcome = await parts.Executor.MapAsync(new MapRequest
        {
            Attempt = context,
            Input = spec.Inputs[chunk.File],
            Chunk = chunk,
            Partitions = plan.Partitions,
            RunPath = JobFiles.Output(context.Id),
            ScratchFolder = JobFiles.Scratch(context.Id),
            Code = code,
            Combine = spec.Combiner is not null,
            Data = parts.Data,
            Volume = parts.Volume,
            RecordBytesMax = spec.Options.RecordBytesMax,
        });
        Invariant.Holds(outcome.PartitionBytes.Count == plan.Partitions, "a map output has every partition");
        var record = new CommitRecord
        {
            Attempt = context.Id.Token,
            Worker = parts.Mint.Process,
            Bytes = outcome.Statistics.BytesOut,
            Crc32C = outcome.InputCrc32C,
            Values = code.MapOutput,
            Statistics = outcome.Statistics,
        };
        return new AttemptOutput(record, outcome.PartitionBytes, plan.Chunks.Count);
    }

    private async ValueTask<AttemptOutput?> ReduceAsync(AttemptContext context, JobSpec spec, string path, IUserCode code)
    {
        if (parts.Cache.Shuffle(path) is not { } plan)
        {
            return null;
        }

        JobId job = context.Id.Task.Job;
        ReduceOutcome outcome = await parts.Executor.ReduceAsync(new ReduceRequest
        {
            Attempt = context,
            Partitions = plan.Groups[context.Id.Task.Index],
            Runs = [.. plan.Runs.Select((token, index) => Run(new AttemptId(new TaskId(job, TaskStage.Map, index), token)))],
            PartPath = JobFiles.Output(context.Id),
            ScratchFolder = JobFiles.Scratch(context.Id),
            Code = code,
            Volume = parts.Volume,
            RecordBytesMax = spec.Options.RecordBytesMax,
        });
        var record = new CommitRecord
        {
            Attempt = context.Id.Token,
            Worker = parts.Mint.Process,
            Bytes = outcome.PartBytes,
            Crc32C = outcome.PartCrc32C,
            Values = code.ReduceOutput,
            Statistics = outcome.Statistics,
        };
        return new AttemptOutput(record, null, plan.Groups.Count);
    }

    private static RunReference Run(AttemptId attempt) => new(attempt, JobFiles.Output(attempt));

    private IReadOnlyDictionary<string, string> MapEnvironment(AttemptId attempt, int ordinal, JobSpec spec, string path)
    {
        if (parts.Cache.Chunks(path) is not { } plan)
        {
            return new Dictionary<string, string>();
        }

        Chunk chunk = plan.Chunks[attempt.Task.Index];
        return AttemptEnvironment.ForMap(attempt, ordinal, spec.Inputs[chunk.File], chunk, plan.Chunks.Count, PartitionCount.Reducers(spec.Options));
    }

    private IReadOnlyDictionary<string, string> ReduceEnvironment(AttemptId attempt, int ordinal, string path) =>
        parts.Cache.Shuffle(path) is { } plan
            ? AttemptEnvironment.ForReduce(attempt, ordinal, plan.Runs.Count, plan.Groups.Count)
            : new Dictionary<string, string>();
}
