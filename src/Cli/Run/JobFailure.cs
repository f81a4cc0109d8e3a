using Katanemimena.Cli.Display;
using Katanemimena.Cli.Replay;
using Katanemimena.Core;

namespace Katanemimena.Cli.Run;

/// <summary>Shows why a job did not complete, and keeps its failure card.</summary>
internal static class JobFailure
{
    /// <summary>Writes error and card to standard error.</summary>
    /// <returns>The exit code.</returns>
    public static int Show(JobSession session, JobStatus ended, Workplace workplace)
    {
        if (ended.Phase == JobPhase.Cancelled)
        {
            throw new CommandError(ExitCode.JobFailed, $"job {ended.Id} was cancelled");
        }

        StandardError.WriteLine($"mrctl: error: job {ended.Id} failed: {Printable.Text(ended.Error ?? "without a reason")}");
        if (ended.Card is { } card)
        {
            StandardError.Write(CardText.Of(card));
            string path = new CardFile(card, session.Spec).Write(workplace.CardFolder);
            StandardError.WriteLine($"  replay     mrctl replay {path}");
        }

        return ended.ErrorOfMachine ? ExitCode.Environment : ExitCode.JobFailed;
    }
}
