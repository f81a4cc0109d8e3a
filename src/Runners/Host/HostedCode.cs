using Katanemimena.Core;

namespace Katanemimena.Runners;

/// <summary>A job's programs together, on one worker.</summary>
internal sealed class HostedCode(IMapProgram mapper, OpeningProgram reducer, OpeningProgram? combiner, ValueFormat reduceOutput) : IUserCode
{
    /// <inheritdoc/>
    public ValueFormat MapOutput => mapper.Output;

    /// <inheritdoc/>
    public ValueFormat ReduceOutput => reduceOutput;

    /// <inheritdoc/>
    public IValueFold? Fold => combiner?.Ready?.Fold;

    /// <inheritdoc/>
    public void Map(AttemptContext attempt, IRecordSource records, IPairSink output)
    {
        reducer.ThrowIfBroken();
        combiner?.ThrowIfBroken();
        mapper.Map(attempt, records, output);
    }

    /// <inheritdoc/>
    public void Combine(AttemptContext attempt, IGroupSource groups, IPairSink output)
    {
        IGroupProgram program = (combiner ?? throw new InvalidOperationException("the job has no combiner")).Get();
        program.Run(attempt, groups, program.Output == mapper.Output ? output : new TextOfJsonSink(output));
    }

    /// <inheritdoc/>
    public void Reduce(AttemptContext attempt, IGroupSource groups, IPairSink output) => reducer.Get().Run(attempt, groups, output);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await mapper.DisposeAsync();
        await reducer.DisposeAsync();
        if (combiner is not null)
        {
            await combiner.DisposeAsync();
        }
    }
}

/// <summary>A program that may still be starting in the background.</summary>
internal sealed class OpeningProgram(Task<IGroupProgram> opening) : IAsyncDisposable
{
    /// <summary>The program if it is ready, else null.</summary>
    public IGroupProgram? Ready => opening.IsCompletedSuccessfully ? opening.Result : null;

    /// <summary>The program, once it is ready.</summary>
    /// <exception cref="UserCodeFault">It does not load.</exception>
    public IGroupProgram Get() => opening.GetAwaiter().GetResult();

    /// <summary>Throws if it is already known not to load.</summary>
    public void ThrowIfBroken()
    {
        if (opening.IsFaulted)
        {
            opening.GetAwaiter().GetResult();
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        try
        {
            await (await opening).DisposeAsync();
        }
        catch (Exception e) when (e is UserCodeFault or OperationCanceledException)
        {
            // It never started, so there is nothing to end.
        }
    }
}
