using System.Globalization;
using System.Text;
using Katanemimena.Core;
using Katanemimena.Orchestration;
using Katanemimena.Wire;

namespace Katanemimena.Service;

/// <summary>Jobs as documents of the API.</summary>
internal static class JobDescription
{
    /// <summary>The name of a state.</summary>
    public static string Name(JobPhase phase) => phase.ToString().ToLowerInvariant();

    /// <summary>A job in a list. Its stages count tasks; what these read and wrote is in the whole description.</summary>
    public static JobSummary Summary(ListedJob listed, JobReading job) => new()
    {
        Id = job.Status.Id.ToString(),
        Owner = listed.Owner,
        Label = listed.Label,
        State = Name(job.State.Phase),
        Submitted = listed.Submitted,
        Ended = job.State.EndedAt,
        Map = Counts(job.Status.Map),
        Reduce = Counts(job.Status.Reduce),
        Error = job.State.Error,
    };

    /// <summary>A job whole.</summary>
    public static JobDetail Detail(FoundJob job, JobSums sums, IReadOnlyList<TaskReading>? tasks)
    {
        (JobSpec spec, JobState state, JobStatus status) = (job.Spec, job.Reading.State, job.Reading.Status);
        return new JobDetail
        {
            Id = job.Id.ToString(),
            Owner = spec.Owner,
            Label = spec.Label,
            State = Name(state.Phase),
            Submitted = spec.Submitted,
            Ended = state.EndedAt,
            Map = Whole(status.Map, sums.Map),
            Reduce = Whole(status.Reduce, sums.Reduce),
            Error = state.Error,
            Version = status.Version,
            Options = Options(spec),
            Inputs = [.. spec.Inputs.Select(input => new InputDocument(SentData.NameOf(input), input.Bytes, input.Gzip))],
            Code = [Code("mapper", spec.Mapper), .. spec.Combiner is { } combiner ? [Code("combiner", combiner)] : Array.Empty<CodeDocument>(), Code("reducer", spec.Reducer)],
            MapStarted = state.MapStarted,
            ReduceStarted = state.ReduceStarted,
            Counters = sums.Counters,
            ShuffleBytes = sums.ShuffleBytes,
            SandboxLevel = sums.Sandbox?.ToString().ToLowerInvariant(),
            Ledger = Ledger(sums.Map, sums.Reduce),
            Card = state.Card is { } card ? Card(card) : null,
            SetAside = sums.Map.SetAside + sums.Reduce.SetAside,
            Tasks = tasks is null ? null : [.. tasks.Select(Task)],
        };
    }

    /// <summary>A failure card.</summary>
    public static CardDocument Card(FailureCard card) => new()
    {
        Stage = card.Stage,
        Task = card.Task,
        Attempt = card.Attempt,
        Code = card.Code,
        Role = card.Role,
        Error = card.Error,
        Traceback = card.Traceback,
        ExitCode = card.ExitCode,
        File = card.File is { } file ? SentData.NameOf(new InputFile(file, 0, false)) : null,
        Offset = card.Offset,
        Record = card.Record,
        RecordText = Text(card.Record),
        RecordCut = card.RecordCut,
        StandardError = card.StandardError,
    };

    private static StageDocument Counts(StageProgress progress) => new()
    {
        Tasks = progress.Total,
        Done = progress.Done,
        Running = progress.Running,
        Attempts = progress.Attempts,
        Failed = progress.Failed,
    };

    private static StageDocument Whole(StageProgress progress, ManifestStage sums) => Counts(progress) with
    {
        RecordsIn = sums.RecordsIn,
        BytesIn = sums.BytesIn,
        RecordsOut = sums.RecordsOut,
        BytesOut = sums.BytesOut,
        Groups = sums.Groups,
        SetAside = sums.SetAside,
    };

    private static LedgerDocument Ledger(ManifestStage map, ManifestStage reduce) => new()
    {
        WaitingForWorker = (map.WaitTime + reduce.WaitTime).TotalSeconds,
        Starting = (map.OpenTime + reduce.OpenTime).TotalSeconds,
        UserCode = (map.UserTime + reduce.UserTime).TotalSeconds,
        Shuffle = (map.SortTime + reduce.SortTime).TotalSeconds,
        Commit = (map.WriteTime + reduce.WriteTime).TotalSeconds,
    };

    private static JobOptionsDocument Options(JobSpec spec) => new()
    {
        Label = spec.Label,
        ChunkSize = spec.Options.ChunkBytes == 0 ? null : spec.Options.ChunkBytes.ToString(CultureInfo.InvariantCulture),
        Reducers = spec.Options.Reducers == 0 ? null : spec.Options.Reducers,
        Workers = spec.Options.Workers,
        Memory = spec.Options.MemoryBytes.ToString(CultureInfo.InvariantCulture),
        SkipBadRecords = spec.Options.SkipBadRecordsMax,
        Attempts = spec.Options.AttemptsMax,
        TaskTimeout = string.Create(CultureInfo.InvariantCulture, $"{spec.Options.TaskTimeout.TotalSeconds}s"),
        Sandbox = spec.Options.Sandbox.ToString().ToLowerInvariant(),
    };

    private static CodeDocument Code(string role, CodeFile file) =>
        new(role, string.Join(' ', file.Arguments.Prepend(file.Name)), ContractNames.Of(file.Contract), file.Sha256);

    private static TaskDocument Task(TaskReading task) => new()
    {
        Stage = task.Id.StageName,
        Index = task.Id.Index,
        State = task.Committed is not null ? "done" : task.Running > 0 ? "running" : "waiting",
        Attempts = task.Attempts,
        Failed = task.Failed,
        Worker = task.Worker,
        Started = task.Started,
        Committed = task.Committed,
    };

    private static string? Text(byte[]? record)
    {
        try
        {
            return record is null ? null : s_utf8.GetString(record);
        }
        catch (DecoderFallbackException)
        {
            return null;
        }
    }

    private static readonly UTF8Encoding s_utf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);
}
