using Katanemimena.Core;

namespace Katanemimena.Adapters.InMemory;

/// <summary>The keys of the store, sorted, so that a range and its count are two binary searches.</summary>
internal sealed class KeyTable
{
    private readonly List<KeyValue> _keys = [];

    internal KeyValue? Find(string key) => IndexOf(key) is var index && Holds(index, key) ? _keys[index] : null;

    internal void Put(KeyValue value)
    {
        int index = IndexOf(value.Key);
        if (Holds(index, value.Key))
        {
            _keys[index] = value;
        }
        else
        {
            _keys.Insert(index, value);
        }
    }

    /// <summary>Removes all keys of a range and returns them in order.</summary>
    internal List<KeyValue> Remove(KeyRange range)
    {
        (int first, int end) = Bounds(range);
        List<KeyValue> removed = _keys.GetRange(first, end - first);
        _keys.RemoveRange(first, end - first);
        return removed;
    }

    internal RangeResult Read(KeyRange range, long revision)
    {
        (int first, int end) = Bounds(range);
        int count = end - first;
        int take = range.CountOnly ? 0 : range.Limit > 0 ? Math.Min(range.Limit, count) : count;
        return new RangeResult(revision, _keys.GetRange(first, take), count);
    }

    private (int First, int End) Bounds(KeyRange range)
    {
        int first = IndexOf(range.Start);
        int end = range.End is null ? (Holds(first, range.Start) ? first + 1 : first) : IndexOf(range.End);
        return (first, Math.Max(first, end));
    }

    private bool Holds(int index, string key) => index < _keys.Count && string.Equals(_keys[index].Key, key, StringComparison.Ordinal);

    /// <summary>Index of the key, or of the first one after it.</summary>
    private int IndexOf(string key)
    {
        int low = 0;
        int high = _keys.Count;
        while (low < high)
        {
            int middle = (low + high) >>> 1;
            if (string.CompareOrdinal(_keys[middle].Key, key) < 0)
            {
                low = middle + 1;
            }
            else
            {
                high = middle;
            }
        }

        return low;
    }
}
