using Katanemimena.Core;

namespace Katanemimena.Runners;

/// <summary>Holds back what one record or group emits until it is known to be good. Past a limit it lets go, and that record cannot be set aside any more.</summary>
internal sealed class HoldingSink(IPairSink output, int bytesMax) : IPairSink
{
    private readonly PairBuffer _pairs = new();
    private bool _released;

    /// <inheritdoc/>
    public void Add(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value)
    {
        _pairs.Add(key, value);
        if (_pairs.Length > bytesMax)
        {
            _released = true;
            _pairs.MoveTo(output);
        }
    }

    /// <summary>The record was good.</summary>
    public void Release(UserGuard guard)
    {
        _released = false;
        if (_pairs.Count == 0)
        {
            return;
        }

        guard.Enter();
        try
        {
            _pairs.MoveTo(output);
        }
        catch (Exception e)
        {
            guard.Fail(e);
            throw;
        }

        guard.Leave();
    }

    /// <summary>The record was bad: drops what it emitted and sets it aside.</summary>
    /// <returns>Records set aside so far, given how many were before.</returns>
    /// <exception cref="UserCodeFault">It cannot be set aside, or one too many was.</exception>
    public int SetAside(AttemptContext attempt, ReadOnlySpan<byte> record, UserCodeFault fault, int count)
    {
        if (_released)
        {
            throw new UserCodeFault(fault.Card with { Error = $"{fault.Card.Error}; it had emitted more than {bytesMax} bytes before, so it cannot be set aside" }, fault.InnerException);
        }

        _pairs.Clear();
        Cards.SetAside(attempt, record, fault.Card, ref count);
        return count;
    }
}
