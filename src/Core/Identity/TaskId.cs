using System.Globalization;

namespace Katanemimena.Core;

/// <summary>The two stages that run user code, one task at a time.</summary>
public enum TaskStage
{
    /// <summary>One task a chunk of the input.</summary>
    Map,

    /// <summary>One task a group of partitions.</summary>
    Reduce,
}

/// <summary>Names one task of a job.</summary>
/// <param name="Job">The job.</param>
/// <param name="Stage">Its stage.</param>
/// <param name="Index">0-based number within the stage; map tasks are numbered in input order.</param>
public readonly record struct TaskId(JobId Job, TaskStage Stage, int Index)
{
    /// <summary>The stage as keys, files and metrics write it: <c>map</c> or <c>reduce</c>.</summary>
    public string StageName => Stage == TaskStage.Map ? "map" : "reduce";

    /// <summary>For messages and logs: <c>{job}/{stage}/{index}</c>.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Job}/{StageName}/{Index}");
}

/// <summary>Names one attempt at a task. The token is unique over all attempts of the job, so files and keys named by it never clash.</summary>
/// <param name="Task">The task.</param>
/// <param name="Token">Minted by the worker from its own unique name and a counter; letters, digits, <c>.</c>, <c>_</c>, <c>-</c>.</param>
public readonly record struct AttemptId(TaskId Task, string Token)
{
    /// <summary>For messages and logs: <c>{job}/{stage}/{index}/{token}</c>.</summary>
    public override string ToString() => $"{Task}/{Token}";
}
