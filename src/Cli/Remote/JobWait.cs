using Katanemimena.Cli.Display;
using Katanemimena.Client;
using Katanemimena.Wire;

namespace Katanemimena.Cli.Remote;

/// <summary>Waits for a job with a live display, and tells how it ended.</summary>
/// <param name="connection">To the server.</param>
/// <param name="quiet">Without display.</param>
internal sealed class JobWait(Connection connection, bool quiet)
{
    private readonly JobClock _clock = new();

    /// <summary>Time since the wait began.</summary>
    public TimeSpan Elapsed => _clock.Elapsed;

    /// <summary>Waits until the job has ended. A signal ends the wait and not the job, and <see cref="Connection.WhenInterrupted"/> says how to come back.</summary>
    public async Task<JobDetail> EndAsync(string id, CancellationToken cancellation)
    {
        string shown = ShellWord.Of(Printable.Text(id));
        connection.WhenInterrupted = $"job {shown} goes on; come back with: {connection.Choice.Command($"jobs watch {shown}")}";
        using ProgressDisplay? display = quiet ? null : new ProgressDisplay(_clock);
        using IDisposable through = connection.Warnings.Through(display);
        JobDetail? last = null;
        await foreach (JobDetail job in connection.Client.Jobs.WatchAsync(id, cancellation))
        {
            last = job;
            _clock.InputBytes = job.Inputs.Sum(input => input.Bytes);
            _clock.Observe(RemoteJob.Status(job));
        }

        return last!;
    }

    /// <summary>Tells on standard error why a job did not complete.</summary>
    /// <returns>The exit code.</returns>
    public static int Tell(JobDetail job)
    {
        string id = Printable.Text(job.Id);
        if (job.State == JobStates.Completed)
        {
            return ExitCode.Done;
        }

        if (job.State == JobStates.Cancelled)
        {
            StandardError.WriteLine($"mrctl: error: job {id} was cancelled");
            return ExitCode.JobCancelled;
        }

        StandardError.WriteLine($"mrctl: error: job {id} failed: {Printable.Text(job.Error ?? "without a reason")}");
        if (job.Card is { } card)
        {
            StandardError.Write(CardText.Of(RemoteJob.Card(card)));
        }

        return ExitCode.JobFailed;
    }
}
