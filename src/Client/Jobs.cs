using System.Globalization;
using System.Runtime.CompilerServices;
using Katanemimena.Wire;

namespace Katanemimena.Client;

/// <summary>Jobs and their results.</summary>
public sealed class Jobs
{
    private const int WaitSeconds = 20;

    /// <summary>Between two looks at a server that does not wait as it was asked to.</summary>
    private static readonly TimeSpan PauseMin = TimeSpan.FromSeconds(1);

    private readonly Transport _transport;

    internal Jobs(Transport transport) => _transport = transport;

    /// <summary>Submits a job. Sent twice, it is still one job.</summary>
    public async Task<JobDetail> SubmitAsync(JobSubmission submission, CancellationToken cancellation)
    {
        (byte[] body, string mediaType) = await SubmissionForm.OfAsync(submission, cancellation);
        return await _transport.SendAsync(
            () => SubmissionForm.Request(body, mediaType, submission.IdempotencyKey),
            (answer, limit) => Documents.ReadAsync(answer, WireJson.Default.JobDetail, limit.Token),
            Retries.Safe(_transport.Options),
            BlockTime.Of(body.Length),
            cancellation);
    }

    /// <summary>Jobs, the newest first.</summary>
    /// <param name="state">Only those in this state, or null.</param>
    /// <param name="label">Only those of this label, or null.</param>
    /// <param name="owner">Another user's, for admins; null for what the server shows unasked.</param>
    /// <param name="limit">How many at most.</param>
    /// <param name="cancellation">Gives up.</param>
    public async IAsyncEnumerable<JobSummary> ListAsync(string? state, string? label, string? owner, int limit, [EnumeratorCancellation] CancellationToken cancellation)
    {
        string? after = null;
        do
        {
            string path = Documents.Path("jobs", ("state", state), ("label", label), ("owner", owner), ("after", after), ("limit", Number(Math.Min(limit, 500))));
            JobsDocument page = await _transport.GetAsync(path, WireJson.Default.JobsDocument, cancellation);
            foreach (JobSummary job in page.Jobs.Take(limit))
            {
                yield return job;
            }

            limit -= page.Jobs.Count;
            after = page.Next == after ? null : page.Next;
        }
        while (after is not null && limit > 0);
    }

    /// <summary>One job.</summary>
    /// <param name="id">Its id.</param>
    /// <param name="tasks">Whether with its tasks.</param>
    /// <param name="cancellation">Gives up.</param>
    public Task<JobDetail> GetAsync(string id, bool tasks, CancellationToken cancellation) =>
        _transport.GetAsync(Documents.Path(Of(id), ("tasks", tasks ? "true" : null)), WireJson.Default.JobDetail, cancellation);

    /// <summary>A job as it is now, and again after each change, until it has ended. A server that is away for a while does not end it.</summary>
    public async IAsyncEnumerable<JobDetail> WatchAsync(string id, [EnumeratorCancellation] CancellationToken cancellation)
    {
        JobDetail job = await GetAsync(id, tasks: false, cancellation);
        yield return job;
        while (!JobStates.HasEnded(job.State))
        {
            long asked = _transport.Options.Time.GetTimestamp();
            JobDetail next = await NextAsync(id, job.Version, cancellation);
            if (next.Version > job.Version)
            {
                yield return job = next;
            }
            else if (_transport.Options.Time.GetElapsedTime(asked) < PauseMin)
            {
                await Task.Delay(PauseMin, _transport.Options.Time, cancellation);
            }
        }
    }

    /// <summary>Ends a job.</summary>
    public Task CancelAsync(string id, CancellationToken cancellation) => _transport.TellAsync(HttpMethod.Post, $"{Of(id)}/cancel", cancellation);

    /// <summary>Removes a job that has ended, with its result.</summary>
    public Task RemoveAsync(string id, CancellationToken cancellation) => _transport.TellAsync(HttpMethod.Delete, Of(id), cancellation);

    /// <summary>What happened to a job, and its failed attempts.</summary>
    public Task<LogDocument> LogAsync(string id, CancellationToken cancellation) => _transport.GetAsync($"{Of(id)}/logs?format=json", WireJson.Default.LogDocument, cancellation);

    /// <summary>The same as text, with what user code wrote, to a stream as it comes. Repeated only while nothing has come.</summary>
    public Task LogTextAsync(string id, Stream output, CancellationToken cancellation) => CopyAsync($"{Of(id)}/logs", output, cancellation);

    /// <summary>Records set aside, as JSON lines, to a stream.</summary>
    public Task SetAsideAsync(string id, Stream output, CancellationToken cancellation) => CopyAsync($"{Of(id)}/set-aside", output, cancellation);

    /// <summary>Writes a completed job's result to a stream, from its beginning to its end; goes on where an answer was cut.</summary>
    /// <param name="id">The job.</param>
    /// <param name="format"><c>tsv</c>, <c>json</c> or <c>jsonl</c>.</param>
    /// <param name="output">Where to; what was written before a fault stays.</param>
    /// <param name="progress">Told of bytes so far and of all, or null.</param>
    /// <param name="cancellation">Gives up.</param>
    /// <exception cref="TransferFault">The result became another one in between.</exception>
    public Task<long> ResultAsync(string id, string format, Stream output, Action<TransferProgress>? progress, CancellationToken cancellation) =>
        new RangeCopy(_transport, Result(id, format), new StreamTarget(output), progress).RunAsync(cancellation);

    /// <summary>Writes a completed job's result to a file: to <c>FILE.partial</c> first, where an interrupted download goes on; then renamed.</summary>
    public Task<long> ResultToFileAsync(string id, string format, string path, Action<TransferProgress>? progress, CancellationToken cancellation) =>
        FileDownload.RunAsync(_transport, Result(id, format), path, null, progress, cancellation);

    private static string Of(string id) => Documents.Below("jobs", id);

    private static string Result(string id, string format) => Documents.Path($"{Of(id)}/result", ("format", format));

    private static string Number(long number) => number.ToString(CultureInfo.InvariantCulture);

    private Task<JobDetail> NextAsync(string id, long version, CancellationToken cancellation) => _transport.SendAsync(
        () => new HttpRequestMessage(HttpMethod.Get, Documents.Path(Of(id), ("after", Number(version)), ("wait", Number(WaitSeconds)))),
        (answer, limit) => Documents.ReadAsync(answer, WireJson.Default.JobDetail, limit.Token),
        Retries.Patient(_transport.Options),
        TimeSpan.FromSeconds(WaitSeconds),
        cancellation);

    private async Task CopyAsync(string path, Stream output, CancellationToken cancellation)
    {
        // What has been written cannot be taken back, so an answer that is cut is an error, not a reason to begin again.
        Exception? cut = await _transport.SendAsync(
            () => new HttpRequestMessage(HttpMethod.Get, path),
            async (answer, limit) =>
            {
                await using Stream body = await answer.Content.ReadAsStreamAsync(limit.Token);
                byte[] block = new byte[64 << 10];
                for (long copied = 0; ;)
                {
                    int read;
                    try
                    {
                        read = await body.ReadPieceAsync(block, limit.Token);
                    }
                    catch (Exception error) when (copied > 0 && !cancellation.IsCancellationRequested && error is CutAnswer or OperationCanceledException)
                    {
                        return error;
                    }

                    if (read == 0)
                    {
                        return (Exception?)null;
                    }

                    await output.WriteAsync(block.AsMemory(0, read), cancellation);
                    copied += read;
                    limit.Renew();
                }
            },
            Retries.Safe(_transport.Options),
            TimeSpan.Zero,
            cancellation);
        if (cut is not null)
        {
            throw new ServiceUnreachable($"{_transport.Options.Server} cut its answer; what was written is not all of it", cut);
        }
    }
}

/// <summary>The states of a job, as the API names them.</summary>
public static class JobStates
{
    /// <summary>The result can be read.</summary>
    public const string Completed = "completed";

    /// <summary>Ended with an error.</summary>
    public const string Failed = "failed";

    /// <summary>Ended by its owner.</summary>
    public const string Cancelled = "cancelled";

    /// <summary>Whether a job in this state has ended.</summary>
    public static bool HasEnded(string state) => state is Completed or Failed or Cancelled;
}
