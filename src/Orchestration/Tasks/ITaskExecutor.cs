using Katanemimena.Core;
using Katanemimena.DataPath;

namespace Katanemimena.Orchestration;

/// <summary>Runs the data path for one worker, one attempt at a time. Throws what <see cref="MapExecutor"/> and <see cref="ReduceExecutor"/> throw.</summary>
public interface ITaskExecutor
{
    /// <summary>Runs a map attempt to its published run file.</summary>
    Task<MapOutcome> MapAsync(MapRequest request);

    /// <summary>Runs a reduce attempt to its published part file.</summary>
    Task<ReduceOutcome> ReduceAsync(ReduceRequest request);
}

/// <summary>The user's code of the jobs one worker works for, opened once a job.</summary>
public interface IJobCode
{
    /// <summary>The job's code, ready to run; owned by this object, to be used by one attempt at a time.</summary>
    /// <exception cref="UserCodeFault">It does not compile or load, or lacks what its contract wants.</exception>
    /// <exception cref="PermanentFault">The sandbox that is required cannot be had here.</exception>
    ValueTask<IUserCode> OpenAsync(JobId job, JobSpec spec, CancellationToken cancellation);

    /// <summary>The weakest level that the job's code runs at here.</summary>
    SandboxLevel LevelOf(JobId job, JobSpec spec) => SandboxLevel.None;
}
