using Katanemimena.Core;

namespace Katanemimena.Runners;

/// <summary>One contract's way of running user code. Shared by all workers of a process; owns interpreters it keeps warm.</summary>
internal interface ICodeRunner : IAsyncDisposable
{
    /// <summary>Makes a mapper ready.</summary>
    /// <exception cref="UserCodeFault">It does not load, or lacks what the contract wants.</exception>
    ValueTask<IMapProgram> OpenMapperAsync(JobId job, CodeFile file, CancellationToken cancellation);

    /// <summary>Makes a reducer or combiner ready.</summary>
    /// <param name="job">The job.</param>
    /// <param name="file">The program.</param>
    /// <param name="role"><c>reducer</c> or <c>combiner</c>; a combiner's output has the format of its input.</param>
    /// <param name="input">Format of the values it will be given.</param>
    /// <param name="cancellation">Leaves nothing behind.</param>
    /// <exception cref="UserCodeFault">It does not load, or lacks what the contract wants.</exception>
    ValueTask<IGroupProgram> OpenReducerAsync(JobId job, CodeFile file, string role, ValueFormat input, CancellationToken cancellation);
}

/// <summary>A mapper, ready on one worker.</summary>
internal interface IMapProgram : IAsyncDisposable
{
    /// <summary>Format of the values it emits.</summary>
    ValueFormat Output { get; }

    /// <summary>As <see cref="IUserCode.Map"/>.</summary>
    void Map(AttemptContext attempt, IRecordSource records, IPairSink output);
}

/// <summary>A reducer or combiner, ready on one worker.</summary>
internal interface IGroupProgram : IAsyncDisposable
{
    /// <summary>Format of the values it emits.</summary>
    ValueFormat Output { get; }

    /// <summary>The fast form, or null.</summary>
    IValueFold? Fold { get; }

    /// <summary>As <see cref="IUserCode.Reduce"/>.</summary>
    void Run(AttemptContext attempt, IGroupSource groups, IPairSink output);

    /// <summary>As <see cref="IUserCode.RunFolding"/>.</summary>
    void RunFolding(AttemptContext attempt, Action work) => work();
}
