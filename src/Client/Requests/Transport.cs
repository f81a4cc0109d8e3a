using System.Globalization;
using System.Net.Http.Headers;
using Katanemimena.Wire;

namespace Katanemimena.Client;

/// <summary>Sends requests: with the caller's token, again where that is safe, each within its time.</summary>
/// <param name="options">How.</param>
internal sealed class Transport(ServiceClientOptions options) : IDisposable
{
    private readonly HttpClient _http = new(Handler(options.Server)) { BaseAddress = options.Server.Api, Timeout = Timeout.InfiniteTimeSpan };

    /// <summary>How it talks.</summary>
    public ServiceClientOptions Options { get; } = options;

    /// <summary>Sends a request until a good answer has been read.</summary>
    /// <param name="make">Makes the request anew for each attempt.</param>
    /// <param name="read">Reads a good answer. What it throws for a cut one counts as a failed attempt.</param>
    /// <param name="retries">How often.</param>
    /// <param name="extra">Time the server may take beyond <see cref="ServiceClientOptions.Timeout"/>.</param>
    /// <param name="cancellation">Ends it; whether the request has counted is not known then.</param>
    /// <exception cref="ServiceProblem">The server refused it.</exception>
    /// <exception cref="ServiceUnreachable">It did not get through.</exception>
    /// <exception cref="NotSignedIn">There is no token to send.</exception>
    public async Task<T> SendAsync<T>(
        Func<HttpRequestMessage> make, Func<HttpResponseMessage, TimeLimit, Task<T>> read, Retries retries, TimeSpan extra, CancellationToken cancellation)
    {
        long began = Options.Time.GetTimestamp();
        string? token = await TokenAsync(null, cancellation);
        bool renewed = false;
        for (int attempt = 1; ; attempt++)
        {
            Exception failure;
            TimeSpan? asked = null;
            bool again;
            try
            {
                return await AttemptAsync(make, read, token, extra, cancellation);
            }
            catch (ServiceProblem problem) when (problem.Code == ProblemCodes.Unauthorized && token is not null && !renewed)
            {
                // The refused request has done nothing, so it may be sent again, whatever it is.
                if (await TokenAsync(token, cancellation) is not { } other)
                {
                    throw;
                }

                (token, renewed) = (other, true);
                continue;
            }
            catch (ServiceProblem problem)
            {
                (failure, asked) = (problem, problem.RetryAfter);
                again = problem.IsPassing && retries.Repeatable && !(asked > BackOff.AskedMax);
            }
            catch (Exception error) when (IsOfNetwork(error, cancellation))
            {
                failure = new ServiceUnreachable($"{Options.Server} {Reason(error)}", error);
                again = retries.Repeatable || NeverArrived(error);
            }

            TimeSpan wait = BackOff.After(attempt, asked);
            if (!again || attempt >= retries.AttemptsMax || Options.Time.GetElapsedTime(began) + wait > retries.Patience)
            {
                throw failure;
            }

            Options.OnRetry?.Invoke(new RetryNotice(failure.Message, attempt, wait));
            await Task.Delay(wait, Options.Time, cancellation);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _http.Dispose();

    private async Task<T> AttemptAsync<T>(
        Func<HttpRequestMessage> make, Func<HttpResponseMessage, TimeLimit, Task<T>> read, string? token, TimeSpan extra, CancellationToken cancellation)
    {
        using var limit = new TimeLimit(Options.Timeout + extra, Options.Time, cancellation);
        using HttpRequestMessage request = make();
        request.Headers.Authorization = token is null ? null : new AuthenticationHeaderValue("Bearer", token);
        request.Headers.UserAgent.TryParseAdd(Options.Program);
        using HttpResponseMessage answer = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, limit.Token);
        return answer.IsSuccessStatusCode ? await read(answer, limit) : throw await Problems.ReadAsync(answer, Options.Time, limit.Token);
    }

    private ValueTask<string?> TokenAsync(string? refused, CancellationToken cancellation) =>
        Options.Tokens?.TokenAsync(refused, cancellation) ?? new ValueTask<string?>((string?)null);

    private static bool IsOfNetwork(Exception error, CancellationToken cancellation) =>
        !cancellation.IsCancellationRequested && error is HttpRequestException or HttpIOException or OperationCanceledException or CutAnswer;

    private static bool NeverArrived(Exception error) =>
        error is HttpRequestException { HttpRequestError: HttpRequestError.ConnectionError or HttpRequestError.NameResolutionError or HttpRequestError.SecureConnectionError };

    private string Reason(Exception error) => error switch
    {
        OperationCanceledException => string.Create(CultureInfo.InvariantCulture, $"gave no answer within {Options.Timeout.TotalSeconds:0.#} s"),
        HttpRequestException { HttpRequestError: HttpRequestError.NameResolutionError } => "cannot be found: no such host",
        HttpRequestException { HttpRequestError: HttpRequestError.SecureConnectionError } => $"cannot be trusted: {(error.InnerException ?? error).Message}",
        HttpRequestException { HttpRequestError: HttpRequestError.ConnectionError } => $"cannot be reached: {(error.InnerException ?? error).Message}",
        CutAnswer => error.Message,
        _ => $"cut the connection: {error.Message}",
    };

    /// <summary>No redirect is followed: it would carry the token elsewhere. This machine is never asked for by a proxy.</summary>
    private static SocketsHttpHandler Handler(ServiceAddress server) => new()
    {
        AllowAutoRedirect = false,
        UseCookies = false,
        UseProxy = !server.IsLoopback,
        ConnectTimeout = TimeSpan.FromSeconds(10),
        PooledConnectionLifetime = TimeSpan.FromMinutes(5),
    };
}
