using Katanemimena.Core;
using Katanemimena.Sdk;

namespace Katanemimena.Runners;

/// <summary>The emitter that user code sees, in front of a sink of the engine: for the thread it was made on, until it is closed.</summary>
internal sealed class SinkEmitter(UserGuard guard, IPairSink sink, AttemptReport report, FailureCard card) : IEmitter
{
    private readonly CounterCache _counters = new();
    private IPairSink _sink = sink;

    /// <inheritdoc/>
    public void Emit(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value)
    {
        if (!guard.IsOwner)
        {
            ThrowForeign("Emit");
        }

        guard.Enter();
        try
        {
            _sink.Add(key, value);
        }
        catch (Exception e)
        {
            guard.Fail(e);
            throw;
        }

        guard.Leave();
    }

    /// <inheritdoc/>
    public void Count(string group, string name, long amount = 1)
    {
        if (!guard.IsOwner)
        {
            ThrowForeign("Count");
        }

        _counters.Add(group, name, amount);
    }

    /// <summary>Hands the counters on and takes nothing any more.</summary>
    public void Close()
    {
        _counters.MoveTo(report);
        _sink = new ClosedSink(card);
    }

    // A pair that comes when all has been written is lost and nobody waits for that thread any more: the process must not end as if all were well.
    private void ThrowForeign(string call)
    {
        ForeignThread refused = guard.Refuse(card, call);
        if (refused.IsLate)
        {
            ThreadPool.UnsafeQueueUserWorkItem(static refused => throw refused, refused, preferLocal: false);
        }

        throw refused;
    }

    private sealed class ClosedSink(FailureCard card) : IPairSink
    {
        public void Add(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value) =>
            throw new UserCodeFault(card with { Error = $"the {card.Role} '{card.Code}' kept an emitter, which was used after the call it was given to had ended" });
    }
}

/// <summary>The emitter of a combiner: only the key it was given may come out, which keeps the output in order.</summary>
internal sealed class CombineEmitter(UserGuard guard, IGroupSource groups, SinkEmitter inner) : IEmitter
{
    /// <inheritdoc/>
    public void Emit(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value)
    {
        if (guard.IsOwner && !key.SequenceEqual(groups.Key))
        {
            throw new InvalidOperationException("a combiner may emit only the key it was given");
        }

        inner.Emit(key, value);
    }

    /// <inheritdoc/>
    public void Count(string group, string name, long amount = 1) => inner.Count(group, name, amount);
}

/// <summary>Counters of one run of user code, kept apart so that counting takes no lock and makes no string.</summary>
internal sealed class CounterCache
{
    private readonly Dictionary<(string Group, string Name), long> _counters = [];

    /// <summary>Adds to a counter.</summary>
    public void Add(string group, string name, long amount) =>
        System.Runtime.InteropServices.CollectionsMarshal.GetValueRefOrAddDefault(_counters, (group, name), out _) += amount;

    /// <summary>Hands the counters on and empties itself.</summary>
    public void MoveTo(AttemptReport report)
    {
        foreach (((string group, string name), long amount) in _counters)
        {
            report.Count($"{group}:{name}", amount);
        }

        _counters.Clear();
    }
}
