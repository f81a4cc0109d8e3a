using System.Globalization;
using Katanemimena.Core;
using Katanemimena.DataPath;

namespace Katanemimena.Orchestration;

/// <summary>The facts of an attempt under the names Hadoop Streaming gives them, old and new.</summary>
/// <remarks>Names: Apache Hadoop, "Hadoop Streaming", Configured Parameters, and the table of deprecated properties.</remarks>
internal static class AttemptEnvironment
{
    public static IReadOnlyDictionary<string, string> ForMap(AttemptId attempt, int ordinal, InputFile input, Chunk chunk, int maps, int reduces)
    {
        SortedDictionary<string, string> variables = Common(attempt, ordinal, maps, reduces);
        variables["mapreduce_map_input_file"] = variables["map_input_file"] = input.Name;
        variables["mapreduce_map_input_start"] = variables["map_input_start"] = Text(chunk.Start);
        variables["mapreduce_map_input_length"] = variables["map_input_length"] = Text(chunk.End - chunk.Start);
        return variables;
    }

    public static IReadOnlyDictionary<string, string> ForReduce(AttemptId attempt, int ordinal, int maps, int reduces) =>
        Common(attempt, ordinal, maps, reduces);

    private static SortedDictionary<string, string> Common(AttemptId attempt, int ordinal, int maps, int reduces)
    {
        string job = attempt.Task.Job.ToString();
        string kind = attempt.Task.Stage == TaskStage.Map ? "m" : "r";
        string task = string.Create(CultureInfo.InvariantCulture, $"task_{job}_{kind}_{attempt.Task.Index:D6}");
        string name = string.Create(CultureInfo.InvariantCulture, $"attempt_{job}_{kind}_{attempt.Task.Index:D6}_{ordinal - 1}");
        return new SortedDictionary<string, string>(StringComparer.Ordinal)
        {
            ["mapreduce_job_id"] = job,
            ["mapred_job_id"] = job,
            ["mapreduce_task_id"] = task,
            ["mapred_tip_id"] = task,
            ["mapreduce_task_attempt_id"] = name,
            ["mapred_task_id"] = name,
            ["mapreduce_task_partition"] = Text(attempt.Task.Index),
            ["mapred_task_partition"] = Text(attempt.Task.Index),
            ["mapreduce_task_ismap"] = attempt.Task.Stage == TaskStage.Map ? "true" : "false",
            ["mapred_task_is_map"] = attempt.Task.Stage == TaskStage.Map ? "true" : "false",
            ["mapreduce_job_maps"] = Text(maps),
            ["mapred_map_tasks"] = Text(maps),
            ["mapreduce_job_reduces"] = Text(reduces),
            ["mapred_reduce_tasks"] = Text(reduces),
        };
    }

    private static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);
}
