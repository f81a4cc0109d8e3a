using System.Text.Json;
using System.Text.Json.Serialization;

namespace Katanemimena.Core;

/// <summary>The job's documents as JSON in UTF-8, camel case, without nulls. Fields a reader does not know are passed over.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    IgnoreReadOnlyProperties = true,
    UseStringEnumConverter = true)]
[JsonSerializable(typeof(JobSpec))]
[JsonSerializable(typeof(JobState))]
[JsonSerializable(typeof(JobManifest))]
[JsonSerializable(typeof(FailureCard))]
[JsonSerializable(typeof(List<FailureCard>))]
public sealed partial class JobDocuments : JsonSerializerContext
{
    /// <summary>Writes a specification.</summary>
    public static byte[] Write(JobSpec spec) => JsonSerializer.SerializeToUtf8Bytes(spec, Default.JobSpec);

    /// <summary>Writes a state.</summary>
    public static byte[] Write(JobState state) => JsonSerializer.SerializeToUtf8Bytes(state, Default.JobState);

    /// <summary>Writes a manifest.</summary>
    public static byte[] Write(JobManifest manifest) => JsonSerializer.SerializeToUtf8Bytes(manifest, Default.JobManifest);

    /// <summary>Writes a failure card.</summary>
    public static byte[] Write(FailureCard card) => JsonSerializer.SerializeToUtf8Bytes(card, Default.FailureCard);

    /// <summary>Reads a specification.</summary>
    /// <exception cref="JsonException">It is none.</exception>
    public static JobSpec ReadSpec(ReadOnlySpan<byte> json) => JsonSerializer.Deserialize(json, Default.JobSpec) ?? throw Empty("specification");

    /// <summary>Reads a state.</summary>
    /// <exception cref="JsonException">It is none.</exception>
    public static JobState ReadState(ReadOnlySpan<byte> json) => JsonSerializer.Deserialize(json, Default.JobState) ?? throw Empty("state");

    /// <summary>Reads a manifest.</summary>
    /// <exception cref="JsonException">It is none.</exception>
    public static JobManifest ReadManifest(ReadOnlySpan<byte> json) => JsonSerializer.Deserialize(json, Default.JobManifest) ?? throw Empty("manifest");

    /// <summary>Reads a failure card.</summary>
    /// <exception cref="JsonException">It is none.</exception>
    public static FailureCard ReadCard(ReadOnlySpan<byte> json) => JsonSerializer.Deserialize(json, Default.FailureCard) ?? throw Empty("failure card");

    private static JsonException Empty(string what) => new($"expected a {what}, found null");
}
