using Katanemimena.Core;

namespace Katanemimena.Runners;

/// <summary>A job's programs together, on one worker.</summary>
internal sealed class HostedCode(IMapProgram mapper, IGroupProgram reducer, IGroupProgram? combiner) : IUserCode
{
    /// <inheritdoc/>
    public ValueFormat MapOutput => mapper.Output;

    /// <inheritdoc/>
    public ValueFormat ReduceOutput => reducer.Output;

    /// <inheritdoc/>
    public IValueFold? Fold => combiner?.Fold;

    /// <inheritdoc/>
    public void Map(AttemptContext attempt, IRecordSource records, IPairSink output) => mapper.Map(attempt, records, output);

    /// <inheritdoc/>
    public void Combine(AttemptContext attempt, IGroupSource groups, IPairSink output)
    {
        IGroupProgram program = combiner ?? throw new InvalidOperationException("the job has no combiner");
        program.Run(attempt, Remembered(attempt, groups), output);
    }

    /// <inheritdoc/>
    public void Reduce(AttemptContext attempt, IGroupSource groups, IPairSink output) => reducer.Run(attempt, Remembered(attempt, groups), output);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await mapper.DisposeAsync();
        await reducer.DisposeAsync();
        await (combiner?.DisposeAsync() ?? ValueTask.CompletedTask);
    }

    // The first attempt runs at full speed; after a failure the values of the present key are kept for its card.
    private static IGroupSource Remembered(AttemptContext attempt, IGroupSource groups) =>
        attempt.Ordinal > 1 || attempt.SkipBadRecordsMax > 0 ? new RememberedGroups(groups) : groups;
}
