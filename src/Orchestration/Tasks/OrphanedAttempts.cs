using Katanemimena.Core;

namespace Katanemimena.Orchestration;

/// <summary>Attempts of this process that are over although the store may still show them as running, because an answer was lost.</summary>
/// <remarks>Their keys are removed again and again for a while: a start whose answer was lost may even be carried out after the first removal.</remarks>
internal sealed class OrphanedAttempts(IKeyValueStore store, TimeProvider time)
{
    /// <summary>How long an attempt's keys are removed again; longer than a request may be under way.</summary>
    public static readonly TimeSpan RemoveFor = TimeSpan.FromSeconds(60);

    private const int Together = KeyValueRules.OperationsMax / 2;

    private readonly Lock _gate = new();
    private List<(AttemptId Attempt, bool NeverRan, DateTimeOffset Until)> _orphans = [];

    /// <summary>Names an attempt that is over; its keys are removed at the next renewals.</summary>
    /// <param name="attempt">The attempt.</param>
    /// <param name="neverRan">Whether it is to be forgotten altogether, so that it does not count as a lost attempt.</param>
    public void Add(AttemptId attempt, bool neverRan)
    {
        lock (_gate)
        {
            _orphans.Add((attempt, neverRan, time.GetUtcNow() + RemoveFor));
        }
    }

    /// <summary>Removes their keys.</summary>
    public async ValueTask RemoveAsync(CancellationToken stop)
    {
        List<(AttemptId Attempt, bool NeverRan, DateTimeOffset Until)> orphans;
        lock (_gate)
        {
            orphans = [.. _orphans];
        }

        foreach ((AttemptId Attempt, bool NeverRan, DateTimeOffset Until)[] some in orphans.Chunk(Together))
        {
            await store.TransactAsync(new Transaction { Writes = [.. some.SelectMany(orphan => Keys(orphan.Attempt, orphan.NeverRan))] }, stop);
        }

        DateTimeOffset now = time.GetUtcNow();
        lock (_gate)
        {
            _orphans = [.. _orphans.Where(orphan => orphan.Until > now)];
        }
    }

    private static KeyWrite.Delete[] Keys(AttemptId attempt, bool neverRan)
    {
        KeyWrite.Delete live = AttemptStore.Delete(JobKeys.Live(attempt));
        return neverRan ? [live, AttemptStore.Delete(JobKeys.Attempt(attempt))] : [live];
    }
}
