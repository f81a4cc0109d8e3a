using Katanemimena.Core;
using Katanemimena.Sdk;

namespace Katanemimena.Runners;

/// <summary>A user's fold as the data path calls it, in the midst of its own work. On a thread that is watched, it can be given up like any other user code.</summary>
/// <remarks>The user's code gets copies of both values: a call costs some nanoseconds more, and one that is stuck holds no memory of the engine's.</remarks>
internal sealed class UserFold : IValueFold
{
    private readonly IFoldCombiner _fold;
    private readonly FailureCard _card;
    private readonly Func<FailureCard> _describe;

    public UserFold(CodeFile file, IFoldCombiner fold)
    {
        _fold = fold;
        _card = new FailureCard { Stage = "combine", Role = "combiner", Code = file.Name, Error = "" };
        _describe = () => _card;
    }

    /// <inheritdoc/>
    public bool TryFold(Span<byte> accumulator, ReadOnlySpan<byte> value, long repeat)
    {
        UserGuard guard = UserThread.Current ?? throw new InvariantBroken("a fold is called only within IUserCode.Map or IUserCode.RunFolding");
        int length = accumulator.Length;
        guard.ReserveScratch(length + value.Length);
        Span<byte> folded = guard.Scratch.AsSpan(0, length);
        Span<byte> copy = guard.Scratch.AsSpan(length, value.Length);
        accumulator.CopyTo(folded);
        value.CopyTo(copy);
        Func<FailureCard>? outer = guard.Inner;
        guard.Inner = _describe;
        guard.Leave();
        bool done;
        try
        {
            done = _fold.TryFold(folded, copy, repeat);
        }
        catch (Exception e)
        {
            throw UserExceptions.Fault(_card, e);
        }
        finally
        {
            guard.Reenter();
            guard.Inner = outer;
        }

        if (done)
        {
            folded.CopyTo(accumulator);
        }

        return done;
    }
}
