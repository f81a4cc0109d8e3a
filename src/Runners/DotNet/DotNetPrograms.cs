using Katanemimena.Core;
using Katanemimena.Sdk;
using ValueFormat = Katanemimena.Core.ValueFormat;

namespace Katanemimena.Runners;

/// <summary>A .NET mapper. Every task gets a new object of the user's class.</summary>
internal sealed class DotNetMapper(CodeFile file, UserType type, ValueFormat output, UserCodeHostOptions options, RecordMark? mark) : IMapProgram
{
    private UserThread _thread = new();

    /// <inheritdoc/>
    public ValueFormat Output => output;

    /// <inheritdoc/>
    public void Map(AttemptContext attempt, IRecordSource records, IPairSink output)
    {
        MapLoop loop = new(attempt, file, records, output, options.HeldBytesMax, mark ?? new RecordMark());
        DotNetRuns.Run(ref _thread, options.DotNetIsolation, attempt, guard => loop.Run(guard, type.Create<IMapper>(attempt)), () => loop.Describe(Cards.Of(attempt, file, "mapper", "")));
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        _thread.Dispose();
        return ValueTask.CompletedTask;
    }
}

/// <summary>A .NET reducer or combiner. Every task gets a new object of the user's class.</summary>
internal sealed class DotNetGroupProgram(CodeFile file, string role, UserType type, ValueFormat output, UserCodeHostOptions options, UserFold? fold) : IGroupProgram
{
    private UserThread _thread = new();

    /// <inheritdoc/>
    public ValueFormat Output => output;

    /// <inheritdoc/>
    public IValueFold? Fold => fold;

    /// <inheritdoc/>
    public void Run(AttemptContext attempt, IGroupSource groups, IPairSink output)
    {
        // The first attempt runs at full speed; after a failure the values of the present key are kept for its card.
        IGroupSource source = attempt.Ordinal > 1 || attempt.SkipBadRecordsMax > 0 ? new RememberedGroups(groups) : groups;
        ReduceLoop loop = new(attempt, file, role, source, output, options.HeldBytesMax);
        Action<UserGuard> body = role == "reducer" ? guard => loop.Reduce(guard, type.Create<IReducer>(attempt))
            : type.Is<ICombiner>() ? guard => loop.Combine(guard, type.Create<ICombiner>(attempt))
            : guard => loop.Fold(guard, type.Create<IFoldCombiner>(attempt));
        DotNetRuns.Run(ref _thread, options.DotNetIsolation, attempt, body, () => loop.Describe(Cards.Of(attempt, file, role, "")));
    }

    /// <inheritdoc/>
    public void RunFolding(AttemptContext attempt, Action work) => DotNetRuns.Run(
        ref _thread,
        options.DotNetIsolation,
        attempt,
        guard =>
        {
            guard.Enter();
            try
            {
                work();
            }
            finally
            {
                guard.Leave();
            }
        },
        () => Cards.Of(attempt, file, role, ""));

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        _thread.Dispose();
        return ValueTask.CompletedTask;
    }
}

/// <summary>Runs user code on its thread and replaces a thread that had to be given up.</summary>
internal static class DotNetRuns
{
    public static void Run(ref UserThread thread, DotNetIsolation isolation, AttemptContext attempt, Action<UserGuard> body, Func<FailureCard> card)
    {
        try
        {
            thread.Run(attempt, body, card);
        }
        catch (TimeoutException) when (thread.Abandoned)
        {
            throw UserExceptions.TimedOut(thread.Inner ?? card(), attempt.Timeout, isolation);
        }
        finally
        {
            thread = thread.Abandoned ? new UserThread() : thread;
        }
    }
}
