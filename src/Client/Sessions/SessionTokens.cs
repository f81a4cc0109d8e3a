using Katanemimena.Wire;

namespace Katanemimena.Client;

/// <summary>The tokens of a kept session: refreshed shortly before they end, or when the server refuses them, by one process at a time.</summary>
/// <remarks>A refresh token that comes to the server twice ends the session. So the file is locked while a refresh is under way, and whoever had to
/// wait reads it again: the process before has most likely done the work.</remarks>
/// <param name="client">Signs nobody in; how refreshes are sent.</param>
/// <param name="store">Where the session is kept.</param>
/// <param name="time">Clock.</param>
public sealed class SessionTokens(ServiceClient client, SessionStore store, TimeProvider time) : AccessTokenSource, IDisposable
{
    private static readonly TimeSpan BeforeEnd = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan RefreshLimit = TimeSpan.FromSeconds(60);

    private readonly SemaphoreSlim _one = new(1);
    private Session? _session;

    /// <inheritdoc/>
    public override async ValueTask<string?> TokenAsync(string? refused, CancellationToken cancellation)
    {
        if (_session is { } known && IsGood(known, refused))
        {
            return known.AccessToken;
        }

        await _one.WaitAsync(cancellation);
        try
        {
            _session = Kept();
            return (IsGood(_session, refused) ? _session : _session = await RefreshedAsync(refused, cancellation)).AccessToken;
        }
        finally
        {
            _one.Release();
        }
    }

    /// <summary>Ends the session, here and at the server.</summary>
    /// <returns>False if there was none.</returns>
    /// <exception cref="ServiceUnreachable">The server does not know of it; here it has ended.</exception>
    public async Task<bool> EndAsync(CancellationToken cancellation)
    {
        using IDisposable held = await store.LockAsync(client.Server, time, cancellation);
        if (store.Read(client.Server) is not { } session)
        {
            return false;
        }

        store.Remove(client.Server);
        await client.Accounts.LogoutAsync(session.RefreshToken, cancellation);
        return true;
    }

    /// <inheritdoc/>
    public void Dispose() => _one.Dispose();

    private bool IsGood(Session session, string? refused) => session.AccessToken != refused && session.AccessExpires - time.GetUtcNow() > BeforeEnd;

    private Session Kept() => store.Read(client.Server) ?? throw new NotSignedIn($"not signed in to {client.Server}");

    private async Task<Session> RefreshedAsync(string? refused, CancellationToken cancellation)
    {
        using IDisposable held = await store.LockAsync(client.Server, time, cancellation);
        Session session = Kept();
        if (IsGood(session, refused))
        {
            return session;
        }

        if (session.RefreshExpires <= time.GetUtcNow())
        {
            throw Ended(session);
        }

        // Not to be cancelled halfway: the token that was sent is used up, and the next one would be lost.
        using var limit = new CancellationTokenSource(RefreshLimit, time);
        try
        {
            TokensDocument tokens = await client.Accounts.RefreshAsync(session.RefreshToken, limit.Token);
            Session next = Session.Of(client.Server, tokens, time.GetUtcNow(), session.InTheClear);
            store.Write(client.Server, next);
            return next;
        }
        catch (ServiceProblem problem) when (problem.Code == ProblemCodes.InvalidGrant)
        {
            throw Ended(session);
        }
        catch (OperationCanceledException error) when (limit.IsCancellationRequested)
        {
            throw new ServiceUnreachable($"{client.Server} gave no answer to a refresh within {RefreshLimit.TotalSeconds:0} s", error);
        }
    }

    private NotSignedIn Ended(Session session)
    {
        store.Remove(client.Server);
        return new NotSignedIn($"the session of {session.Name} at {client.Server} has ended");
    }
}
