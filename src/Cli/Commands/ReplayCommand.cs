using Katanemimena.Cli.Display;
using Katanemimena.Cli.Output;
using Katanemimena.Cli.Replay;
using Katanemimena.Cli.Run;
using Katanemimena.Core;
using Katanemimena.Runners;

namespace Katanemimena.Cli.Commands;

/// <summary><c>mrctl replay</c>: one failed record again.</summary>
internal static class ReplayCommand
{
    /// <summary>Runs it and returns the exit code.</summary>
    /// <param name="card">The card's file, or that of a server's cards.</param>
    /// <param name="mapper">The mapper of a server's job; null for a card that names its programs.</param>
    /// <exception cref="CommandError">It could not be run.</exception>
    public static int Run(string card, string? mapper)
    {
        CardFile? own = mapper is null ? CardFile.Read(card) : null;
        using var interruption = new Interruption();
        try
        {
            using Workplace workplace = Workplace.Temporary();
            CardFile file = own ?? ServerCard.Read(card, mapper!, workplace.CodeFolder);
            ReplayOutcome outcome = new CardReplay(file, workplace).RunAsync(interruption.Token).GetAwaiter().GetResult();
            new StandardOutput().Write(ReplayText.Of(outcome));
            return outcome.Failure is { } again ? ShowAgain(file.Card, again) : ExitCode.Done;
        }
        catch (Exception) when (interruption.ExitCode != 0)
        {
            return interruption.ExitCode;
        }
        catch (IOException error) when (DiskErrors.IsClosedPipe(error))
        {
            return ExitCode.ClosedPipe;
        }
    }

    private static int ShowAgain(FailureCard before, FailureCard again)
    {
        StandardError.WriteLine($"mrctl: error: it failed again: {Printable.Text(again.Error)}");
        StandardError.Write(CardText.Of(again with { Task = before.Task, File = before.File, Offset = before.Offset }));
        return ExitCode.JobFailed;
    }
}
