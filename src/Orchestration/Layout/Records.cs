using System.Text.Json;
using System.Text.Json.Serialization;
using Katanemimena.Core;
using Katanemimena.DataPath;

namespace Katanemimena.Orchestration;

/// <summary>Commit record of the attempt that won a task.</summary>
public sealed record CommitRecord
{
    /// <summary>Token of the attempt; names its files.</summary>
    public required string Attempt { get; init; }

    /// <summary>Process that ran it.</summary>
    public required string Worker { get; init; }

    /// <summary>Size of its run or part file.</summary>
    public long Bytes { get; init; }

    /// <summary>CRC-32C, 8 lower-case hexadecimal digits: of the records read (map) or of the part file (reduce).</summary>
    public string Crc32C { get; init; } = "";

    /// <summary>Format of the values in the part; meant for reduce only.</summary>
    public ValueFormat Values { get; init; }

    /// <summary>When it was started.</summary>
    public DateTimeOffset Started { get; init; }

    /// <summary>When it was committed.</summary>
    public DateTimeOffset Committed { get; init; }

    /// <summary>The level that its code ran at; null in records from before levels were recorded.</summary>
    public SandboxLevel? Sandbox { get; init; }

    /// <summary>From when the task was sent out until this attempt was started; zero where that is not known.</summary>
    public TimeSpan WaitTime { get; init; }

    /// <summary>Making the user's code ready.</summary>
    public TimeSpan OpenTime { get; init; }

    /// <summary>What it took.</summary>
    public TaskStatistics Statistics { get; init; } = new();

    /// <summary>The user's counters.</summary>
    public SortedDictionary<string, long> Counters { get; init; } = [];
}

/// <summary>What stays of an attempt that was started.</summary>
/// <param name="Worker">Process that ran it.</param>
/// <param name="Started">When.</param>
public sealed record AttemptRecord(string Worker, DateTimeOffset Started)
{
    /// <summary>The level that its code runs at; null in records from before levels were recorded.</summary>
    public SandboxLevel? Sandbox { get; init; }
}

/// <summary>A process that runs managers' or workers' loops.</summary>
/// <param name="Manager">The manager it is, or empty.</param>
/// <param name="Workers">Workers it runs.</param>
/// <param name="Started">When it came up.</param>
/// <param name="Queues">The queues that its workers take tasks from; null if it does not say, as older processes do not.</param>
public sealed record InstanceRecord(string Manager, int Workers, DateTimeOffset Started, IReadOnlyList<string>? Queues = null)
{
    /// <summary>Reads one out of its key.</summary>
    /// <exception cref="JsonException">It is none.</exception>
    public static InstanceRecord Read(KeyValue stored) => RecordJson.Read(stored.Value.Span, RecordJson.Default.InstanceRecord);
}

/// <summary>What mappers read, and how they divide what they make.</summary>
/// <param name="Partitions">Partitions of every map output; 1 or more.</param>
/// <param name="Chunks">The chunk of every map task.</param>
public sealed record ChunkPlan(int Partitions, IReadOnlyList<Chunk> Chunks);

/// <summary>What reducers read, and from which runs.</summary>
/// <param name="Groups">The partitions of every reduce task, ascending.</param>
/// <param name="Runs">Token of the committed attempt at every map task.</param>
public sealed record ShufflePlan(IReadOnlyList<IReadOnlyList<int>> Groups, IReadOnlyList<string> Runs);

/// <summary>One record set aside, as a line of JSON.</summary>
/// <param name="Record">The whole record (map) or key (reduce).</param>
/// <param name="Card">Where it stood and what went wrong.</param>
public sealed record SetAsideLine(byte[] Record, FailureCard Card);

/// <summary>These documents as JSON in UTF-8.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    UseStringEnumConverter = true)]
[JsonSerializable(typeof(CommitRecord))]
[JsonSerializable(typeof(AttemptRecord))]
[JsonSerializable(typeof(InstanceRecord))]
[JsonSerializable(typeof(ChunkPlan))]
[JsonSerializable(typeof(ShufflePlan))]
[JsonSerializable(typeof(SetAsideLine))]
internal sealed partial class RecordJson : JsonSerializerContext
{
    public static CommitRecord ReadCommit(KeyValue stored) => Read(stored.Value.Span, Default.CommitRecord);

    public static T Read<T>(ReadOnlySpan<byte> json, System.Text.Json.Serialization.Metadata.JsonTypeInfo<T> type)
        where T : class =>
        JsonSerializer.Deserialize(json, type) ?? throw new JsonException($"expected a {typeof(T).Name}, found null");
}
