using System.Globalization;
using System.Net;
using System.Net.Http.Headers;

namespace Katanemimena.Client;

/// <summary>One download, range by range: a server may hold a whole answer in memory, so none is large. A cut range goes on at the byte where it was cut.</summary>
/// <param name="transport">To the server.</param>
/// <param name="path">What is downloaded.</param>
/// <param name="target">Where to; what is there already is not asked for again.</param>
/// <param name="progress">Told of the bytes that are there.</param>
internal sealed class RangeCopy(Transport transport, string path, DownloadTarget target, Action<TransferProgress>? progress)
{
    private const int BlockBytes = 128 << 10;

    private static readonly TimeSpan AskAgain = TimeSpan.FromSeconds(2);

    private readonly byte[] _block = new byte[BlockBytes];
    private long? _total;

    /// <summary>Without a tag, nobody knows whether two ranges are of one version; then all is asked for at once.</summary>
    private bool _byRanges = true;

    private enum Outcome
    {
        /// <summary>A range has come.</summary>
        Some,

        /// <summary>All has come.</summary>
        All,

        /// <summary>The server has yet to put it together.</summary>
        NotYet,
    }

    /// <summary>Downloads what is missing.</summary>
    /// <returns>The size of the whole.</returns>
    /// <exception cref="TransferFault">What is there is of another version and cannot be taken back.</exception>
    public async Task<long> RunAsync(CancellationToken cancellation)
    {
        while (true)
        {
            TimeSpan wait = AskAgain;
            Outcome outcome;
            try
            {
                outcome = await transport.SendAsync(
                    Request,
                    (answer, limit) =>
                    {
                        wait = Problems.RetryAfter(answer, transport.Options.Time) ?? AskAgain;
                        return TakeAsync(answer, limit, cancellation);
                    },
                    Retries.Patient(transport.Options),
                    TimeSpan.Zero,
                    cancellation);
            }
            catch (ServiceProblem problem) when (problem.Status == (int)HttpStatusCode.RequestedRangeNotSatisfiable && (target.Length > 0 || _total is null))
            {
                outcome = await BeyondAsync(cancellation);
            }

            if (outcome == Outcome.All)
            {
                return target.Length;
            }

            if (outcome == Outcome.NotYet)
            {
                await Task.Delay(wait < BackOff.AskedMax ? wait : BackOff.AskedMax, transport.Options.Time, cancellation);
            }
        }
    }

    private HttpRequestMessage Request()
    {
        var request = new HttpRequestMessage(HttpMethod.Get, path);
        if (!_byRanges)
        {
            return request;
        }

        request.Headers.Range = new RangeHeaderValue(target.Length, target.Length + transport.Options.RangeBytes - 1);
        if (target.Length > 0 && EntityTagHeaderValue.TryParse(target.Tag, out EntityTagHeaderValue? tag))
        {
            request.Headers.IfRange = new RangeConditionHeaderValue(tag);
        }

        return request;
    }

    private async Task<Outcome> TakeAsync(HttpResponseMessage answer, TimeLimit limit, CancellationToken cancellation)
    {
        if (answer.StatusCode == HttpStatusCode.Accepted)
        {
            return Outcome.NotYet;
        }

        string? tag = answer.Headers.ETag is { IsWeak: false } strong ? strong.ToString() : null;
        ContentRangeHeaderValue? range = answer.Content.Headers.ContentRange;
        bool partial = answer.StatusCode == HttpStatusCode.PartialContent;
        if (partial && (range?.From != target.Length || range.Length is null))
        {
            throw new CutAnswer("answered with another range than it was asked for");
        }

        if (partial && tag is null && range!.To + 1 < range.Length)
        {
            _byRanges = false;
            return Outcome.Some;
        }

        // What has come before counts only together with a version, and only if this is of the same.
        bool goesOn = partial && target.Length > 0 && tag is not null && tag == target.Tag;
        if (target.Length > 0 && !goesOn)
        {
            target.Restart();
            if (partial)
            {
                return Outcome.Some;
            }
        }

        _total = partial ? range!.Length : answer.Content.Headers.ContentLength;
        target.Begin(tag, _total);
        await CopyAsync(answer, limit, cancellation);
        _total ??= target.Length;
        return target.Length == _total ? Outcome.All
            : target.Length < _total ? Outcome.Some
            : throw new TransferFault(string.Create(CultureInfo.InvariantCulture, $"{target.Length} bytes came where {_total} were announced"));
    }

    private async Task CopyAsync(HttpResponseMessage answer, TimeLimit limit, CancellationToken cancellation)
    {
        await using Stream body = await answer.Content.ReadAsStreamAsync(limit.Token);
        int read;
        while ((read = await body.ReadPieceAsync(_block, limit.Token)) > 0)
        {
            await target.WriteAsync(_block.AsMemory(0, read), cancellation);
            limit.Renew();
            progress?.Invoke(new TransferProgress(target.Length, _total));
        }
    }

    /// <summary>A range of nothing: the file is empty, or as long as what is there, or has become shorter. The whole is asked for to know.</summary>
    private Task<Outcome> BeyondAsync(CancellationToken cancellation) => transport.SendAsync(
        () => new HttpRequestMessage(HttpMethod.Get, path),
        async (answer, limit) =>
        {
            string? tag = answer.Headers.ETag is { IsWeak: false } strong ? strong.ToString() : null;
            if (answer.StatusCode == HttpStatusCode.OK && tag is not null && tag == target.Tag && answer.Content.Headers.ContentLength == target.Length)
            {
                return Outcome.All;
            }

            return await TakeAsync(answer, limit, cancellation);
        },
        Retries.Patient(transport.Options),
        TimeSpan.Zero,
        cancellation);
}
