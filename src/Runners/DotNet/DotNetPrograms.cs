using Katanemimena.Core;
using Katanemimena.Sdk;
using ValueFormat = Katanemimena.Core.ValueFormat;

namespace Katanemimena.Runners;

/// <summary>A .NET mapper. Every task gets a new object of the user's class.</summary>
internal sealed class DotNetMapper(CodeFile file, UserType type, ValueFormat output, int heldBytesMax) : IMapProgram
{
    private UserThread _thread = new();

    /// <inheritdoc/>
    public ValueFormat Output => output;

    /// <inheritdoc/>
    public void Map(AttemptContext attempt, IRecordSource records, IPairSink output)
    {
        MapLoop loop = new(attempt, file, type.Create<IMapper>(attempt), records, output, heldBytesMax);
        DotNetRuns.Run(ref _thread, attempt, loop.Run, () => loop.Describe(Cards.Of(attempt, file, "mapper", "")));
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        _thread.Dispose();
        return ValueTask.CompletedTask;
    }
}

/// <summary>A .NET reducer or combiner. Every task gets a new object of the user's class.</summary>
internal sealed class DotNetGroupProgram(CodeFile file, string role, UserType type, ValueFormat output, int heldBytesMax) : IGroupProgram
{
    private UserThread _thread = new();

    /// <inheritdoc/>
    public ValueFormat Output => output;

    /// <inheritdoc/>
    public IValueFold? Fold { get; } = role == "combiner" && type.Is<IFoldCombiner>() ? new UserFold(file, type.Create<IFoldCombiner>(null)) : null;

    /// <inheritdoc/>
    public void Run(AttemptContext attempt, IGroupSource groups, IPairSink output)
    {
        ReduceLoop loop = new(attempt, file, role, groups, output, heldBytesMax);
        Action<UserGuard> body = role == "reducer" ? Reducer(attempt, loop) : type.Is<ICombiner>() ? Combiner(attempt, loop) : Folder(attempt, loop);
        DotNetRuns.Run(ref _thread, attempt, body, () => loop.Describe(Cards.Of(attempt, file, role, "")));
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        _thread.Dispose();
        return ValueTask.CompletedTask;
    }

    private Action<UserGuard> Reducer(AttemptContext attempt, ReduceLoop loop)
    {
        IReducer reducer = type.Create<IReducer>(attempt);
        return guard => loop.Reduce(guard, reducer);
    }

    private Action<UserGuard> Combiner(AttemptContext attempt, ReduceLoop loop)
    {
        ICombiner combiner = type.Create<ICombiner>(attempt);
        return guard => loop.Combine(guard, combiner);
    }

    private Action<UserGuard> Folder(AttemptContext attempt, ReduceLoop loop)
    {
        IFoldCombiner fold = type.Create<IFoldCombiner>(attempt);
        return guard => loop.Fold(guard, fold);
    }
}

/// <summary>A user's fold as the data path calls it. It runs on the data path's thread and is not timed.</summary>
internal sealed class UserFold(CodeFile file, IFoldCombiner fold) : IValueFold
{
    /// <inheritdoc/>
    public bool TryFold(Span<byte> accumulator, ReadOnlySpan<byte> value, long repeat)
    {
        try
        {
            return fold.TryFold(accumulator, value, repeat);
        }
        catch (Exception e)
        {
            throw UserExceptions.Fault(new FailureCard { Stage = "combine", Role = "combiner", Code = file.Name, Error = "" }, e);
        }
    }
}

/// <summary>Runs user code on its thread and replaces a thread that had to be given up.</summary>
internal static class DotNetRuns
{
    public static void Run(ref UserThread thread, AttemptContext attempt, Action<UserGuard> body, Func<FailureCard> card)
    {
        try
        {
            thread.Run(attempt, body);
        }
        catch (TimeoutException) when (thread.Abandoned)
        {
            throw UserExceptions.TimedOut(card(), attempt.Timeout);
        }
        finally
        {
            thread = thread.Abandoned ? new UserThread() : thread;
        }
    }
}
