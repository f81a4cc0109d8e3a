using Katanemimena.Core;

namespace Katanemimena.Runners;

/// <summary>The engine's own reducer: every pair goes out as it came in.</summary>
internal sealed class IdentityProgram(ValueFormat format) : IGroupProgram
{
    /// <inheritdoc/>
    public ValueFormat Output => format;

    /// <inheritdoc/>
    public IValueFold? Fold => null;

    /// <inheritdoc/>
    public void Run(AttemptContext attempt, IGroupSource groups, IPairSink output)
    {
        IRepeatPairSink? repeating = output as IRepeatPairSink;
        while (groups.NextGroup())
        {
            attempt.Cancellation.ThrowIfCancellationRequested();
            while (groups.NextValue())
            {
                if (repeating is not null)
                {
                    repeating.Add(groups.Key, groups.Value, groups.Repeat);
                    continue;
                }

                for (long left = groups.Repeat; left > 0; left--)
                {
                    output.Add(groups.Key, groups.Value);
                }
            }
        }
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
