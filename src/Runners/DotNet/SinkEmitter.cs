using Katanemimena.Core;
using Katanemimena.Sdk;

namespace Katanemimena.Runners;

/// <summary>The emitter that user code sees, in front of a sink of the engine.</summary>
internal sealed class SinkEmitter(UserGuard guard, IPairSink sink, AttemptReport report) : IEmitter
{
    private readonly CounterCache _counters = new();

    /// <inheritdoc/>
    public void Emit(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value)
    {
        guard.Enter();
        try
        {
            sink.Add(key, value);
        }
        catch (Exception e)
        {
            guard.Fail(e);
            throw;
        }

        guard.Leave();
    }

    /// <inheritdoc/>
    public void Count(string group, string name, long amount = 1) => _counters.Add(group, name, amount);

    /// <summary>Hands the counters on.</summary>
    public void ReportCounters() => _counters.MoveTo(report);
}

/// <summary>The emitter of a combiner: only the key it was given may come out, which keeps the output in order.</summary>
internal sealed class CombineEmitter(UserGuard guard, IGroupSource groups, IPairSink sink, AttemptReport report) : IEmitter
{
    private readonly SinkEmitter _inner = new(guard, sink, report);

    /// <inheritdoc/>
    public void Emit(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value)
    {
        if (!key.SequenceEqual(groups.Key))
        {
            throw new InvalidOperationException("a combiner may emit only the key it was given");
        }

        _inner.Emit(key, value);
    }

    /// <inheritdoc/>
    public void Count(string group, string name, long amount = 1) => _inner.Count(group, name, amount);

    /// <summary>Hands the counters on.</summary>
    public void ReportCounters() => _inner.ReportCounters();
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
