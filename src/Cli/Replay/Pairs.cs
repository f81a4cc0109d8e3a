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
    private readonly MemoryStream _line = new();

    /// <inheritdoc/>
    public void Add(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value)
    {
        _line.SetLength(0);
        if (format == ValueFormat.Line)
        {
            _line.Write(key);
            _line.Write(value);
        }
        else
        {
            Escape(key);
            _line.WriteByte((byte)'\t');
            Escape(value);
        }

        _line.WriteByte((byte)'\n');
        output.Write(_line.GetBuffer(), 0, (int)_line.Length);
    }

    private void Escape(ReadOnlySpan<byte> text)
    {
        foreach (byte each in text)
        {
            switch ((char)each)
            {
                case '\\' when format != ValueFormat.Json:
                    _line.Write("\\\\"u8);
                    break;
                case '\t':
                    _line.Write("\\t"u8);
                    break;
                case '\n':
                    _line.Write("\\n"u8);
                    break;
                case '\r':
                    _line.Write("\\r"u8);
                    break;
                default:
                    _line.WriteByte(each);
                    break;
            }
        }
    }
}
