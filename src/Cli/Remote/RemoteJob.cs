using System.Globalization;
using System.Text;
using Katanemimena.Cli.Display;
using Katanemimena.Core;
using Katanemimena.Wire;

namespace Katanemimena.Cli.Remote;

/// <summary>A server's job in the terms in which jobs of this machine are shown. Text of the server's is made harmless.</summary>
internal static class RemoteJob
{
    /// <summary>For the display of a running job.</summary>
    public static JobStatus Status(JobDetail job) => new()
    {
        Id = JobId.TryParse(job.Id, out JobId id) ? id : throw new CommandError(ExitCode.Unreachable, $"the server answers with a job id that is none: {Printable.Text(job.Id)}"),
        Phase = Enum.TryParse(job.State, ignoreCase: true, out JobPhase phase) ? phase : JobPhase.Submitted,
        Map = Progress(job.Map),
        Reduce = Progress(job.Reduce),
        Error = job.Error,
        Version = job.Version,
    };

    /// <summary>For the text of a failure card.</summary>
    public static FailureCard Card(CardDocument card) => new()
    {
        Stage = Printable.Text(card.Stage),
        Task = card.Task,
        Attempt = card.Attempt,
        Code = Printable.Text(card.Code),
        Role = Printable.Text(card.Role),
        Error = Printable.Text(card.Error),
        Traceback = card.Traceback,
        ExitCode = card.ExitCode,
        File = card.File is null ? null : Printable.Text(card.File),
        Offset = card.Offset,
        Record = card.Record,
        RecordCut = card.RecordCut,
        StandardError = card.StandardError,
    };

    /// <summary>All of a job, for people.</summary>
    public static string Text(JobDetail job)
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"{Printable.Text(job.Id)} {Colours.Paint(Printable.Text(job.State), Colours.OfState(job.State))}\n");
        Row(text, "label", job.Label);
        Row(text, "owner", job.Owner);
        Row(text, "submitted", Moment.Text(job.Submitted));
        Row(text, "ended", job.Ended is { } ended ? $"{Moment.Text(ended)} after {Duration.Text(ended - job.Submitted)}" : null);
        Row(text, "data", $"{Quantity.Text(job.Inputs.Count, "file")}, {Size.Text(job.Inputs.Sum(input => input.Bytes))}");
        foreach (CodeDocument code in job.Code)
        {
            Row(text, code.Role, $"{code.Name} ({code.Contract})");
        }

        Stages(text, job);
        Row(text, "sandbox", job.SandboxLevel);
        SetAside(text, job);
        Counters(text, job);
        Row(text, "error", job.Error);
        Row(text, "card", job.Card is null ? null : $"mrctl jobs card {job.Id}");
        return text.ToString();
    }

    /// <summary>What a completed job took, for people.</summary>
    /// <param name="job">The job.</param>
    /// <param name="elapsed">How long it was waited for.</param>
    /// <param name="resultBytes">Bytes of the result; null if it was not written.</param>
    public static string Summary(JobDetail job, TimeSpan elapsed, long? resultBytes)
    {
        var text = new StringBuilder();
        text.Append($"mrctl: {Printable.Text(job.Id)} done in {Duration.Text(elapsed)}: {Quantity.Text(job.Map.RecordsIn, "record")} ({Size.Text(job.Inputs.Sum(input => input.Bytes))}) in, ")
            .Append($"{Quantity.Text(job.Reduce.RecordsOut, "pair")}{(resultBytes is { } bytes ? $" ({Size.Text(bytes)})" : "")} out\n");
        Stages(text, job);
        SetAside(text, job);
        Counters(text, job);
        return text.ToString();
    }

    /// <summary>Tasks of a stage, in a few words.</summary>
    public static string Tasks(StageDocument stage) => stage.Tasks == 0 ? "-"
        : string.Create(CultureInfo.InvariantCulture, $"{stage.Done}/{stage.Tasks}{(stage.Failed > 0 ? $" ({stage.Failed} failed)" : "")}");

    /// <summary>A stage of a job of this machine, as a server tells it.</summary>
    public static StageDocument Stage(StageProgress stage) =>
        new() { Tasks = stage.Total, Done = stage.Done, Running = stage.Running, Attempts = stage.Attempts, Failed = stage.Failed };

    private static StageProgress Progress(StageDocument stage) =>
        new() { Total = stage.Tasks, Done = stage.Done, Running = stage.Running, Attempts = stage.Attempts, Failed = stage.Failed };

    private static void Stages(StringBuilder text, JobDetail job)
    {
        // Before its end, a job is summed only if its tasks were asked for.
        bool summed = job.Ended is not null || job.Tasks is not null;
        Row(text, "map", job.Map.Tasks == 0 ? null : $"{Tasks(job.Map)} tasks{(summed ? $", {Quantity.Text(job.Map.RecordsIn, "record")} to {Quantity.Text(job.Map.RecordsOut, "pair")}" : "")}");
        Row(text, "shuffle", job.ShuffleBytes == 0 ? null : Size.Text(job.ShuffleBytes));
        Row(text, "reduce", job.Reduce.Tasks == 0 ? null : $"{Tasks(job.Reduce)} tasks{(summed ? $", {Quantity.Text(job.Reduce.Groups, "key")} to {Quantity.Text(job.Reduce.RecordsOut, "pair")}" : "")}");
        LedgerDocument ledger = job.Ledger;
        if (ledger.UserCode + ledger.Shuffle + ledger.Commit > 0)
        {
            Row(text, "task time", string.Join(", ", new[]
            {
                ("waiting", ledger.WaitingForWorker), ("starting", ledger.Starting), ("read and user code", ledger.UserCode), ("sort and merge", ledger.Shuffle), ("write", ledger.Commit),
            }.Select(part => $"{part.Item1} {Duration.Text(TimeSpan.FromSeconds(part.Item2))}")));
        }
    }

    private static void SetAside(StringBuilder text, JobDetail job) =>
        Row(text, "set aside", job.SetAside > 0 ? $"{Quantity.Text(job.SetAside, "bad record")}; all by mrctl jobs set-aside {job.Id}" : null);

    private static void Counters(StringBuilder text, JobDetail job)
    {
        foreach ((string name, long value) in job.Counters.OrderBy(counter => counter.Key, StringComparer.Ordinal))
        {
            text.Append($"  counter {Printable.Text(name)} = {Quantity.Text(value)}\n");
        }
    }

    private static void Row(StringBuilder text, string name, string? value)
    {
        if (!string.IsNullOrEmpty(value))
        {
            text.Append($"  {Printable.Text(name),-10} {Printable.Text(value)}\n");
        }
    }
}
