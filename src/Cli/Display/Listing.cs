using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Katanemimena.Cli.Output;
using Katanemimena.Wire;

namespace Katanemimena.Cli.Display;

/// <summary>What a command shows on standard output: text for people, or the server's document as JSON.</summary>
/// <param name="json">Whether JSON was asked for.</param>
internal sealed class Listing(bool json)
{
    private static readonly WireJson Indented = new(new JsonSerializerOptions(WireJson.Default.Options) { WriteIndented = true });

    /// <summary>Whether JSON was asked for.</summary>
    public bool IsJson => json;

    /// <summary>Shows a document.</summary>
    /// <param name="document">As the server gave it.</param>
    /// <param name="text">The same for people, lines ended.</param>
    public void Show<T>(T document, Func<string> text)
    {
        if (json)
        {
            // The encoder writes all that is not plain ASCII as escapes, so a terminal is safe from it.
            Write(JsonSerializer.Serialize(document, (JsonTypeInfo<T>)Indented.GetTypeInfo(typeof(T))!) + "\n");
        }
        else
        {
            Write(text());
        }
    }

    /// <summary>Writes text as it is.</summary>
    public static void Write(string text) => new StandardOutput().Write(Encoding.UTF8.GetBytes(text));
}
