using Katanemimena.Core;

namespace Katanemimena.Access;

/// <summary>Sessions: a short access token, and a refresh token that is good for one more pair, once.</summary>
/// <remarks>
/// After OAuth BCP (RFC 9700), 4.14.2: a refresh token is exchanged for another at each use; whoever brings one a second time ends the
/// session, since the client and a thief cannot be told apart. The store keeps one record a session, whatever the number of refreshes,
/// with hashes only. A session ends by itself, when unused or at a great age; sweeping only takes the records away. A change of password or
/// role, and shutting out or deleting the user, end all of the user's sessions in the same transaction. Every method may throw
/// <see cref="TransientFault"/>; a refresh may then have been made, and the session is lost with its answer.
/// </remarks>
public sealed class UserSessions
{
    private readonly IKeyValueStore _store;
    private readonly TokenIssuer _issuer;
    private readonly AccessOptions _options;
    private readonly TimeProvider _time;

    internal UserSessions(IKeyValueStore store, TokenIssuer issuer, AccessOptions options, TimeProvider time) =>
        (_store, _issuer, _options, _time) = (store, issuer, options, time);

    /// <summary>Starts a session for a user who has just signed in. Past <see cref="AccessOptions.SessionsMax"/> the user's oldest ends.</summary>
    /// <param name="user">The account as signing in gave it: if it changed since, the session is good for nothing.</param>
    /// <param name="cancellation">A session started all the same lapses by itself.</param>
    public async ValueTask<SessionTokens> StartAsync(UserAccount user, CancellationToken cancellation)
    {
        DateTimeOffset now = _time.GetUtcNow();
        var token = RefreshToken.New(user.Name);
        StoredSession session = new(token.SecretHash, user.Version, now, now + _options.SessionIdleMax);
        IEnumerable<string> surplus = await SurplusAsync(user.Name, now, cancellation);
        await _store.TransactAsync(
            new Transaction
            {
                Conditions = [KeyCondition.Absent(token.Key)],
                Writes = [Put(token.Key, session), .. surplus.Select(key => new KeyWrite.Delete(KeyRange.One(key)))],
            },
            cancellation);
        return new SessionTokens(await _issuer.AccessAsync(user, cancellation), token.ToText(), session.Expires);
    }

    /// <summary>Exchanges a refresh token for a new pair.</summary>
    /// <param name="text">As sent; anything.</param>
    /// <param name="cancellation">It may have been exchanged all the same; then the session is lost.</param>
    public async ValueTask<RefreshResult> RefreshAsync(string text, CancellationToken cancellation)
    {
        if (RefreshToken.Parse(text) is not { } token)
        {
            return RefreshResult.Bad(RefreshRefusal.Malformed);
        }

        KeyRange userKey = KeyRange.One(AccessKeys.User(token.Name));
        IReadOnlyList<RangeResult> found = (await _store.TransactAsync(new Transaction { Reads = [KeyRange.One(token.Key), userKey] }, cancellation)).Reads;
        if (found[0].Keys.Count == 0)
        {
            return RefreshResult.Bad(RefreshRefusal.Unknown);
        }

        KeyValue stored = found[0].Keys[0];
        StoredSession session = AccessDocuments.Read(stored, AccessDocuments.Default.StoredSession);
        UserAccount? user = VersionedUser.From(found[1])?.Account;
        if (Refusal(session, token, user) is { } refusal)
        {
            await DeleteAsync(KeyRange.One(token.Key), cancellation);
            return RefreshResult.Bad(refusal);
        }

        return await ExchangeAsync(token, stored, session, user!, cancellation);
    }

    /// <summary>Ends the session of a refresh token, present or past. One that has ended, or is none, changes nothing. Access tokens live out their minutes.</summary>
    public async ValueTask EndAsync(string refreshToken, CancellationToken cancellation)
    {
        if (RefreshToken.Parse(refreshToken) is { } token)
        {
            await DeleteAsync(KeyRange.One(token.Key), cancellation);
        }
    }

    /// <summary>Ends all sessions of a user.</summary>
    public async ValueTask EndAllAsync(string name, CancellationToken cancellation)
    {
        if (UserNames.IsValid(name))
        {
            await DeleteAsync(KeyRange.Prefix(AccessKeys.RefreshOf(name)), cancellation);
        }
    }

    private async ValueTask<RefreshResult> ExchangeAsync(
        RefreshToken token, KeyValue stored, StoredSession session, UserAccount user, CancellationToken cancellation)
    {
        RefreshToken next = token.Next();
        DateTimeOffset idle = _time.GetUtcNow() + _options.SessionIdleMax;
        DateTimeOffset oldest = session.Started + _options.SessionAgeMax;
        StoredSession renewed = session with { SecretHash = next.SecretHash, Expires = idle < oldest ? idle : oldest };
        TransactionResult result = await _store.TransactAsync(
            new Transaction
            {
                Conditions = [new KeyCondition(token.Key, stored.ModifyRevision)],
                Writes = [Put(token.Key, renewed)],
                ReadsOtherwise = [KeyRange.One(token.Key)],
            },
            cancellation);
        if (!result.Succeeded)
        {
            // Another instance exchanged the same token first, or the session was ended meanwhile.
            await DeleteAsync(KeyRange.One(token.Key), cancellation);
            return RefreshResult.Bad(result.Reads[0].Count > 0 ? RefreshRefusal.Reused : RefreshRefusal.Unknown);
        }

        return new RefreshResult(new SessionTokens(await _issuer.AccessAsync(user, cancellation), next.ToText(), renewed.Expires), user, null);
    }

    private RefreshRefusal? Refusal(StoredSession session, RefreshToken token, UserAccount? user) =>
        !Secrets.AreEqual(session.SecretHash, token.SecretHash) ? RefreshRefusal.Reused
        : session.Expires <= _time.GetUtcNow() ? RefreshRefusal.Expired
        : user is null ? RefreshRefusal.UserDeleted
        : user.Disabled ? RefreshRefusal.UserDisabled
        : user.Version != session.Version ? RefreshRefusal.UserChanged
        : null;

    /// <summary>The sessions that must go so that one more fits: those over, then the oldest.</summary>
    private async ValueTask<IEnumerable<string>> SurplusAsync(string name, DateTimeOffset now, CancellationToken cancellation)
    {
        RangeResult found = await _store.RangeAsync(KeyRange.Prefix(AccessKeys.RefreshOf(name)), cancellation);
        return found.Keys.Select(key => (key.Key, Session: AccessDocuments.Read(key, AccessDocuments.Default.StoredSession)))
            .OrderByDescending(entry => entry.Session.Expires > now)
            .ThenByDescending(entry => entry.Session.Started)
            .Skip(_options.SessionsMax - 1)
            .Select(entry => entry.Key)
            .Take(KeyValueRules.OperationsMax - 1);
    }

    private async ValueTask DeleteAsync(KeyRange range, CancellationToken cancellation) =>
        await _store.TransactAsync(new Transaction { Writes = [new KeyWrite.Delete(range)] }, cancellation);

    private static KeyWrite.Put Put(string key, StoredSession session) =>
        new(key, AccessDocuments.Write(session, AccessDocuments.Default.StoredSession));
}
