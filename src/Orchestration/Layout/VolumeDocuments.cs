using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Katanemimena.Core;

namespace Katanemimena.Orchestration;

/// <summary>Whole JSON documents on the volume.</summary>
internal static class VolumeDocuments
{
    public static void Write<T>(this IVolume volume, string path, T document, JsonTypeInfo<T> type)
    {
        using VolumeWriter writer = volume.Create(path);
        writer.Write(JsonSerializer.SerializeToUtf8Bytes(document, type));
        writer.Publish();
    }

    /// <summary>Reads a document that a job cannot do without.</summary>
    /// <exception cref="PermanentFault">It is missing or damaged.</exception>
    public static T Read<T>(this IVolume volume, string path, JsonTypeInfo<T> type)
        where T : class
    {
        try
        {
            return RecordJson.Read(ReadAll(volume, path), type);
        }
        catch (JsonException e)
        {
            throw new PermanentFault($"file '{path}' of the volume is damaged: {e.Message}", e);
        }
    }

    /// <summary>Reads a file that a job cannot do without.</summary>
    /// <exception cref="PermanentFault">It is missing.</exception>
    public static byte[] ReadAll(this IVolume volume, string path)
    {
        using VolumeReader reader = Open(volume, path);
        byte[] bytes = new byte[checked((int)reader.Length)];
        int read = reader.Read(0, bytes);
        Invariant.Holds(read == bytes.Length, "a published file has the length it says");
        return bytes;
    }

    private static VolumeReader Open(IVolume volume, string path)
    {
        try
        {
            return volume.Open(path);
        }
        catch (FileNotFoundException e)
        {
            throw new PermanentFault($"file '{path}' is missing on the volume", e);
        }
    }
}
