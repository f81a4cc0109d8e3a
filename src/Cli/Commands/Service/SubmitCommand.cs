using Katanemimena.Cli.Display;
using Katanemimena.Cli.Remote;
using Katanemimena.Client;
using Katanemimena.Wire;

namespace Katanemimena.Cli.Commands.Service;

/// <summary>A job from data to result, run by a server.</summary>
/// <param name="connection">To the server.</param>
/// <param name="listing">How the job is shown.</param>
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
        connection.Quieten(wait.Quiet);
        if (!wait.Detach && wait.Output is { } output)
        {
            Downloads.Check(output, wait.Force);
        }

        var uploads = new Uploads(connection, replace, wait.Quiet);
        IReadOnlyList<string> names = await new DataArguments(connection, uploads).UploadedAsync(data, cancellation);
        JobDetail job = await new Submitting(connection, wait).RunAsync(submission with { Data = names }, cancellation);
        if (wait.Detach)
        {
            listing.Show(job, () => $"{Printable.Text(job.Id)}\n");
            return ExitCode.Done;
        }

        Say($"job {Printable.Text(job.Id)}");
        return await FinishAsync(job.Id, cancellation);
    }

    /// <summary>Writes the result of a completed job.</summary>
    /// <param name="id">The job.</param>
    /// <param name="output">A path; <c>-</c> for standard output.</param>
    /// <param name="goOn">What goes on with a download that is interrupted.</param>
    /// <param name="written">Told of its size.</param>
    /// <param name="cancellation">The first signal.</param>
    public async Task<int> ResultAsync(string id, string output, string goOn, Action<long> written, CancellationToken cancellation)
    {
        string format = wait.Format.ToString().ToLowerInvariant();
        using TransferDisplay? display = wait.Quiet ? null : new TransferDisplay($"result of {Printable.Text(id)}");
        return await Downloads.ToAsync(
            output, wait.Force, connection, goOn,
            async path => Told(await connection.Client.Jobs.ResultToFileAsync(id, format, path, display is null ? null : display.Show, cancellation)),
            async stream => Told(await connection.Client.Jobs.ResultAsync(id, format, stream, display is null ? null : display.Show, cancellation)));

        long Told(long bytes)
        {
            written(bytes);
            return bytes;
        }
    }

    /// <summary>Waits for the job, shows it if it was asked for, and writes its result.</summary>
    private async Task<int> FinishAsync(string id, CancellationToken cancellation)
    {
        string shown = ShellWord.Of(Printable.Text(id));
        var waiting = new JobWait(connection, wait.Quiet);
        JobDetail job = await WaitAsync(waiting, id, shown, cancellation);
        if (listing.IsJson)
        {
            listing.Show(job, () => "");
        }

        if (job.State != JobStates.Completed)
        {
            return JobWait.Tell(job);
        }

        string later = connection.Choice.Command($"jobs result {shown}");
        connection.WhenInterrupted = $"job {shown} is done; get its result with: {later}";
        long? bytes = null;
        int code = wait.Output is { } output
            ? await ResultAsync(job.Id, output, $"go on with: {later}{Place(output)}", written => bytes = written, cancellation)
            : ExitCode.Done;
        if (!wait.Quiet && code == ExitCode.Done)
        {
            StandardError.Write(RemoteJob.Summary(job, waiting.Elapsed, bytes));
        }

        if (wait.Output is null)
        {
            Say($"the result stays on the server; get it with: {later}");
        }

        return code;
    }

    private async Task<JobDetail> WaitAsync(JobWait waiting, string id, string shown, CancellationToken cancellation)
    {
        try
        {
            return await waiting.EndAsync(id, cancellation);
        }
        catch (OperationCanceledException) when (wait.CancelOnInterrupt && cancellation.IsCancellationRequested)
        {
            await new Submitting(connection, wait).CancelAsync(id);
            throw;
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            ServerChoice choice = connection.Choice;
            connection.WhenInterrupted += $", get the result with: {choice.Command($"jobs result {shown}")}, end it with: {choice.Command($"jobs cancel {shown}")}";
            throw;
        }
    }

    /// <summary>The options that put a result where this command would have.</summary>
    private string Place(string output) =>
        $" --output {ShellWord.Of(output)}{(wait.Format == default ? "" : $" --format {wait.Format.ToString().ToLowerInvariant()}")}{(wait.Force ? " --force" : "")}";

    private void Say(string line)
    {
        if (!wait.Quiet)
        {
            StandardError.WriteLine($"mrctl: {line}");
        }
    }

    /// <summary>The programs of a job.</summary>
    /// <param name="mapper">What named the mapper, for errors, and the mapper.</param>
    /// <param name="reducer">The same of the reducer, which may be null.</param>
    /// <param name="combiner">The combiner, or null.</param>
    /// <param name="options">Options of the job.</param>
    /// <param name="key">Key under which the submission is known; null for a new one.</param>
    public static JobSubmission Submission((string By, string Given) mapper, (string By, string? Given) reducer, string? combiner, JobOptionsDocument options, string? key)
    {
        var submission = new JobSubmission
        {
            Mapper = RemoteProgram.Of(mapper.By, mapper.Given)!,
            Reducer = RemoteProgram.Of(reducer.By, reducer.Given),
            Combiner = RemoteProgram.Of("--combiner", combiner),
            Options = options,
        };
        return key is null ? submission : submission with { IdempotencyKey = key };
    }
}
