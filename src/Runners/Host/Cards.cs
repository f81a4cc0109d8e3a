using Katanemimena.Core;

namespace Katanemimena.Runners;

/// <summary>Makes failure cards that name job, task, attempt and program.</summary>
internal static class Cards
{
    /// <summary>The stage in which a role runs.</summary>
    public static string Stage(string role) => role switch { "mapper" => "map", "combiner" => "combine", _ => "reduce" };

    /// <summary>A fault found while a program was made ready.</summary>
    public static UserCodeFault AtOpen(JobId job, CodeFile file, string role, string error, string standardError = "") => new(new FailureCard
    {
        Job = job.ToString(),
        Stage = Stage(role),
        Code = file.Name,
        Role = role,
        Error = error,
        StandardError = standardError,
    });

    /// <summary>A card of an attempt, without what only the runner knows.</summary>
    public static FailureCard Of(AttemptContext attempt, CodeFile file, string role, string error) => new()
    {
        Job = attempt.Id.Task.Job.ToString(),
        Stage = Stage(role),
        Task = attempt.Id.Task.Index,
        Attempt = attempt.Ordinal,
        Code = file.Name,
        Role = role,
        Error = error,
    };

    /// <summary>Adds a record (map) or key (reduce), cut where it is too long for a card.</summary>
    public static FailureCard WithRecord(this FailureCard card, ReadOnlySpan<byte> record) => card with
    {
        Record = record[..Math.Min(record.Length, FailureCard.RecordBytesMax)].ToArray(),
        RecordCut = record.Length > FailureCard.RecordBytesMax,
    };

    /// <summary>Sets a record aside if the attempt still may.</summary>
    /// <param name="attempt">The attempt.</param>
    /// <param name="record">The whole record or key.</param>
    /// <param name="card">Its card.</param>
    /// <param name="count">Records this call of the program has set aside so far; raised by one.</param>
    /// <exception cref="UserCodeFault">One more than <see cref="AttemptContext.SkipBadRecordsMax"/>.</exception>
    public static void SetAside(AttemptContext attempt, ReadOnlySpan<byte> record, FailureCard card, ref int count)
    {
        if (++count > attempt.SkipBadRecordsMax)
        {
            throw new UserCodeFault(card);
        }

        attempt.BadRecords?.Add(record, card);
    }
}
