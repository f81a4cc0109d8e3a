using Katanemimena.Cli.Display;
using Katanemimena.Client;
using Katanemimena.Wire;

namespace Katanemimena.Cli.Remote;

/// <summary>Submits a job such that a signal in the middle of it leaves no job that nobody knows of.</summary>
/// <param name="connection">To the server.</param>
/// <param name="wait">Whether a signal cancels the job.</param>
internal sealed class Submitting(Connection connection, WaitOptions wait)
{
    /// <summary>Time for what is still to be done after the signal.</summary>
    private static readonly TimeSpan AfterSignal = TimeSpan.FromSeconds(15);

    /// <summary>Submits a job.</summary>
    /// <remarks>If a signal is to cancel the job, a submission under way is finished first: its answer names the job.</remarks>
    /// <param name="submission">The job.</param>
    /// <param name="cancellation">The first signal.</param>
    /// <exception cref="OperationCanceledException">The signal came; <see cref="Connection.WhenInterrupted"/> says what became of the job.</exception>
    public async Task<JobDetail> RunAsync(JobSubmission submission, CancellationToken cancellation)
    {
        connection.WhenInterrupted =
            $"whether the job was submitted is not known: the same command with --idempotency-key {ShellWord.Of(submission.IdempotencyKey)} finds it, or submits it";
        using var limit = new CancellationTokenSource();
        using CancellationTokenRegistration signal = cancellation.Register(() => Stop(limit));
        JobDetail job;
        try
        {
            job = await connection.Client.Jobs.SubmitAsync(submission, limit.Token);
        }
        catch (ServiceProblem problem) when (cancellation.IsCancellationRequested && problem.Status < 500 && !problem.IsPassing)
        {
            connection.WhenInterrupted = $"no job was submitted ({Printable.Text(problem.Detail)})";
            throw;
        }

        if (wait.CancelOnInterrupt && cancellation.IsCancellationRequested)
        {
            await CancelAsync(job.Id);
            cancellation.ThrowIfCancellationRequested();
        }

        return job;
    }

    /// <summary>Cancels a job after the signal, which has cancelled all else: this has a time of its own.</summary>
    public async Task CancelAsync(string id)
    {
        string shown = ShellWord.Of(Printable.Text(id));
        using var limit = new CancellationTokenSource(AfterSignal);
        try
        {
            await connection.Client.Jobs.CancelAsync(id, limit.Token);
            connection.WhenInterrupted = $"job {shown} was cancelled";
        }
        catch (ServiceProblem problem) when (problem.Code == ProblemCodes.JobEnded)
        {
            connection.WhenInterrupted = $"job {shown} had ended before it could be cancelled; see: {connection.Choice.Command($"jobs status {shown}")}";
        }
        catch (Exception error) when (error is ServiceProblem or ServiceUnreachable or NotSignedIn or OperationCanceledException)
        {
            string reason = error is OperationCanceledException ? "the server gave no answer in time" : Printable.Text(error.Message);
            connection.WhenInterrupted = $"job {shown} could not be cancelled and goes on ({reason}); try: {connection.Choice.Command($"jobs cancel {shown}")}";
        }
    }

    private void Stop(CancellationTokenSource limit)
    {
        if (!wait.CancelOnInterrupt)
        {
            limit.Cancel();
            return;
        }

        limit.CancelAfter(AfterSignal);
        if (!wait.Quiet)
        {
            StandardError.WriteLine("mrctl: stopping: the submission under way is finished, then the job is cancelled; a second signal ends this at once");
        }
    }
}
