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
    public void Map(AttemptContext attempt, IRecordSource records, IPairSink output)
    {
        // A .NET mapper runs on a thread that is watched anyway.
        if (combiner?.Fold is null || mapper is DotNetMapper)
        {
            mapper.Map(attempt, records, output);
        }
        else
        {
            combiner.RunFolding(attempt, () => mapper.Map(attempt, records, output));
        }
    }

    /// <inheritdoc/>
    public void RunFolding(AttemptContext attempt, Action work)
    {
        if (combiner?.Fold is null)
        {
            work();
        }
        else
        {
            combiner.RunFolding(attempt, work);
        }
    }

    /// <inheritdoc/>
    public void Combine(AttemptContext attempt, IGroupSource groups, IPairSink output)
    {
        IGroupProgram program = combiner ?? throw new InvalidOperationException("the job has no combiner");
        program.Run(attempt, groups, output);
    }

    /// <inheritdoc/>
    public void Reduce(AttemptContext attempt, IGroupSource groups, IPairSink output) => reducer.Run(attempt, groups, output);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await mapper.DisposeAsync();
        await reducer.DisposeAsync();
        await (combiner?.DisposeAsync() ?? ValueTask.CompletedTask);
    }
}
