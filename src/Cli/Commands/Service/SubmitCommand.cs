using Katanemimena.Cli.Display;
using Katanemimena.Cli.Remote;
using Katanemimena.Client;
using Katanemimena.Wire;

namespace Katanemimena.Cli.Commands.Service;

/// <summary>A job from data to result, run by a server.</summary>
/// <param name="connection">To the server.</param>
/// <param name="listing">How an id is shown.</param>
/// <param name="wait">How it is waited for.</param>
internal sealed class SubmitCommand(Connection connection, Listing listing, WaitOptions wait)
{
    /// <summary>Uploads data, submits, waits, and writes the result.</summary>
    /// <param name="data">Data as given.</param>
    /// <param name="replace">Whether datafiles are replaced.</param>
    /// <param name="submission">The rest of the job.</param>
    /// <param name="cancellation">The first signal.</param>
    /// <returns>The exit code.</returns>
    public async Task<int> RunAsync(IReadOnlyList<string> data, bool replace, JobSubmission submission, CancellationToken cancellation)
    {
        if (!wait.Detach)
        {
            Downloads.Check(wait.Output, wait.Force);
        }

        IReadOnlyList<string> names = await new DataArguments(connection, replace).UploadedAsync(data, cancellation);
        JobDetail job = await connection.Client.Jobs.SubmitAsync(submission with { Data = names }, cancellation);
        if (wait.Detach)
        {
            listing.Show(job, () => $"{Printable.Text(job.Id)}\n");
            return ExitCode.Done;
        }

        if (!wait.Quiet)
        {
            StandardError.WriteLine($"mrctl: job {Printable.Text(job.Id)}");
        }

        return await FinishAsync(job.Id, cancellation);
    }

    /// <summary>Waits for a job and writes its result.</summary>
    public async Task<int> FinishAsync(string id, CancellationToken cancellation)
    {
        string shown = ShellWord.Of(Printable.Text(id));
        connection.WhenInterrupted = wait.CancelOnInterrupt ? ""
            : $"job {shown} goes on; come back with: mrctl jobs watch {shown}, get the result with: mrctl jobs result {shown}, end it with: mrctl jobs cancel {shown}";
        var waiting = new JobWait(connection, wait.Quiet);
        JobDetail job;
        try
        {
            job = await waiting.EndAsync(id, cancellation);
        }
        catch (OperationCanceledException) when (wait.CancelOnInterrupt)
        {
            await CancelAsync(id, shown);
            throw;
        }

        if (job.State != JobStates.Completed)
        {
            return JobWait.Tell(job);
        }

        long bytes = 0;
        int code = await ResultAsync(job.Id, written => bytes = written, cancellation);
        if (!wait.Quiet && code == ExitCode.Done)
        {
            StandardError.Write(RemoteJob.Summary(job, waiting.Elapsed, bytes));
        }

        return code;
    }

    /// <summary>Writes the result of a completed job.</summary>
    /// <param name="id">The job.</param>
    /// <param name="written">Told of its size.</param>
    /// <param name="cancellation">The first signal.</param>
    public async Task<int> ResultAsync(string id, Action<long> written, CancellationToken cancellation)
    {
        using TransferDisplay? display = wait.Quiet ? null : new TransferDisplay($"result of {Printable.Text(id)}");
        return await Downloads.ToAsync(
            wait.Output, wait.Force, connection,
            async path => Told(await connection.Client.Jobs.ResultToFileAsync(id, wait.Format, path, display is null ? null : display.Show, cancellation)),
            async stream => Told(await connection.Client.Jobs.ResultAsync(id, wait.Format, stream, display is null ? null : display.Show, cancellation)));

        long Told(long bytes)
        {
            written(bytes);
            return bytes;
        }
    }

    /// <summary>The signal has cancelled all else; this has a time of its own.</summary>
    private async Task CancelAsync(string id, string shown)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(15));
        try
        {
            await connection.Client.Jobs.CancelAsync(id, limit.Token);
            connection.WhenInterrupted = $"job {shown} was cancelled";
        }
        catch (Exception error) when (error is ServiceProblem or ServiceUnreachable or OperationCanceledException)
        {
            connection.WhenInterrupted = $"job {shown} could not be cancelled and goes on ({Printable.Text(error.Message)}); try mrctl jobs cancel {shown}";
        }
    }

    /// <summary>The programs of a job.</summary>
    public static JobSubmission Submission(string mapper, string? reducer, string? combiner, JobOptionsDocument options, string? key)
    {
        var submission = new JobSubmission
        {
            Mapper = RemoteProgram.Of("--mapper", mapper)!,
            Reducer = RemoteProgram.Of("--reducer", reducer),
            Combiner = RemoteProgram.Of("--combiner", combiner),
            Options = options,
        };
        return key is null ? submission : submission with { IdempotencyKey = key };
    }
}
