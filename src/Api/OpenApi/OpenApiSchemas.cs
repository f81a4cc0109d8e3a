using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Schema;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;

namespace Katanemimena.Api;

/// <summary>The schemas of documents, each once under its name and referred to from everywhere else.</summary>
internal sealed class OpenApiSchemas
{
    private const string Prefix = "#/components/schemas/";

    private readonly SortedDictionary<string, JsonNode?> _schemas = new(StringComparer.Ordinal);

    /// <summary>A reference to the schema of a document, which is made if it is not there yet.</summary>
    internal JsonObject Reference(JsonTypeInfo document)
    {
        string name = Name(document);
        if (_schemas.TryAdd(name, null))
        {
            _schemas[name] = Export(document);
        }

        return new JsonObject { ["$ref"] = Prefix + name };
    }

    /// <summary>All that were referred to, by name.</summary>
    internal JsonObject All() => [.. _schemas];

    /// <summary>What others send is stricter than what is answered: a document that is both has two schemas.</summary>
    private static string Name(JsonTypeInfo document) =>
        document.Options.UnmappedMemberHandling == JsonUnmappedMemberHandling.Disallow && !document.Type.Name.EndsWith("Request", StringComparison.Ordinal)
            ? document.Type.Name + "Request"
            : document.Type.Name;

    private JsonNode Export(JsonTypeInfo type) => JsonSchemaExporter.GetJsonSchemaAsNode(
        type.Options,
        type.Type,
        new JsonSchemaExporterOptions { TreatNullObliviousAsNonNullable = true, TransformSchemaNode = Transform });

    private JsonNode Transform(JsonSchemaExporterContext context, JsonNode node)
    {
        if (context.Path.IsEmpty)
        {
            return node;
        }

        if (context.TypeInfo.Kind == JsonTypeInfoKind.Object)
        {
            JsonObject reference = Reference(context.TypeInfo);
            return IsNullable(context, node) ? new JsonObject { ["anyOf"] = new JsonArray(reference, new JsonObject { ["type"] = "null" }) } : reference;
        }

        // The exporter points to where it met a type before, which may be within a document that is a reference here.
        return node is JsonObject repeated && repeated.ContainsKey("$ref") ? Export(context.TypeInfo) : node;
    }

    private static bool IsNullable(JsonSchemaExporterContext context, JsonNode node) =>
        node is JsonObject { } schema && schema["type"] is JsonArray types ? types.Any(type => type?.GetValueKind() == JsonValueKind.String && type.GetValue<string>() == "null")
        : context.PropertyInfo is { IsGetNullable: true } or { IsSetNullable: true };
}
