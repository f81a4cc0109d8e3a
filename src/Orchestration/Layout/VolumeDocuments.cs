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

    public static T Read<T>(this IVolume volume, string path, JsonTypeInfo<T> type)
        where T : class =>
        RecordJson.Read(ReadAll(volume, path), type);

    public static byte[] ReadAll(this IVolume volume, string path)
    {
        using VolumeReader reader = volume.Open(path);
        byte[] bytes = new byte[checked((int)reader.Length)];
        int read = reader.Read(0, bytes);
        Invariant.Holds(read == bytes.Length, "a published file has the length it says");
        return bytes;
    }
}
