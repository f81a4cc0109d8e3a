using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using Katanemimena.Core;

namespace Katanemimena.Service;

/// <summary>A datafile as stored.</summary>
/// <param name="Id">Folder of its blocks; no other datafile or upload ever has it.</param>
/// <param name="Index">Name of the list of its blocks there.</param>
/// <param name="Bytes">Its size.</param>
/// <param name="Crc32C">CRC-32C of the whole.</param>
/// <param name="Gzip">Whether its first two bytes are those of gzip (RFC 1952).</param>
/// <param name="Uploaded">When it was done.</param>
internal sealed record StoredFile(string Id, string Index, long Bytes, uint Crc32C, bool Gzip, DateTimeOffset Uploaded);

/// <summary>An upload as stored; its blocks are keys of their own, so that it stays small however many there are.</summary>
/// <param name="Id">Folder of its blocks.</param>
/// <param name="Total">Its size to be.</param>
/// <param name="Received">Bytes that are there.</param>
/// <param name="Crc32C">CRC-32C of these.</param>
/// <param name="Gzip">Whether its first two bytes are those of gzip.</param>
/// <param name="Touched">When its last block came.</param>
internal sealed record StoredUpload(string Id, long Total, long Received, uint Crc32C, bool Gzip, DateTimeOffset Touched);

/// <summary>An id without a record.</summary>
/// <param name="Since">Since when: the beginning of an upload, the end of a datafile, or the submission of programs.</param>
/// <param name="Doomed">Whether its files are being deleted: then no record may name it any more.</param>
/// <param name="Owner">Among whose stored bytes its files count until they are gone; null if among nobody's, as while the first block comes in.</param>
/// <param name="Bytes">How many they count for.</param>
/// <param name="Programs">Whether its files are the programs of a job, not blocks.</param>
internal sealed record LooseBlocks(DateTimeOffset Since, bool Doomed = false, string? Owner = null, long Bytes = 0, bool Programs = false);

/// <summary>Data that was sent along with a job which is not stored yet.</summary>
/// <param name="Since">When the last of it came.</param>
/// <param name="Doomed">Whether it is being deleted: then no job may have it any more.</param>
internal sealed record SentAlong(DateTimeOffset Since, bool Doomed = false);

/// <summary>The stored documents as JSON in UTF-8, camel case. Fields a reader does not know are passed over.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(StoredFile))]
[JsonSerializable(typeof(StoredUpload))]
[JsonSerializable(typeof(LooseBlocks))]
[JsonSerializable(typeof(SentAlong))]
internal sealed partial class DatafileDocuments : JsonSerializerContext
{
    internal static KeyWrite.Put Put<T>(string key, T document, JsonTypeInfo<T> type) => new(key, JsonSerializer.SerializeToUtf8Bytes(document, type));

    /// <summary>Reads the document of a key; null for no key.</summary>
    /// <exception cref="PermanentFault">It is damaged.</exception>
    internal static T? Read<T>(KeyValue? stored, JsonTypeInfo<T> type)
        where T : class
    {
        try
        {
            return stored is null ? null : JsonSerializer.Deserialize(stored.Value.Span, type) ?? throw new JsonException("it is null");
        }
        catch (JsonException damage)
        {
            throw new PermanentFault($"the document under '{stored!.Key}' is damaged: {damage.Message}", damage) { OfMachine = true };
        }
    }
}
