using Katanemimena.Core;

namespace Katanemimena.Runners;

/// <summary>Pairs held back until the record they came from is known to be good.</summary>
internal sealed class PairBuffer : IPairSink
{
    private readonly ByteBuffer _bytes = new();
    private readonly List<(int Key, int Value)> _lengths = [];

    /// <summary>Bytes of keys and values in it.</summary>
    public int Length => _bytes.Length;

    /// <summary>Pairs in it.</summary>
    public int Count => _lengths.Count;

    /// <inheritdoc/>
    public void Add(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value)
    {
        _bytes.Append(key);
        _bytes.Append(value);
        _lengths.Add((key.Length, value.Length));
    }

    /// <summary>Drops all but the first so many.</summary>
    public void Cut(int count)
    {
        _bytes.Truncate(_bytes.Length - _lengths.Skip(count).Sum(pair => pair.Key + pair.Value));
        _lengths.RemoveRange(count, _lengths.Count - count);
    }

    /// <summary>Drops them.</summary>
    public void Clear()
    {
        _bytes.Clear();
        _lengths.Clear();
    }

    /// <summary>Hands them on in order and empties itself.</summary>
    public void MoveTo(IPairSink sink)
    {
        ReadOnlySpan<byte> bytes = _bytes.Span;
        foreach ((int key, int value) in _lengths)
        {
            sink.Add(bytes[..key], bytes.Slice(key, value));
            bytes = bytes[(key + value)..];
        }

        Clear();
    }
}
