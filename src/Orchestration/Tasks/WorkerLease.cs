using Katanemimena.Core;

namespace Katanemimena.Orchestration;

/// <summary>One lease held: what is put under it lives as long as the process renews it.</summary>
/// <param name="Id">The lease.</param>
/// <param name="Lost">Cancelled when the lease has ended, or may have: whatever ran under it must stop.</param>
internal sealed record HeldLease(LeaseId Id, CancellationToken Lost);

/// <summary>Keeps a process alive in the store: grants its lease, renews it, and grants another when it was lost.</summary>
/// <param name="store">The store.</param>
/// <param name="time">Clock.</param>
/// <param name="registrations">Keys that say who is alive, put under every lease granted.</param>
/// <param name="report">Told of every renewal that failed, or null.</param>
/// <param name="timeToLive">How long the keys of a dead process stay, in whole seconds; renewed at each third of it. Null for a worker's: <see cref="TimeToLiveOfWorker"/>.</param>
internal sealed class WorkerLease(
    IKeyValueStore store, TimeProvider time, IReadOnlyList<KeyWrite.Put> registrations, Action<string, Exception>? report = null, TimeSpan? timeToLive = null) : IDisposable
{
    /// <summary>How long the keys of a dead worker stay: 15 s.</summary>
    public static readonly TimeSpan TimeToLiveOfWorker = TimeSpan.FromSeconds(15);

    /// <summary>How long the keys of a dead manager stay: 6 s. One that is taken for dead too early does no harm: nothing of it runs under its lease, and every change is fenced.</summary>
    public static readonly TimeSpan TimeToLiveOfManager = TimeSpan.FromSeconds(6);

    private static readonly TimeSpan s_grantAgain = TimeSpan.FromMilliseconds(500);

    private readonly TimeSpan _timeToLive = timeToLive ?? TimeToLiveOfWorker;
    private readonly OrphanedAttempts _orphans = new(store, time);
    private CancellationTokenSource _lost = new();
    private HeldLease? _held;
    private DateTimeOffset _renewed;

    /// <summary>The lease held now.</summary>
    /// <exception cref="TransientFault">There is none at the moment.</exception>
    public HeldLease Held => Volatile.Read(ref _held) ?? throw new TransientFault("the worker's lease has ended and no new one was granted yet");

    /// <inheritdoc cref="OrphanedAttempts.Add"/>
    public void Orphan(AttemptId attempt, bool neverRan) => _orphans.Add(attempt, neverRan);

    /// <summary>Grants a lease, the first or another, and puts the registrations under it.</summary>
    public async ValueTask StartAsync(CancellationToken cancellation)
    {
        DateTimeOffset asked = time.GetUtcNow();
        LeaseId lease = await store.GrantLeaseAsync(_timeToLive, cancellation);
        if (registrations.Count > 0)
        {
            await store.TransactAsync(new Transaction { Writes = [.. registrations.Select(put => put with { Lease = lease })] }, cancellation);
        }

        _lost = new CancellationTokenSource();
        _renewed = asked;
        Volatile.Write(ref _held, new HeldLease(lease, _lost.Token));
    }

    /// <summary>Renews until stopped.</summary>
    public async Task RunAsync(CancellationToken stop)
    {
        while (true)
        {
            await Task.Delay(_held is null ? s_grantAgain : _timeToLive / 3, time, stop);
            try
            {
                await TickAsync(stop);
            }
            catch (Exception e) when (!stop.IsCancellationRequested)
            {
                report?.Invoke("Lease", e);
                // Whatever the store's trouble is: the lease must go on to be renewed, or be given up in time.
                if (time.GetUtcNow() - _renewed >= _timeToLive)
                {
                    Lose();
                }
            }
        }
    }

    /// <summary>Ends the lease now, with its keys.</summary>
    public async ValueTask RevokeAsync(CancellationToken cancellation)
    {
        if (_held is { } held)
        {
            Lose();
            await store.RevokeLeaseAsync(held.Id, cancellation);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _lost.Dispose();

    private async ValueTask TickAsync(CancellationToken stop)
    {
        if (_held is { } held)
        {
            DateTimeOffset asked = time.GetUtcNow();
            if (await store.RenewLeaseAsync(held.Id, stop))
            {
                _renewed = asked;
            }
            else
            {
                Lose();
            }
        }

        if (_held is null)
        {
            await StartAsync(stop);
        }

        await _orphans.RemoveAsync(stop);
    }

    private void Lose()
    {
        Volatile.Write(ref _held, null);
        _lost.Cancel();
    }
}
