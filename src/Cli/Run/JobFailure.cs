using Katanemimena.Cli.Display;
using Katanemimena.Cli.Replay;
using Katanemimena.Core;

namespace Katanemimena.Cli.Run;

/// <summary>Shows why a job did not complete, and keeps its failure card.</summary>
internal static class JobFailure
{
    /// <summary>Writes error and card to standard error.</summary>
    /// <returns>The exit code.</returns>
    public static async Task<int> ShowAsync(JobSession session, JobStatus ended, Workplace workplace)
    {
        if (ended.Phase == JobPhase.Cancelled)
        {
            throw new CommandError(ExitCode.JobFailed, $"job {ended.Id} was cancelled");
        }

        StandardError.WriteLine($"mrctl: error: job {ended.Id} failed: {Printable.Text(ended.Error ?? "without a reason")}");
        if (ended.Card is { } first)
        {
            FailureCard card = Fullest(first, await session.Engine.CardsAsync(ended.Id, CancellationToken.None));
            StandardError.Write(CardText.Of(card));
            string path = new CardFile(card, session.Spec).Write(workplace.CardFolder);
            StandardError.WriteLine(card.Record is null ? $"  card       {path}" : $"  replay     mrctl replay {ShellWord.Of(path)}");
            if (FindsRecord(card, session.Spec))
            {
                StandardError.WriteLine("  next       --skip-bad-records 1 finds the record that it fails on");
            }
        }

        return ended.ErrorOfMachine ? ExitCode.Environment : ExitCode.JobFailed;
    }

    /// <summary>Whether trying single records would tell which one failed: only of a streaming program that ran is it not seen from outside.</summary>
    private static bool FindsRecord(FailureCard card, JobSpec spec)
    {
        CodeFile? code = card.Role switch
        {
            "mapper" => spec.Mapper,
            "combiner" => spec.Combiner,
            _ => spec.Reducer,
        };
        return card.Record is null && code?.Contract == CodeContract.Streaming && card.ExitCode is not (null or 126 or 127) && spec.Options.SkipBadRecordsMax == 0;
    }

    /// <summary>The card that tells most of the same failure: later attempts look closer, at single records and at the values of a key.</summary>
    private static FailureCard Fullest(FailureCard first, IReadOnlyList<FailureCard> cards) =>
        cards.Where(card => card.Stage == first.Stage && card.Task == first.Task)
            .Prepend(first)
            .MaxBy(card => (card.Record is null ? 0 : 2) + (card.Values is null ? 0 : 1))!;
}
