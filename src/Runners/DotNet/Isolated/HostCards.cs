using Katanemimena.Core;

namespace Katanemimena.Runners;

/// <summary>Failure cards and counters on their way between processes.</summary>
internal static class HostCards
{
    /// <summary>Appends what only the process knows; the names of job, task and program are known to both sides.</summary>
    public static void Write(ByteBuffer body, FailureCard card)
    {
        body.Add(card.Error);
        body.Add(card.Traceback);
        body.Add(card.File);
        body.Add(card.Offset);
        body.Add(card.Record);
        body.Add(card.RecordCut);
        body.Add(card.Values, Fields.Add);
        body.Add(card.ValuesCut);
    }

    /// <summary>Completes a card that has only its names yet.</summary>
    public static FailureCard Read(ref FieldReader fields, FailureCard names) => names with
    {
        Error = fields.Text(),
        Traceback = fields.TextOrNull(),
        File = fields.TextOrNull(),
        Offset = fields.Long(),
        Record = fields.Bytes(),
        RecordCut = fields.Bool(),
        Values = fields.List(static (ref FieldReader item) => item.Bytes() ?? throw Frame.Foreign()),
        ValuesCut = fields.Bool(),
    };

    /// <summary>Appends all counters.</summary>
    public static void Write(ByteBuffer body, AttemptReport report) => body.Add(report.Counters(), static (counters, counter) =>
    {
        counters.Add(counter.Key);
        counters.Add(counter.Value);
    });

    /// <summary>Adds the counters of a frame to a report.</summary>
    public static void ReadInto(AttemptReport report, ReadOnlySpan<byte> body)
    {
        FieldReader fields = new(body);
        fields.List((ref FieldReader counter) =>
        {
            report.Count(counter.Text(), counter.Long());
            return true;
        });
    }
}
