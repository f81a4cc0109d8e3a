using Katanemimena.Core;
using Katanemimena.Sdk;

namespace Katanemimena.Runners;

/// <summary>The values of the present group as user code sees them, for the thread they were made on, until they are closed; repeats come as that many values.</summary>
internal sealed class GroupValues(UserGuard guard, IGroupSource groups, FailureCard card) : IValues
{
    private long _left;
    private bool _ended;
    private bool _closed;

    /// <inheritdoc/>
    public ReadOnlySpan<byte> Current
    {
        get
        {
            Check("IValues.Current");
            return groups.Value;
        }
    }

    /// <inheritdoc/>
    public bool MoveNext()
    {
        Check("IValues.MoveNext");
        if (_left > 1)
        {
            _left--;
            return true;
        }

        return Next();
    }

    /// <summary>Moves to the next group.</summary>
    public bool NextGroup()
    {
        _left = 0;
        _ended = false;
        guard.Enter();
        try
        {
            bool more = groups.NextGroup();
            guard.Leave();
            return more;
        }
        catch (Exception e)
        {
            guard.Fail(e);
            throw;
        }
    }

    /// <summary>Gives no value any more.</summary>
    public void Close() => _closed = true;

    private void Check(string call)
    {
        if (!guard.IsOwner)
        {
            throw guard.Refuse(card, call);
        }

        if (guard.IsClosed)
        {
            guard.Enter();
            guard.Leave();
        }

        if (_closed)
        {
            throw new InvalidOperationException("the values of a key were read after the call they were given to had ended");
        }
    }

    private bool Next()
    {
        if (_ended)
        {
            return false;
        }

        guard.Enter();
        try
        {
            _ended = !groups.NextValue();
            _left = _ended ? 0 : groups.Repeat;
        }
        catch (Exception e)
        {
            guard.Fail(e);
            throw;
        }

        guard.Leave();
        return !_ended;
    }
}
