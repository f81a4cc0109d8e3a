using System.Globalization;
using System.Text;
using Katanemimena.Core;
using Katanemimena.Orchestration;
using Katanemimena.Wire;

namespace Katanemimena.Service;

/// <summary>What is left of a job beside its result: its log, and the records it set aside.</summary>
public sealed class JobRecords
{
    private readonly JobParts _parts;
    private readonly JobReader _reader;

    internal JobRecords(JobParts parts, JobReader reader) => (_parts, _reader) = (parts, reader);

    /// <summary>What happened to a job, and the cards of its failed attempts.</summary>
    /// <exception cref="TransientFault">The store cannot be reached.</exception>
    public async ValueTask<LogDocument> LogAsync(FoundJob job, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(job);
        IReadOnlyList<FailureCard> cards = await _reader.CardsAsync(job.Id, cancellation);
        return new LogDocument([.. Events(job)], [.. cards.Select(JobDescription.Card)]);
    }

    /// <summary>A log as text. What came from users has no control characters but line ends and tabs, so that a terminal may show it.</summary>
    public static string Text(LogDocument log)
    {
        ArgumentNullException.ThrowIfNull(log);
        var text = new StringBuilder();
        foreach (LogEvent entry in log.Events)
        {
            text.Append(entry.Time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture)).Append("  ").Append(Line(entry.Text)).Append('\n');
        }

        foreach (RepeatedFailure failure in RepeatedFailure.Of(log.Cards))
        {
            CardDocument card = failure.Card;
            text.Append(CultureInfo.InvariantCulture, $"\n{card.Stage} task {card.Task}, {failure.Attempts}: {Line(card.Error)}\n");
            Append(text, "file", card.File is null ? null : card.Offset < 0 ? card.File : string.Create(CultureInfo.InvariantCulture, $"{card.File}, byte {card.Offset}"));
            Append(text, card.Stage == "map" ? "record" : "key", card.RecordText is "" ? "\"\" (empty)" : card.RecordText);
            Append(text, "exit code", card.ExitCode?.ToString(CultureInfo.InvariantCulture));
            Append(text, "traceback", card.Traceback);
            Append(text, "stderr", card.StandardError);
        }

        return text.ToString();
    }

    /// <summary>The files of records set aside, each of JSON lines, in the order of their tasks.</summary>
    /// <exception cref="JobRefused">The job has not ended.</exception>
    public IReadOnlyList<string> SetAsideFiles(FoundJob job)
    {
        ArgumentNullException.ThrowIfNull(job);
        return !job.Reading.State.Ended
            ? throw new JobRefused(ProblemCodes.JobRunning, $"job {job.Id} has not ended; the records it sets aside can be had then")
            : _reader.Manifest(job.Reading.State)?.SetAsideFiles ?? _parts.Volume.List(JobFiles.SetAside(job.Id));
    }

    private static IEnumerable<LogEvent> Events(FoundJob job)
    {
        JobState state = job.Reading.State;
        yield return new LogEvent(state.Submitted, $"submitted by {job.Spec.Owner}{(job.Spec.Label is { } label ? $" as '{label}'" : "")}");
        if (state.MapStarted is { } mapping)
        {
            yield return new LogEvent(mapping, string.Create(CultureInfo.InvariantCulture, $"mapping: {state.MapTasks} tasks sent out"));
        }

        if (state.Epoch > 0 && state.MapStarted is { } first)
        {
            yield return new LogEvent(state.ReduceStarted ?? first, string.Create(CultureInfo.InvariantCulture, $"map outputs were lost and made again, {state.Epoch} times"));
        }

        if (state.ReduceStarted is { } reducing)
        {
            yield return new LogEvent(reducing, string.Create(CultureInfo.InvariantCulture, $"reducing: {state.ReduceTasks} tasks sent out"));
        }

        if (state.EndedAt is { } ended)
        {
            yield return new LogEvent(ended, JobDescription.Name(state.Phase) + (state.Error is { } error ? $": {error}" : ""));
        }
    }

    private static void Append(StringBuilder text, string name, string? value)
    {
        if (!string.IsNullOrEmpty(value))
        {
            text.Append("  ").Append(name).Append('\n');
            foreach (string line in value.ReplaceLineEndings("\n").TrimEnd('\n').Split('\n'))
            {
                text.Append("    ").Append(Line(line)).Append('\n');
            }
        }
    }

    private static string Line(string text) => string.Concat(text.Select(c => char.IsControl(c) && c != '\t' ? '?' : c));
}
