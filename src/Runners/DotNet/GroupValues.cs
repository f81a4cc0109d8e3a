using Katanemimena.Core;
using Katanemimena.Sdk;

namespace Katanemimena.Runners;

/// <summary>The values of the present group as user code sees them; repeats come as that many values.</summary>
internal sealed class GroupValues(UserGuard guard, IGroupSource groups) : IValues
{
    private long _left;
    private bool _ended;

    /// <inheritdoc/>
    public ReadOnlySpan<byte> Current => groups.Value;

    /// <inheritdoc/>
    public bool MoveNext()
    {
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
