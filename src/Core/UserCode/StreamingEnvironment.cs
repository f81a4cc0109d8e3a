using System.Globalization;

namespace Katanemimena.Core;

/// <summary>The variables that Hadoop Streaming sets for the programs of a job: configuration names with <c>_</c> for every other character.</summary>
/// <remarks>Each variable also comes under its name from before Hadoop 2, as its table of deprecated properties pairs them. Sources: Hadoop
/// Streaming, "How do I get the job variables in a streaming job's mapper/reducer?"; Hadoop, "Deprecated Properties".</remarks>
public static class StreamingEnvironment
{
    /// <summary>Variables of a map task.</summary>
    /// <param name="attempt">The attempt.</param>
    /// <param name="ordinal">1 for the first attempt at the task.</param>
    /// <param name="file">Name of the input file.</param>
    /// <param name="start">First byte of the chunk.</param>
    /// <param name="length">Bytes of the chunk; below 0 if not known, then the variable is left out.</param>
    public static SortedDictionary<string, string> ForMap(AttemptId attempt, int ordinal, string file, long start, long length)
    {
        SortedDictionary<string, string> variables = Common(attempt, ordinal);
        Add(variables, "mapreduce_map_input_file", "map_input_file", file);
        Add(variables, "mapreduce_map_input_start", "map_input_start", Text(start));
        if (length >= 0)
        {
            Add(variables, "mapreduce_map_input_length", "map_input_length", Text(length));
        }

        return variables;
    }

    /// <summary>Variables of a reduce task.</summary>
    /// <param name="attempt">The attempt.</param>
    /// <param name="ordinal">1 for the first attempt at the task.</param>
    public static SortedDictionary<string, string> ForReduce(AttemptId attempt, int ordinal) => Common(attempt, ordinal);

    private static SortedDictionary<string, string> Common(AttemptId attempt, int ordinal)
    {
        TaskId task = attempt.Task;
        string job = string.Create(CultureInfo.InvariantCulture, $"{task.Job.Manager}_{task.Job.Number:0000}");
        string numbered = string.Create(CultureInfo.InvariantCulture, $"{job}_{(task.Stage == TaskStage.Map ? 'm' : 'r')}_{task.Index:000000}");
        SortedDictionary<string, string> variables = new(StringComparer.Ordinal);
        Add(variables, "mapreduce_job_id", "mapred_job_id", "job_" + job);
        Add(variables, "mapreduce_job_name", "mapred_job_name", task.Job.ToString());
        Add(variables, "mapreduce_task_id", "mapred_tip_id", "task_" + numbered);
        Add(variables, "mapreduce_task_attempt_id", "mapred_task_id", string.Create(CultureInfo.InvariantCulture, $"attempt_{numbered}_{ordinal - 1}"));
        Add(variables, "mapreduce_task_partition", "mapred_task_partition", Text(task.Index));
        Add(variables, "mapreduce_task_ismap", "mapred_task_is_map", task.Stage == TaskStage.Map ? "true" : "false");
        return variables;
    }

    private static void Add(SortedDictionary<string, string> variables, string name, string oldName, string value)
    {
        variables[name] = value;
        variables[oldName] = value;
    }

    private static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);
}
