using System.Text.Json;
using System.Text.Json.Serialization;
using Katanemimena.Core;

namespace Katanemimena.Orchestration;

/// <summary>Names of the queues.</summary>
public sealed record QueueNames
{
    /// <summary>Work of the manager.</summary>
    public string Stage { get; init; } = "stage";

    /// <summary>Map tasks.</summary>
    public string MapTasks { get; init; } = "map-tasks";

    /// <summary>Reduce tasks. May be the same queue as <see cref="MapTasks"/>: a message says which stage it is of.</summary>
    public string ReduceTasks { get; init; } = "reduce-tasks";

    /// <summary>The queues of tasks, each once.</summary>
    public IReadOnlyList<string> OfTasks => [.. new[] { MapTasks, ReduceTasks }.Distinct(StringComparer.Ordinal)];

    /// <summary>The queue for the tasks of a stage.</summary>
    public string Tasks(TaskStage stage) => stage == TaskStage.Map ? MapTasks : ReduceTasks;
}

/// <summary>Asks the manager to look at a job and take it as far as it goes.</summary>
/// <param name="Job">The job, <c>{manager}-{n}</c>.</param>
/// <param name="Restart">Whether messages may have been lost, so that open tasks are to be sent again.</param>
public sealed record StageMessage(string Job, bool Restart = false)
{
    /// <summary>As it goes onto the queue.</summary>
    public byte[] Write() => JsonSerializer.SerializeToUtf8Bytes(this, MessageJson.Default.StageMessage);

    /// <summary>Reads a message.</summary>
    /// <returns>Null if it is none.</returns>
    public static StageMessage? Read(ReadOnlySpan<byte> body) => MessageJson.Read(body, MessageJson.Default.StageMessage);
}

/// <summary>Asks a worker to attempt a task. Everything a worker needs to find the rest is here.</summary>
/// <param name="Job">The job, <c>{manager}-{n}</c>.</param>
/// <param name="Stage">The stage.</param>
/// <param name="Index">The task.</param>
/// <param name="Revision">Revision of the job's state for which the task is open. A state of another revision is another stage or epoch: the message is stale.</param>
/// <param name="Plan">File of the plan that says what the task is to do.</param>
/// <param name="Backup">Whether a second attempt is wanted beside one that runs.</param>
/// <param name="Window">The job's <see cref="JobState.SendWindow"/>.</param>
public sealed record TaskMessage(string Job, TaskStage Stage, int Index, long Revision, string Plan, bool Backup = false, int Window = 0)
{
    /// <summary>The message that is due once this one's task has committed; null if there is none.</summary>
    /// <param name="tasks">How many tasks the stage has.</param>
    public TaskMessage? Next(int tasks) => Window > 0 && Index < tasks - Window ? this with { Index = Index + Window, Backup = false } : null;

    /// <summary>When it was sent, by the sender's clock; null where that is not known.</summary>
    public DateTimeOffset? Sent { get; init; }

    /// <summary>As it goes onto the queue.</summary>
    public byte[] Write() => JsonSerializer.SerializeToUtf8Bytes(this, MessageJson.Default.TaskMessage);

    /// <summary>Reads a message.</summary>
    /// <returns>Null if it is none.</returns>
    public static TaskMessage? Read(ReadOnlySpan<byte> body) => MessageJson.Read(body, MessageJson.Default.TaskMessage);
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    RespectRequiredConstructorParameters = true,
    RespectNullableAnnotations = true,
    UseStringEnumConverter = true)]
[JsonSerializable(typeof(StageMessage))]
[JsonSerializable(typeof(TaskMessage))]
internal sealed partial class MessageJson : JsonSerializerContext
{
    public static T? Read<T>(ReadOnlySpan<byte> body, System.Text.Json.Serialization.Metadata.JsonTypeInfo<T> type)
        where T : class
    {
        try
        {
            return JsonSerializer.Deserialize(body, type);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
