using Katanemimena.Cli.Display;
using Katanemimena.Cli.Output;
using Katanemimena.Cli.Replay;
using Katanemimena.Cli.Run;
using Katanemimena.Core;

namespace Katanemimena.Cli.Commands;

/// <summary><c>mrctl replay</c>: one failed record again.</summary>
internal static class ReplayCommand
{
    /// <summary>Runs it and returns the exit code.</summary>
    /// <exception cref="CommandError">It could not be run.</exception>
    public static int Run(string card)
    {
        CardFile file = CardFile.Read(card);
        using var interruption = new Interruption();
        try
        {
            using Workplace workplace = Workplace.Temporary();
            new RecordReplay(file, workplace).RunAsync(new StandardOutput(), interruption.Token).GetAwaiter().GetResult();
            return ExitCode.Done;
        }
        catch (Exception) when (interruption.ExitCode != 0)
        {
            return interruption.ExitCode;
        }
        catch (IOException error) when (DiskErrors.IsClosedPipe(error))
        {
            return ExitCode.ClosedPipe;
        }
        catch (UserCodeFault fault)
        {
            StandardError.WriteLine($"mrctl: error: it failed again: {Printable.Text(fault.Message)}");
            StandardError.Write(CardText.Of(fault.Card with { Task = file.Card.Task, File = file.Card.File ?? fault.Card.File, Offset = file.Card.Offset }));
            return ExitCode.JobFailed;
        }
    }
}
