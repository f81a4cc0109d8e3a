using System.Globalization;
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
    /// <exception cref="PermanentFault">The plan is gone: the job has ended, or cannot go on.</exception>
    /// <exception cref="NoSuchTask">The plan has no such task.</exception>
    public async ValueTask<AttemptOutput> RunAsync(
        AttemptId attempt, int ordinal, JobSpec spec, TaskMessage message, CancellationToken cancellation)
    {
        string plan = message.Plan;
        DateTimeOffset started = parts.Time.GetUtcNow();
        using var setAside = new SetAsideFile(parts.Volume, JobFiles.SetAside(attempt));
        var context = new AttemptContext
        {
            Id = attempt,
            Ordinal = ordinal,
            Cancellation = cancellation,
            Timeout = spec.Options.TaskTimeout,
            MemoryBytes = (parts.MemoryBytes ?? spec.Options.MemoryBytes) / parts.Workers,
            SkipBadRecordsMax = spec.Options.SkipBadRecordsMax,
            BadRecords = setAside,
            Environment = Environment(attempt, ordinal, spec, plan),
        };
        long opening = parts.Time.GetTimestamp();
        IUserCode code = await OpenAsync(attempt.Task.Job, spec, cancellation);
        TimeSpan openTime = parts.Time.GetElapsedTime(opening);
        AttemptOutput output = attempt.Task.Stage == TaskStage.Map
            ? await MapAsync(context, spec, parts.Cache.Chunks(plan), code)
            : await ReduceAsync(context, spec, parts.Cache.Shuffle(plan), code);
        RequireFewCounters(context);
        setAside.Publish();
        return output with
        {
            Record = output.Record with
            {
                Started = started,
                Sandbox = parts.Code.LevelOf(attempt.Task.Job, spec),
                Committed = parts.Time.GetUtcNow(),
                WaitTime = Waited(message, started),
                OpenTime = openTime,
                Statistics = output.Record.Statistics with { SetAside = setAside.Count },
                Counters = context.Report.Counters(),
            },
        };
    }

    /// <summary>By two machines' clocks, so that a little below zero is possible.</summary>
    private static TimeSpan Waited(TaskMessage message, DateTimeOffset started) =>
        message.Sent is { } sent && started > sent ? started - sent : TimeSpan.Zero;

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
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            // Whatever user code is made of on this machine cannot be read or written: no other attempt would change that.
            throw new PermanentFault($"the code cannot be made ready to run: {error.Message}", error) { OfMachine = true };
        }
    }

    private async ValueTask<AttemptOutput> MapAsync(AttemptContext context, JobSpec spec, ChunkPlan plan, IUserCode code)
    {
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
            AttemptsTogether = parts.Workers,
        });
        Invariant.Holds(outcome.PartitionBytes.Count == plan.Partitions, "a map output has every partition");
        CommitRecord record = Record(context.Id, outcome.Statistics.BytesOut, outcome.InputCrc32C, code.MapOutput, outcome.Statistics);
        return new AttemptOutput(record, outcome.PartitionBytes, plan.Chunks.Count);
    }

    private async ValueTask<AttemptOutput> ReduceAsync(AttemptContext context, JobSpec spec, ShufflePlan plan, IUserCode code)
    {
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
            AttemptsTogether = parts.Workers,
        });
        return new AttemptOutput(Record(context.Id, outcome.PartBytes, outcome.PartCrc32C, code.ReduceOutput, outcome.Statistics), null, plan.Groups.Count);
    }

    private CommitRecord Record(AttemptId attempt, long bytes, string crc32C, ValueFormat values, TaskStatistics statistics) => new()
    {
        Attempt = attempt.Token,
        Worker = parts.Mint.Process,
        Bytes = bytes,
        Crc32C = crc32C,
        Values = values,
        Statistics = statistics,
    };

    private static RunReference Run(AttemptId attempt) => new(attempt, JobFiles.Output(attempt));

    private IReadOnlyDictionary<string, string> Environment(AttemptId attempt, int ordinal, JobSpec spec, string path)
    {
        int index = attempt.Task.Index;
        if (attempt.Task.Stage == TaskStage.Reduce)
        {
            ShufflePlan shuffle = parts.Cache.Shuffle(path);
            RequireTask(attempt, index < shuffle.Groups.Count);
            return AttemptEnvironment.ForReduce(attempt, ordinal, shuffle.Runs.Count, shuffle.Groups.Count);
        }

        ChunkPlan plan = parts.Cache.Chunks(path);
        RequireTask(attempt, index < plan.Chunks.Count);
        Chunk chunk = plan.Chunks[index];
        return AttemptEnvironment.ForMap(attempt, ordinal, spec.Inputs[chunk.File], chunk, plan.Chunks.Count, PartitionCount.Reducers(spec.Options));
    }

    private static void RequireFewCounters(AttemptContext context)
    {
        if (context.Report.HasTooManyCounters)
        {
            throw new UserCodeFault(new FailureCard
            {
                Stage = context.Id.Task.StageName,
                Error = string.Create(CultureInfo.InvariantCulture,
                    $"the code made more than {AttemptReport.CountersMax} counters, or their names have more than {AttemptReport.CounterCharsMax} characters together: count under few names, and emit pairs for what has many"),
            });
        }
    }

    private static void RequireTask(AttemptId attempt, bool exists)
    {
        if (!exists)
        {
            throw new NoSuchTask($"{attempt.Task} is not in its plan");
        }
    }
}

/// <summary>A message names a task that its job does not have: there is nothing to do, and nothing wrong with the job.</summary>
internal sealed class NoSuchTask(string message) : Exception(message);
