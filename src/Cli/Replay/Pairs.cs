using System.Runtime.InteropServices;
using Katanemimena.Core;

namespace Katanemimena.Cli.Replay;

/// <summary>Keeps the values of one key and drops all other pairs.</summary>
/// <param name="wanted">The key.</param>
internal sealed class ValuesOfKey(byte[] wanted) : IPairSink
{
    /// <summary>The values, in the order they came.</summary>
    public List<byte[]> Values { get; } = [];

    /// <inheritdoc/>
    public void Add(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value)
    {
        if (key.SequenceEqual(wanted))
        {
            Values.Add(value.ToArray());
        }
    }
}

/// <summary>One key with its values.</summary>
internal sealed class OneGroup(byte[] key, List<byte[]> values) : IGroupSource
{
    private bool _begun;
    private int _index = -1;

    /// <inheritdoc/>
    public ReadOnlySpan<byte> Key => key;

    /// <inheritdoc/>
    public ReadOnlySpan<byte> Value => values[_index];

    /// <inheritdoc/>
    public long Repeat => 1;

    /// <inheritdoc/>
    public bool NextGroup()
    {
        bool first = !_begun;
        _begun = true;
        return first;
    }

    /// <inheritdoc/>
    public bool NextValue() => _begun && ++_index < values.Count;
}

/// <summary>Writes pairs as they come: <c>key TAB value</c>, control characters of linear TSV escaped, JSON as JSON.</summary>
internal sealed class PairPrinter(Stream output, ValueFormat format) : IPairSink
{
    private readonly List<byte> _line = [];

    /// <inheritdoc/>
    public void Add(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value)
    {
        _line.Clear();
        if (format == ValueFormat.Line)
        {
            _line.AddRange(key);
            _line.AddRange(value);
        }
        else
        {
            Escape(key);
            _line.Add((byte)'\t');
            Escape(value);
        }

        _line.Add((byte)'\n');
        output.Write(CollectionsMarshal.AsSpan(_line));
    }

    private void Escape(ReadOnlySpan<byte> text)
    {
        foreach (byte each in text)
        {
            switch ((char)each)
            {
                case '\\' when format != ValueFormat.Json:
                    _line.AddRange("\\\\"u8);
                    break;
                case '\t':
                    _line.AddRange("\\t"u8);
                    break;
                case '\n':
                    _line.AddRange("\\n"u8);
                    break;
                case '\r':
                    _line.AddRange("\\r"u8);
                    break;
                default:
                    _line.Add(each);
                    break;
            }
        }
    }
}
