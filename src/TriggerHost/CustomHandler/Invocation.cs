using System.Text;
using System.Text.Json;

namespace Katanemimena.TriggerHost;

/// <summary>What the runtime posts to a function that is not called by a forwarded request: <c>{"Data": {…}, "Metadata": {…}}</c>.</summary>
/// <remarks>Metadata is not looked at: any property of a message that is a JSON object overwrites the runtime's own there.</remarks>
public static class Invocation
{
    /// <summary>Most bytes of an invocation: 4 MiB. A message of 64 KiB comes encoded twice, with its properties once more in Metadata.</summary>
    public const int BytesMax = 4 << 20;

    /// <summary>The message of a queue's trigger, as it was on the queue.</summary>
    /// <param name="body">The invocation.</param>
    /// <exception cref="JsonException">It is none, or does not have exactly one entry in Data.</exception>
    public static ReadOnlyMemory<byte> Message(ReadOnlyMemory<byte> body)
    {
        using var document = JsonDocument.Parse(body);
        if (document.RootElement is not { ValueKind: JsonValueKind.Object } root
            || !root.TryGetProperty("Data", out JsonElement data) || data.ValueKind != JsonValueKind.Object)
        {
            throw new JsonException("an invocation has an object 'Data'");
        }

        using JsonElement.ObjectEnumerator entries = data.EnumerateObject();
        return entries.MoveNext() && entries.Current.Value is var message && !entries.MoveNext()
            ? Decode(message)
            : throw new JsonException("an invocation of a queue's trigger has one entry in 'Data'");
    }

    /// <summary>A text is a JSON string that holds the JSON of a string, so it is decoded twice; an object comes as it is.</summary>
    private static byte[] Decode(JsonElement message)
    {
        if (message.ValueKind != JsonValueKind.String)
        {
            return Encoding.UTF8.GetBytes(message.GetRawText());
        }

        string once = message.GetString()!;
        if (!once.StartsWith('"'))
        {
            return Encoding.UTF8.GetBytes(once);
        }

        using var inner = JsonDocument.Parse(once);
        return Encoding.UTF8.GetBytes(inner.RootElement.GetString()!);
    }
}
