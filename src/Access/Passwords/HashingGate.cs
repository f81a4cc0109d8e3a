namespace Katanemimena.Access;

/// <summary>Lets only so many passwords be hashed at once, and so many wait: a flood of sign-ins takes neither all processors nor all threads.</summary>
internal sealed class HashingGate(int atOnceMax) : IDisposable
{
    /// <summary>Those that may wait, for each that may hash.</summary>
    internal const int WaitingPerHash = 16;

    private readonly SemaphoreSlim _free = new(atOnceMax, atOnceMax);
    private readonly int _insideMax = checked(atOnceMax * (1 + WaitingPerHash));
    private int _inside;

    /// <summary>Takes a turn, waiting for it if need be.</summary>
    /// <returns>The turn, to be disposed of when done; null if too many wait already.</returns>
    internal async ValueTask<Turn?> TryEnterAsync(CancellationToken cancellation)
    {
        if (Interlocked.Increment(ref _inside) > _insideMax)
        {
            Interlocked.Decrement(ref _inside);
            return null;
        }

        try
        {
            await _free.WaitAsync(cancellation);
        }
        catch
        {
            Interlocked.Decrement(ref _inside);
            throw;
        }

        return new Turn(this);
    }

    /// <summary>Frees the semaphore.</summary>
    public void Dispose() => _free.Dispose();

    internal sealed class Turn(HashingGate gate) : IDisposable
    {
        public void Dispose()
        {
            gate._free.Release();
            Interlocked.Decrement(ref gate._inside);
        }
    }
}
