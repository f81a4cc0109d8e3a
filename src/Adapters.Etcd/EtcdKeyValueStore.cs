using System.Runtime.CompilerServices;
using Katanemimena.Core;

namespace Katanemimena.Adapters.Etcd;

/// <summary>The key-value store in an etcd cluster (3.4 or later), spoken to by its JSON gateway. Safe for several threads.</summary>
/// <remarks>
/// Reads are linearizable, as etcd's default is. Leases end by etcd's clock: up to about a second later than asked, and never sooner than
/// one and a half election timeouts (2 s by etcd's defaults). A transaction whose answer was lost throws <see cref="TransientFault"/> and may have
/// been carried out. Limits: 128 operations a transaction and 1.5 MiB a request, by etcd's defaults.
/// </remarks>
public sealed class EtcdKeyValueStore : IKeyValueStore, IDisposable
{
    private readonly EtcdOptions _options;
    private readonly EtcdConnection _connection;
    private readonly TimeProvider _time;

    /// <summary>Makes a client; nothing is called yet.</summary>
    /// <param name="options">How etcd is reached.</param>
    /// <param name="time">Timers of the pauses between a watch's tries.</param>
    /// <exception cref="PermanentFault">An option is missing or wrong, or a certificate cannot be read.</exception>
    public EtcdKeyValueStore(EtcdOptions options, TimeProvider time)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(time);
        _connection = new EtcdConnection(options);
        (_options, _time) = (options, time);
    }

    /// <inheritdoc/>
    public ValueTask<RangeResult> RangeAsync(KeyRange range, CancellationToken cancellation)
    {
        KeyValueRules.Check(range);
        cancellation.ThrowIfCancellationRequested();
        return _connection.CallAsync("v3/kv/range", EtcdRequests.Range(range), EtcdAnswers.Range, cancellation);
    }

    /// <inheritdoc/>
    public ValueTask<TransactionResult> TransactAsync(Transaction transaction, CancellationToken cancellation)
    {
        KeyValueRules.Check(transaction);
        cancellation.ThrowIfCancellationRequested();
        return TransactAsync(EtcdRequests.Transaction(transaction), transaction.Writes, cancellation);
    }

    /// <inheritdoc/>
    public ValueTask<LeaseId> GrantLeaseAsync(TimeSpan timeToLive, CancellationToken cancellation)
    {
        KeyValueRules.CheckTimeToLive(timeToLive);
        cancellation.ThrowIfCancellationRequested();
        return _connection.CallAsync("v3/lease/grant", EtcdRequests.Grant(timeToLive), answer => new LeaseId(EtcdAnswers.Number(answer, "ID")), cancellation);
    }

    /// <inheritdoc/>
    public ValueTask<bool> RenewLeaseAsync(LeaseId lease, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        return _connection.CallAsync(
            "v3/lease/keepalive", EtcdRequests.Lease(lease), answer => EtcdAnswers.Number(answer.GetProperty("result"), "TTL") > 0, cancellation);
    }

    /// <inheritdoc/>
    public async ValueTask RevokeLeaseAsync(LeaseId lease, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        try
        {
            await _connection.CallAsync("v3/lease/revoke", EtcdRequests.Lease(lease), static _ => true, cancellation);
        }
        catch (LeaseGone)
        {
        }
    }

    /// <inheritdoc/>
    public IAsyncEnumerable<KeyChange> WatchAsync(KeyRange range, long fromRevision, CancellationToken cancellation)
    {
        KeyValueRules.Check(range);
        ArgumentOutOfRangeException.ThrowIfNegative(fromRevision);
        return FollowAsync(range, fromRevision, cancellation);
    }

    /// <summary>Closes all connections.</summary>
    public void Dispose() => _connection.Dispose();

    private async ValueTask<TransactionResult> TransactAsync(ReadOnlyMemory<byte> body, IReadOnlyList<KeyWrite> writes, CancellationToken cancellation)
    {
        try
        {
            return await _connection.CallAsync("v3/kv/txn", body, EtcdAnswers.Transaction, cancellation);
        }
        catch (LeaseGone)
        {
            throw new LeaseEnded(writes.OfType<KeyWrite.Put>().Select(put => put.Lease).First(lease => lease != LeaseId.None));
        }
    }

    /// <summary>From now on is from a revision as well, so that a stream that breaks off before its first change loses none.</summary>
    private async IAsyncEnumerable<KeyChange> FollowAsync(KeyRange range, long fromRevision, [EnumeratorCancellation] CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        long from = fromRevision > 0 ? fromRevision : (await RangeAsync(range with { CountOnly = true, Limit = 0 }, cancellation)).Revision + 1;
        await foreach (KeyChange change in new EtcdWatch(_connection, _options, _time, range, from).FollowAsync(cancellation))
        {
            yield return change;
        }
    }
}
