using System.Text.Json.Nodes;

namespace Katanemimena.Tests.Infra;

/// <summary>One object of a cluster.</summary>
internal sealed record Resource(JsonNode Json)
{
    internal string Kind => Json.Text("kind") ?? "";

    internal string Name => Json.Text("metadata/name") ?? "";

    /// <summary>Kind and name, parted by a slash.</summary>
    internal string Id => $"{Kind}/{Name}";

    /// <summary>The template of its pods; null if it has none.</summary>
    internal JsonNode? Template => Kind switch
    {
        "Deployment" or "StatefulSet" or "Job" => Json.At("spec/template"),
        "ScaledJob" => Json.At("spec/jobTargetRef/template"),
        _ => null,
    };
}

/// <summary>An object that has pods.</summary>
internal sealed record Workload(Resource Resource, JsonNode Template)
{
    internal string Id => Resource.Id;

    internal JsonNode? Pod => Template.At("spec");

    /// <summary>Whether its pods are to run on, and so are probed.</summary>
    internal bool Serves => Resource.Kind != "Job";

    internal IEnumerable<JsonNode> Containers => Pod.List("containers");

    internal IEnumerable<JsonNode> AllContainers => Pod.List("initContainers").Concat(Containers);

    /// <summary>Whether its main container is one of our apps.</summary>
    internal bool IsApp => Containers.Any(container => ImageOf(container) is "functions" or "worker" or "functions-plain" or "worker-plain");

    /// <summary>Whether a selector selects its pods.</summary>
    /// <exception cref="NotSupportedException">An operator is not one of Kubernetes'.</exception>
    internal bool Matches(JsonNode? selector) =>
        selector.Map("matchLabels").All(label => Template.At("metadata/labels") is JsonObject labels && labels[label.Key]?.ToString() == label.Value?.ToString())
        && selector.List("matchExpressions").All(expression =>
        {
            string? label = Template.At("metadata/labels") is JsonObject labels ? labels[expression.Text("key")!]?.ToString() : null;
            bool listed = label is not null && expression.List("values").Any(value => value.ToString() == label);
            return expression.Text("operator") switch
            {
                "In" => listed,
                "NotIn" => !listed,
                "Exists" => label is not null,
                "DoesNotExist" => label is null,
                { } other => throw new NotSupportedException($"{Id}: a selector has the operator {other}"),
                null => throw new NotSupportedException($"{Id}: a selector has no operator"),
            };
        });

    /// <summary>Seconds that a container waits before it is asked to stop, so that callers find out that it goes; 0 if it does not.</summary>
    internal static int StopDelay(JsonNode container) =>
        container.Text("lifecycle/preStop/exec/command/0") == "sleep" ? container.Number("lifecycle/preStop/exec/command/1") ?? 0 : 0;

    /// <summary>The name of one of our images, without tag; null for any other image.</summary>
    internal static string? ImageOf(JsonNode container) =>
        container.Text("image") is { } image && image.StartsWith("katanemimena/", StringComparison.Ordinal) ? image["katanemimena/".Length..].Split(':')[0] : null;
}
