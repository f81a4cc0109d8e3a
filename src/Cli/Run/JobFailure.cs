using Katanemimena.Cli.Display;
using Katanemimena.Core;

namespace Katanemimena.Cli.Run;

/// <summary>Shows why a job did not complete, and keeps its failure card.</summary>
internal static class JobFailure
{
    /// <summary>Writes error and card to standard error.</summary>
    /// <returns>The exit code.</returns>
    public static async Task<int> ShowAsync(JobSession session, JobStatus ended, Workplace workplace, CancellationToken cancellation)
    {
        if (ended.Phase == JobPhase.Cancelled)
        {
            throw new CommandError(ExitCode.JobFailed, $"job {ended.Id} was cancelled");
        }

        StandardError.WriteLine($"mrctl: error: job {ended.Id} failed: {Printable.Text(ended.Error ?? "without a reason")}");
        if (ended.Card is { } card)
        {
            StandardError.Write(CardText.Of(card));
            JobSpec spec = await session.Engine.SpecAsync(ended.Id, cancellation);
            string path = CardFile.Write(workplace.CardFolder, card, spec);
            StandardError.WriteLine($"  replay     mrctl replay {path}");
        }

        return ended.Card is null && DiskErrors.IsFullText(ended.Error) ? ExitCode.Environment : ExitCode.JobFailed;
    }
}
