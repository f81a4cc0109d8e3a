using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using Katanemimena.Core;

namespace Katanemimena.Access;

/// <summary>The stored documents as JSON in UTF-8, camel case, without nulls. Fields a reader does not know are passed over.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    IgnoreReadOnlyProperties = true,
    UseStringEnumConverter = true)]
[JsonSerializable(typeof(StoredUser))]
[JsonSerializable(typeof(StoredSession))]
[JsonSerializable(typeof(StoredService))]
[JsonSerializable(typeof(StoredSigningKey))]
[JsonSerializable(typeof(JsonWebKeySetDocument))]
internal sealed partial class AccessDocuments : JsonSerializerContext
{
    internal static byte[] Write<T>(T document, JsonTypeInfo<T> type) => JsonSerializer.SerializeToUtf8Bytes(document, type);

    /// <summary>Reads a document.</summary>
    /// <exception cref="PermanentFault">It is damaged. Only the key is named: the parser's own message may quote what it read.</exception>
    internal static T Read<T>(KeyValue stored, JsonTypeInfo<T> type)
        where T : class
    {
        try
        {
            return JsonSerializer.Deserialize(stored.Value.Span, type) ?? throw new JsonException();
        }
        catch (JsonException)
        {
            throw new PermanentFault($"the document under '{stored.Key}' is damaged");
        }
    }
}
