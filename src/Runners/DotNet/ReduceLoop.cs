using Katanemimena.Core;
using Katanemimena.Sdk;

namespace Katanemimena.Runners;

/// <summary>What is done with one group.</summary>
internal delegate void GroupBody(ReadOnlySpan<byte> key, GroupValues values);

/// <summary>One call of a .NET reducer or combiner: hands every group to the user's object.</summary>
internal sealed class ReduceLoop(AttemptContext attempt, CodeFile file, string role, IGroupSource groups, IPairSink output, int heldBytesMax)
{
    private bool _inGroup;

    /// <summary>Runs a reducer over all groups, on the thread of user code.</summary>
    public void Reduce(UserGuard guard, IReducer reducer)
    {
        HoldingSink? held = attempt.SkipBadRecordsMax > 0 ? new HoldingSink(output, heldBytesMax) : null;
        SinkEmitter emitter = Emitter(guard, held ?? output);
        Run(guard, held, (key, values) => reducer.Reduce(key, values, emitter), emitter);
    }

    /// <summary>Runs a combiner over all groups.</summary>
    public void Combine(UserGuard guard, ICombiner combiner)
    {
        SinkEmitter emitter = Emitter(guard, output);
        CombineEmitter own = new(guard, groups, emitter);
        Run(guard, null, (key, values) => combiner.Combine(key, values, own), emitter);
    }

    /// <summary>Runs a fold over all groups: values that do not fold start a new accumulator, so order is kept.</summary>
    public void Fold(UserGuard guard, IFoldCombiner fold)
    {
        SinkEmitter emitter = Emitter(guard, output);
        FoldedGroup folded = new(fold, emitter);
        Run(guard, null, (key, values) => folded.Fold(key, values), emitter);
    }

    /// <summary>Adds the present key to a card. From another thread only once this one has been given up.</summary>
    public FailureCard Describe(FailureCard card) => !_inGroup ? card : groups is RememberedGroups remembered ? remembered.AddTo(card) : card.WithRecord(groups.Key);

    private void SetAside(UserGuard guard, HoldingSink held, Exception thrown, ref int count)
    {
        int before = count;
        count = guard.Inside(() => held.SetAside(attempt, groups.Key, Fault(thrown), before));
    }

    private UserCodeFault Fault(Exception thrown) => UserExceptions.Fault(Describe(Cards.Of(attempt, file, role, "")), thrown);

    private SinkEmitter Emitter(UserGuard guard, IPairSink sink) => new(guard, sink, attempt.Report, Cards.Of(attempt, file, role, ""));

    private void Run(UserGuard guard, HoldingSink? held, GroupBody body, SinkEmitter emitter)
    {
        GroupValues values = new(guard, groups, Cards.Of(attempt, file, role, ""));
        int setAside = 0;
        try
        {
            while (values.NextGroup())
            {
                attempt.Cancellation.ThrowIfCancellationRequested();
                _inGroup = true;
                if (held is null)
                {
                    body(groups.Key, values);
                }
                else
                {
                    RunHeld(guard, held, body, values, ref setAside);
                }

                guard.ThrowIfFailed();
                _inGroup = false;
            }
        }
        catch (Exception e) when (guard.EngineFault is null && UserExceptions.IsOfUser(e, attempt))
        {
            throw guard.Inside(() => Fault(e));
        }
        catch when (guard.EngineFault is not null)
        {
            guard.ThrowIfFailed();
            throw;
        }
        finally
        {
            values.Close();
            emitter.Close();
        }
    }

    private void RunHeld(UserGuard guard, HoldingSink held, GroupBody body, GroupValues values, ref int setAside)
    {
        try
        {
            body(groups.Key, values);
            guard.ThrowIfFailed();
        }
        catch (Exception e) when (guard.EngineFault is null)
        {
            SetAside(guard, held, e, ref setAside);
        }

        held.Release(guard);
    }
}

/// <summary>A fold used as a general combiner.</summary>
internal sealed class FoldedGroup(IFoldCombiner fold, SinkEmitter emitter)
{
    private byte[] _accumulator = new byte[64];
    private int _length = -1;

    /// <summary>Folds one group and emits its accumulators.</summary>
    public void Fold(ReadOnlySpan<byte> key, GroupValues values)
    {
        while (values.MoveNext())
        {
            ReadOnlySpan<byte> value = values.Current;
            if (value.Length != _length || !fold.TryFold(_accumulator.AsSpan(0, _length), value, 1))
            {
                Emit(key);
                Begin(value);
            }
        }

        Emit(key);
    }

    private void Begin(ReadOnlySpan<byte> value)
    {
        if (_accumulator.Length < value.Length)
        {
            _accumulator = new byte[2 * value.Length];
        }

        value.CopyTo(_accumulator);
        _length = value.Length;
    }

    private void Emit(ReadOnlySpan<byte> key)
    {
        if (_length >= 0)
        {
            emitter.Emit(key, _accumulator.AsSpan(0, _length));
            _length = -1;
        }
    }
}
