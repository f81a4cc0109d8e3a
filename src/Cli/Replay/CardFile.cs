using System.Text;
using System.Text.Json;
using Katanemimena.Cli.Output;
using Katanemimena.Core;

namespace Katanemimena.Cli.Replay;

/// <summary>A failure card with the specification of its job: all that is needed to run the record again.</summary>
/// <param name="Card">The card.</param>
/// <param name="Spec">The job's specification.</param>
internal sealed record CardFile(FailureCard Card, JobSpec Spec)
{
    /// <summary>Writes a card, readable by its owner only since it holds a record.</summary>
    /// <param name="folder">Folder, created if missing.</param>
    /// <returns>The file's path.</returns>
    public string Write(string folder)
    {
        using FileStream file = KeptFile.Create(folder, $"mrctl-card-{Card.Job}", ".json");
        using var json = new Utf8JsonWriter(file, new JsonWriterOptions { Indented = true });
        json.WriteStartObject();
        json.WritePropertyName("card");
        json.WriteRawValue(JobDocuments.Write(Card));
        json.WritePropertyName("spec");
        json.WriteRawValue(JobDocuments.Write(Spec));
        json.WriteEndObject();
        return file.Name;
    }

    /// <summary>Reads a card.</summary>
    /// <exception cref="CommandError">It is missing, cannot be read, or is no card.</exception>
    public static CardFile Read(string path)
    {
        if (Directory.Exists(path))
        {
            throw CommandError.Usage($"{path}: is a folder; name a failure card in it");
        }

        try
        {
            using var json = JsonDocument.Parse(File.ReadAllBytes(path));
            return json.RootElement.TryGetProperty("cards", out _)
                ? throw CommandError.Usage($"{path}: are cards of a server's job; name the mapper with --mapper")
                : new CardFile(
                JobDocuments.ReadCard(Bytes(json, "card")),
                JobDocuments.ReadSpec(Bytes(json, "spec")));
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw CommandError.Usage($"{path}: cannot be read: {error.Message}");
        }
        catch (Exception error) when (error is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            throw CommandError.Usage($"{path}: is not a failure card of mrctl");
        }
    }

    private static byte[] Bytes(JsonDocument json, string field) => Encoding.UTF8.GetBytes(json.RootElement.GetProperty(field).GetRawText());
}
