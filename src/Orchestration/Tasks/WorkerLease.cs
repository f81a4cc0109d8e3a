using System.Collections.Concurrent;
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
internal sealed class WorkerLease(IKeyValueStore store, TimeProvider time, IReadOnlyList<KeyWrite.Put> registrations)
{
    /// <summary>How long the keys of a dead worker stay.</summary>
    public static readonly TimeSpan TimeToLive = TimeSpan.FromSeconds(15);

    /// <summary>Time between renewals.</summary>
    public static readonly TimeSpan RenewEvery = TimeSpan.FromSeconds(5);

    private readonly ConcurrentQueue<(AttemptId Attempt, bool NeverRan)> _orphans = new();
    private CancellationTokenSource _lost = new();
    private HeldLease? _held;
    private DateTimeOffset _renewed;

    /// <summary>The lease held now.</summary>
    /// <exception cref="TransientFault">There is none at the moment.</exception>
    public HeldLease Held => Volatile.Read(ref _held) ?? throw new TransientFault("the worker's lease has ended and no new one was granted yet");

    /// <summary>Names an attempt of this process that is over, although the store may still show it as running; that is put right at the next renewal.</summary>
    /// <param name="attempt">The attempt.</param>
    /// <param name="neverRan">Whether it is to be forgotten altogether, so that it does not count as a lost attempt.</param>
    public void Orphan(AttemptId attempt, bool neverRan) => _orphans.Enqueue((attempt, neverRan));

    /// <summary>Grants the first lease.</summary>
    public async ValueTask StartAsync(CancellationToken cancellation)
    {
        DateTimeOffset asked = time.GetUtcNow();
        LeaseId lease = await store.GrantLeaseAsync(TimeToLive, cancellation);
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
            await Task.Delay(_held is null ? TimeSpan.FromMilliseconds(500) : RenewEvery, time, stop);
            try
            {
                await TickAsync(stop);
            }
            catch (Exception e) when (e is TransientFault or LeaseEnded)
            {
                if (time.GetUtcNow() - _renewed >= TimeToLive)
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

        await RemoveOrphansAsync(stop);
    }

    private void Lose()
    {
        Volatile.Write(ref _held, null);
        _lost.Cancel();
    }

    private async ValueTask RemoveOrphansAsync(CancellationToken stop)
    {
        while (_orphans.TryPeek(out (AttemptId Attempt, bool NeverRan) orphan))
        {
            KeyWrite live = AttemptStore.Delete(JobKeys.Live(orphan.Attempt));
            await store.TransactAsync(
                new Transaction { Writes = orphan.NeverRan ? [live, AttemptStore.Delete(JobKeys.Attempt(orphan.Attempt))] : [live] }, stop);
            _orphans.TryDequeue(out _);
        }
    }
}
