using System.Net.Http.Headers;
using System.Text.Json;
using Katanemimena.Core;

namespace Katanemimena.Adapters.Etcd;

/// <summary>Calls etcd's JSON gateway: at the member that answered last, at the next one if that cannot be connected to. Safe for several threads.</summary>
/// <remarks>A call that may have reached a member is not sent to another: whoever called decides whether it can be done twice.</remarks>
internal sealed class EtcdConnection : IDisposable
{
    private static readonly MediaTypeHeaderValue s_json = new("application/json");

    private readonly EtcdOptions _options;
    private readonly HttpClient _client;
    private readonly SemaphoreSlim _authenticating = new(1);
    private int _member;
    private string? _token;

    public EtcdConnection(EtcdOptions options)
    {
        options.Check();
        _options = options;
        _client = new HttpClient(EtcdHandler.Create(options)) { Timeout = Timeout.InfiniteTimeSpan };
    }

    /// <summary>Makes a call and reads its answer.</summary>
    /// <exception cref="TransientFault">No member could be reached, or it is not known whether the call was carried out.</exception>
    /// <exception cref="PermanentFault">Etcd refuses user, password or request.</exception>
    /// <exception cref="LeaseGone">It names a lease that is not there.</exception>
    public async ValueTask<T> CallAsync<T>(string path, ReadOnlyMemory<byte> body, Func<JsonElement, T> read, CancellationToken cancellation)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limit.CancelAfter(_options.CallTimeout);
        try
        {
            using HttpResponseMessage response = await SendAsync(path, body, HttpCompletionOption.ResponseContentRead, limit.Token);
            byte[] answer = await response.Content.ReadAsByteArrayAsync(limit.Token);
            using var document = JsonDocument.Parse(FirstLine(answer));
            return read(document.RootElement);
        }
        catch (OperationCanceledException e) when (!cancellation.IsCancellationRequested)
        {
            Uri silent = Member;
            NextMember();
            throw new TransientFault($"etcd at {silent} did not answer within {_options.CallTimeout.TotalSeconds:0.#} s", e);
        }
        catch (Exception e) when (e is HttpRequestException or IOException)
        {
            NextMember();
            throw new TransientFault($"the connection to etcd broke off: {e.Message}", e);
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or FormatException or InvalidOperationException)
        {
            throw new TransientFault($"etcd at {Member} gave an answer that cannot be read: {e.Message}", e);
        }
    }

    /// <summary>Opens a stream of answers, one a line; the caller disposes of it.</summary>
    /// <inheritdoc cref="CallAsync"/>
    public async ValueTask<HttpResponseMessage> OpenAsync(string path, ReadOnlyMemory<byte> body, CancellationToken cancellation)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limit.CancelAfter(_options.CallTimeout);
        try
        {
            return await SendAsync(path, body, HttpCompletionOption.ResponseHeadersRead, limit.Token);
        }
        catch (Exception e) when (e is HttpRequestException or IOException || (e is OperationCanceledException && !cancellation.IsCancellationRequested))
        {
            NextMember();
            throw new TransientFault($"no stream from etcd could be opened: {e.Message}", e);
        }
    }

    /// <summary>Turns to another member: this one broke off.</summary>
    public void NextMember() => Interlocked.Increment(ref _member);

    /// <inheritdoc/>
    public void Dispose()
    {
        _client.Dispose();
        _authenticating.Dispose();
    }

    private Uri Member => _options.Endpoints[(int)((uint)Volatile.Read(ref _member) % (uint)_options.Endpoints.Count)];

    private async ValueTask<HttpResponseMessage> SendAsync(string path, ReadOnlyMemory<byte> body, HttpCompletionOption completion, CancellationToken cancellation)
    {
        for (bool tokenIsNew = false; ; tokenIsNew = true)
        {
            string? token = _options.User is null ? null : await TokenAsync(cancellation);
            HttpResponseMessage response = await SendOnceAsync(path, body, token, completion, cancellation);
            if (response.IsSuccessStatusCode)
            {
                return response;
            }

            using (response)
            {
                var error = EtcdError.Read(response.StatusCode, await response.Content.ReadAsByteArrayAsync(cancellation));
                if (!error.IsTokenRefused || token is null || tokenIsNew)
                {
                    throw error.IsLeaseGone ? new LeaseGone() : Refused(error);
                }
            }

            Interlocked.CompareExchange(ref _token, null, token);
        }
    }

    private async ValueTask<HttpResponseMessage> SendOnceAsync(
        string path, ReadOnlyMemory<byte> body, string? token, HttpCompletionOption completion, CancellationToken cancellation)
    {
        for (int tried = 1; ; tried++)
        {
            Uri member = Member;
            using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(member, path)) { Content = new ReadOnlyMemoryContent(body) };
            request.Content.Headers.ContentType = s_json;
            if (token is not null)
            {
                request.Headers.TryAddWithoutValidation("Authorization", token);
            }

            try
            {
                return await _client.SendAsync(request, completion, cancellation);
            }
            catch (HttpRequestException e) when (WasNotSent(e))
            {
                NextMember();
                if (tried >= _options.Endpoints.Count)
                {
                    throw new TransientFault($"etcd cannot be reached at {string.Join(", ", _options.Endpoints)}: {e.Message}", e);
                }
            }
        }
    }

    /// <summary>A member in trouble may have lost its cluster, so the next call goes to another.</summary>
    private Exception Refused(EtcdError error)
    {
        Exception fault = error.ToFault(Member);
        if (fault is TransientFault)
        {
            NextMember();
        }

        return fault;
    }

    private static bool WasNotSent(HttpRequestException error) =>
        error.HttpRequestError is HttpRequestError.ConnectionError or HttpRequestError.NameResolutionError or HttpRequestError.SecureConnectionError;

    private async ValueTask<string> TokenAsync(CancellationToken cancellation)
    {
        if (Volatile.Read(ref _token) is { } known)
        {
            return known;
        }

        await _authenticating.WaitAsync(cancellation);
        try
        {
            return _token ??= await AuthenticateAsync(cancellation);
        }
        finally
        {
            _authenticating.Release();
        }
    }

    private async ValueTask<string> AuthenticateAsync(CancellationToken cancellation)
    {
        ReadOnlyMemory<byte> body = EtcdRequests.Authenticate(_options.User!, _options.Password!);
        using HttpResponseMessage response = await SendOnceAsync("v3/auth/authenticate", body, null, HttpCompletionOption.ResponseContentRead, cancellation);
        byte[] answer = await response.Content.ReadAsByteArrayAsync(cancellation);
        if (!response.IsSuccessStatusCode)
        {
            throw EtcdError.Read(response.StatusCode, answer).ToFault(Member);
        }

        using var document = JsonDocument.Parse(answer);
        return document.RootElement.GetProperty("token").GetString() ?? throw new TransientFault($"etcd at {Member} gave no token");
    }

    /// <summary>A stream of one answer ends its lines with LF.</summary>
    private static ReadOnlyMemory<byte> FirstLine(byte[] answer)
    {
        int end = answer.AsSpan().IndexOf((byte)'\n');
        return end < 0 ? answer : answer.AsMemory(0, end);
    }
}

/// <summary>A request named a lease that is not there; nothing was carried out.</summary>
internal sealed class LeaseGone() : Exception("the lease has ended");
