using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Katanemimena.Tests.Cluster.Runtime;

/// <summary>What the Functions runtime posts for one message of a queue.</summary>
/// <remarks>Source: azure-functions-host 4.1036, ScriptInvocationContextExtensions and Utility.ApplyBindingData: a string is a JSON string that holds JSON text;
/// numbers and truth values are strings of their JSON; properties of a message that is a JSON object overwrite the runtime's own in Metadata.</remarks>
internal static class InvocationBody
{
    /// <summary>The body, in UTF-8.</summary>
    /// <param name="binding">Name of the trigger's binding.</param>
    /// <param name="function">Name of the function.</param>
    /// <param name="text">The message's text.</param>
    /// <param name="id">Its id.</param>
    /// <param name="popReceipt">Its receipt.</param>
    /// <param name="dequeueCount">Its deliveries.</param>
    public static byte[] Of(string binding, string function, string text, string id, string popReceipt, long dequeueCount)
    {
        string now = TimeProvider.System.GetUtcNow().ToString("yyyy-MM-ddTHH:mm:sszzz", CultureInfo.InvariantCulture);
        var metadata = new JsonObject
        {
            ["DequeueCount"] = dequeueCount.ToString(CultureInfo.InvariantCulture),
            ["ExpirationTime"] = now,
            ["Id"] = Text(id),
            ["InsertionTime"] = now,
            ["NextVisibleTime"] = now,
            ["PopReceipt"] = Text(popReceipt),
            ["sys"] = new JsonObject { ["MethodName"] = function, ["UtcNow"] = now, ["RandGuid"] = Guid.NewGuid().ToString() },
        };
        Overwrite(metadata, text);
        var body = new JsonObject { ["Data"] = new JsonObject { [binding] = Text(text) }, ["Metadata"] = metadata };
        return Encoding.UTF8.GetBytes(body.ToJsonString());
    }

    private static string Text(string value) => JsonSerializer.Serialize(value);

    private static void Overwrite(JsonObject metadata, string text)
    {
        JsonNode? message;
        try
        {
            message = JsonNode.Parse(text);
        }
        catch (JsonException)
        {
            return;
        }

        foreach ((string name, JsonNode? value) in message as JsonObject ?? [])
        {
            if (value is null or JsonArray)
            {
                continue;
            }

            metadata[name] = value.GetValueKind() switch
            {
                JsonValueKind.Object => value.DeepClone(),
                JsonValueKind.String => Text(value.GetValue<string>()),
                _ => value.ToJsonString(),
            };
        }
    }
}
