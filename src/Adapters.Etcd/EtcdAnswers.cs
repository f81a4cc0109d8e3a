using System.Globalization;
using System.Text;
using System.Text.Json;
using Katanemimena.Core;

namespace Katanemimena.Adapters.Etcd;

/// <summary>Answers of etcd's JSON gateway. Fields that are zero, empty or false are left out there.</summary>
internal static class EtcdAnswers
{
    public static RangeResult Range(JsonElement answer) => ReadRange(answer, Revision(answer));

    public static TransactionResult Transaction(JsonElement answer)
    {
        long revision = Revision(answer);
        List<RangeResult> reads = [];
        foreach (JsonElement response in Items(answer, "responses"))
        {
            if (response.TryGetProperty("response_range", out JsonElement range))
            {
                reads.Add(ReadRange(range, revision));
            }
        }

        return new TransactionResult(Flag(answer, "succeeded"), revision, reads);
    }

    /// <summary>Changes in the order of their revision, and within one by key, and the revision up to which they go.</summary>
    public static List<KeyChange> Changes(JsonElement watched)
    {
        List<KeyChange> changes = [];
        foreach (JsonElement item in Items(watched, "events"))
        {
            KeyValue value = ReadKeyValue(item.GetProperty("kv"));
            bool deleted = item.TryGetProperty("type", out JsonElement type) && type.ValueEquals("DELETE");
            changes.Add(new KeyChange(value.Key, deleted ? null : value, value.ModifyRevision));
        }

        changes.Sort(static (a, b) => a.Revision != b.Revision ? a.Revision.CompareTo(b.Revision) : string.CompareOrdinal(a.Key, b.Key));
        return changes;
    }

    public static long Revision(JsonElement answer) => Number(answer.GetProperty("header"), "revision");

    public static long Number(JsonElement element, string name) =>
        element.TryGetProperty(name, out JsonElement number) ? long.Parse(number.GetString()!, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture) : 0;

    public static bool Flag(JsonElement element, string name) => element.TryGetProperty(name, out JsonElement flag) && flag.GetBoolean();

    private static RangeResult ReadRange(JsonElement range, long revision) =>
        new(revision, [.. Items(range, "kvs").Select(ReadKeyValue)], Number(range, "count"));

    private static KeyValue ReadKeyValue(JsonElement kv) => new(
        Encoding.ASCII.GetString(kv.GetProperty("key").GetBytesFromBase64()),
        kv.TryGetProperty("value", out JsonElement value) ? value.GetBytesFromBase64() : [],
        Number(kv, "create_revision"),
        Number(kv, "mod_revision"),
        new LeaseId(Number(kv, "lease")));

    private static JsonElement.ArrayEnumerator Items(JsonElement element, string name) =>
        element.TryGetProperty(name, out JsonElement items) ? items.EnumerateArray() : default;
}
