using System.Globalization;
using Katanemimena.Core;

namespace Katanemimena.Orchestration;

/// <summary>Where a job's files are on the volume. Every file carries the token of the attempt that wrote it, so two writers never share one.</summary>
public static class JobFiles
{
    /// <summary>Folder of all files of a job.</summary>
    public static string Folder(JobId job) => $"jobs/{job}";

    /// <summary>Chunk and shuffle plans.</summary>
    public static string Plans(JobId job) => Folder(job) + "/plan";

    /// <summary>A chunk plan.</summary>
    public static string ChunkPlan(JobId job, string token) => $"{Plans(job)}/chunks-{token}.json";

    /// <summary>A shuffle plan.</summary>
    public static string ShufflePlan(JobId job, string token) => $"{Plans(job)}/shuffle-{token}.json";

    /// <summary>Folder of the outputs of a stage.</summary>
    public static string Outputs(JobId job, TaskStage stage) => $"{Folder(job)}/{(stage == TaskStage.Map ? "runs" : "parts")}";

    /// <summary>Run file of a map attempt, part file of a reduce attempt.</summary>
    public static string Output(AttemptId attempt) =>
        $"{Outputs(attempt.Task.Job, attempt.Task.Stage)}/{Text(attempt.Task.Index)}-{attempt.Token}";

    /// <summary>Folder of all scratch files of a job.</summary>
    public static string Scratch(JobId job) => Folder(job) + "/scratch";

    /// <summary>Folder of the scratch files of an attempt.</summary>
    public static string Scratch(AttemptId attempt) => $"{Scratch(attempt.Task.Job)}/{attempt.Token}";

    /// <summary>Folder of the scratch files of who reads the result, which is not cleaned up with the job.</summary>
    public static string ResultScratch(JobId job) => Folder(job) + "/result-scratch";

    /// <summary>Folder of the scratch files of one reader of the result, where there may be several.</summary>
    public static string ResultScratch(JobId job, string token) => $"{ResultScratch(job)}/{token}";

    /// <summary>Folder of the results put together.</summary>
    public static string Results(JobId job) => Folder(job) + "/result";

    /// <summary>The whole result in one format, put together once for all who read it.</summary>
    /// <param name="job">The job.</param>
    /// <param name="format">Name of the format.</param>
    public static string Result(JobId job, string format) => $"{Results(job)}/{format}";

    /// <summary>Folder of the records set aside.</summary>
    public static string SetAside(JobId job) => Folder(job) + "/aside";

    /// <summary>Records set aside by an attempt, as JSON lines.</summary>
    public static string SetAside(AttemptId attempt) =>
        $"{SetAside(attempt.Task.Job)}/{attempt.Task.StageName}-{Text(attempt.Task.Index)}-{attempt.Token}.jsonl";

    /// <summary>A manifest.</summary>
    public static string Manifest(JobId job, string token) => $"{Folder(job)}/manifest-{token}.json";

    /// <summary>Failure cards of a job that has ended.</summary>
    public static string Cards(JobId job, string token) => $"{Folder(job)}/cards-{token}.json";

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
