using Katanemimena.Core;

namespace Katanemimena.Orchestration;

/// <summary>Makes failure cards fit to be kept.</summary>
internal static class FailureCards
{
    private const int TextCharsMax = 32 * 1024;

    /// <summary>Fills in which attempt it was, and cuts texts that would not fit the store: the beginning of the error, the end of the rest.</summary>
    public static FailureCard Complete(FailureCard card, AttemptId attempt, int ordinal) => card with
    {
        Job = attempt.Task.Job.ToString(),
        Task = attempt.Task.Index,
        Attempt = ordinal,
        Error = card.Error.Length <= TextCharsMax ? card.Error : card.Error[..TextCharsMax],
        Traceback = card.Traceback is { Length: > TextCharsMax } traceback ? traceback[^TextCharsMax..] : card.Traceback,
        StandardError = card.StandardError.Length <= FailureCard.StandardErrorBytesMax
            ? card.StandardError
            : card.StandardError[^FailureCard.StandardErrorBytesMax..],
        Record = card.Record is { Length: > FailureCard.RecordBytesMax } record ? record[..FailureCard.RecordBytesMax] : card.Record,
        RecordCut = card.RecordCut || card.Record is { Length: > FailureCard.RecordBytesMax },
    };
}
