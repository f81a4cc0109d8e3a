using System.Globalization;
using System.Text.Json.Nodes;

namespace Katanemimena.Tests.Infra;

/// <summary>Paths into JSON: names and indexes, parted by slashes; ~1 stands for a slash in a name.</summary>
internal static class Json
{
    internal static JsonNode? At(this JsonNode? node, string path) =>
        path.Split('/').Aggregate(node, static (at, name) => at switch
        {
            JsonObject map => map[name.Replace("~1", "/", StringComparison.Ordinal)],
            JsonArray list when int.TryParse(name, CultureInfo.InvariantCulture, out int index) && index < list.Count => list[index],
            _ => null,
        });

    internal static string? Text(this JsonNode? node, string path) => node.At(path)?.ToString();

    internal static bool Is(this JsonNode? node, string path, bool value) => node.At(path) is JsonValue found && found.TryGetValue(out bool is_) && is_ == value;

    internal static int? Number(this JsonNode? node, string path) => int.TryParse(node.Text(path), CultureInfo.InvariantCulture, out int number) ? number : null;

    internal static IEnumerable<JsonNode> List(this JsonNode? node, string path) => (node.At(path) as JsonArray ?? []).OfType<JsonNode>();

    internal static IEnumerable<KeyValuePair<string, JsonNode?>> Map(this JsonNode? node, string path) => node.At(path) as JsonObject ?? [];

    /// <summary>Sets what is at a path, or takes it out.</summary>
    internal static void Set(this JsonNode node, string path, JsonNode? value)
    {
        int last = path.LastIndexOf('/');
        string name = path[(last + 1)..].Replace("~1", "/", StringComparison.Ordinal);
        switch (last < 0 ? node : node.At(path[..last]) ?? throw new ArgumentException($"there is no {path[..last]}", nameof(path)))
        {
            case JsonObject map when value is null:
                if (!map.Remove(name))
                {
                    throw new ArgumentException($"there is no {path}", nameof(path));
                }

                break;
            case JsonObject map:
                map[name] = value.DeepClone();
                break;
            case JsonArray list when value is null:
                list.RemoveAt(int.Parse(name, CultureInfo.InvariantCulture));
                break;
            case JsonArray list when name == "-":
                list.Add(value.DeepClone());
                break;
            case JsonArray list:
                list[int.Parse(name, CultureInfo.InvariantCulture)] = value.DeepClone();
                break;
        }
    }
}
