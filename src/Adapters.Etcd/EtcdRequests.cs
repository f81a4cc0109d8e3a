using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Katanemimena.Core;

namespace Katanemimena.Adapters.Etcd;

/// <summary>Requests of etcd's JSON gateway: keys and values in base64, 64-bit numbers as strings.</summary>
/// <remarks>Source: etcd, api/etcdserverpb/rpc.proto, by the JSON mapping of protocol buffers.</remarks>
internal static class EtcdRequests
{
    public static ReadOnlyMemory<byte> Range(KeyRange range) => Document(json => WriteRange(json, range));

    public static ReadOnlyMemory<byte> Transaction(Transaction transaction) => Document(json =>
    {
        json.WriteStartArray("compare");
        foreach (KeyCondition condition in transaction.Conditions)
        {
            json.WriteStartObject();
            WriteKey(json, "key", condition.Key);
            json.WriteString("target", "MOD");
            json.WriteString("result", "EQUAL");
            WriteNumber(json, "mod_revision", condition.ModifyRevision);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteStartArray("success");
        foreach (KeyWrite write in transaction.Writes)
        {
            WriteOperation(json, write);
        }

        WriteReads(json, transaction.Reads);
        json.WriteEndArray();
        json.WriteStartArray("failure");
        WriteReads(json, transaction.ReadsOtherwise);
        json.WriteEndArray();
    });

    public static ReadOnlyMemory<byte> Grant(TimeSpan timeToLive) => Document(json => WriteNumber(json, "TTL", (long)timeToLive.TotalSeconds));

    public static ReadOnlyMemory<byte> Lease(LeaseId lease) => Document(json => WriteNumber(json, "ID", lease.Value));

    public static ReadOnlyMemory<byte> Watch(KeyRange range, long fromRevision) => Document(json =>
    {
        json.WriteStartObject("create_request");
        WriteBounds(json, range);
        WriteNumber(json, "start_revision", fromRevision);
        json.WriteEndObject();
    });

    public static ReadOnlyMemory<byte> Authenticate(string user, string password) => Document(json =>
    {
        json.WriteString("name", user);
        json.WriteString("password", password);
    });

    private static ReadOnlyMemory<byte> Document(Action<Utf8JsonWriter> write)
    {
        var buffer = new ArrayBufferWriter<byte>(512);
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            write(json);
            json.WriteEndObject();
        }

        return buffer.WrittenMemory;
    }

    private static void WriteOperation(Utf8JsonWriter json, KeyWrite write)
    {
        json.WriteStartObject();
        if (write is KeyWrite.Put put)
        {
            json.WriteStartObject("request_put");
            WriteKey(json, "key", put.Key);
            json.WriteBase64String("value", put.Value.Span);
            WriteNumber(json, "lease", put.Lease.Value);
        }
        else
        {
            json.WriteStartObject("request_delete_range");
            WriteBounds(json, ((KeyWrite.Delete)write).Range);
        }

        json.WriteEndObject();
        json.WriteEndObject();
    }

    private static void WriteReads(Utf8JsonWriter json, IReadOnlyList<KeyRange> ranges)
    {
        foreach (KeyRange range in ranges)
        {
            json.WriteStartObject();
            json.WriteStartObject("request_range");
            WriteRange(json, range);
            json.WriteEndObject();
            json.WriteEndObject();
        }
    }

    private static void WriteRange(Utf8JsonWriter json, KeyRange range)
    {
        WriteBounds(json, range);
        WriteNumber(json, "limit", range.Limit);
        json.WriteBoolean("count_only", range.CountOnly);
    }

    private static void WriteBounds(Utf8JsonWriter json, KeyRange range)
    {
        WriteKey(json, "key", range.Start);
        if (range.End is { } end)
        {
            WriteKey(json, "range_end", end);
        }
    }

    /// <remarks>Keys are ASCII; only the end of a range may be the character after, whose byte in Latin-1 is the one after theirs.</remarks>
    private static void WriteKey(Utf8JsonWriter json, string name, string key) => json.WriteBase64String(name, Encoding.Latin1.GetBytes(key));

    private static void WriteNumber(Utf8JsonWriter json, string name, long number) => json.WriteString(name, number.ToString(CultureInfo.InvariantCulture));
}
