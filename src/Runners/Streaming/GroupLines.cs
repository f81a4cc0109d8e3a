using Katanemimena.Core;

namespace Katanemimena.Runners;

/// <summary>Writes groups as <c>key TAB value LF</c> lines, a line for each value and each repeat of it.</summary>
/// <param name="groups">The groups.</param>
/// <param name="format">Format of the values. JSON strings are written as their characters, other JSON as it is.</param>
/// <param name="escape">Whether keys and values are written with linear-TSV escapes: always but for pairs of a streaming mapper, which
/// cannot hold what would need them and which must come out as they went in.</param>
internal sealed class GroupLines(IGroupSource groups, ValueFormat format, bool escape)
{
    private readonly ByteBuffer _prefix = new();
    private readonly ByteBuffer _line = new();
    private readonly ByteBuffer _scratch = new();
    private long _left;

    /// <summary>Groups begun.</summary>
    public long Groups { get; private set; }

    /// <summary>The present key.</summary>
    public ReadOnlySpan<byte> Key => groups.Key;

    /// <summary>Moves to the next group.</summary>
    public bool NextGroup()
    {
        _left = 0;
        if (!groups.NextGroup())
        {
            return false;
        }

        Groups++;
        _prefix.Clear();
        Append(_prefix, groups.Key);
        _prefix.Append((byte)'\t');
        return true;
    }

    /// <summary>Appends lines of the present group until it ends or the buffer has a size.</summary>
    /// <returns>Whether the group has ended.</returns>
    public bool Fill(ByteBuffer buffer, int bytes)
    {
        while (true)
        {
            for (; _left > 0 && buffer.Length < bytes; _left--)
            {
                buffer.Append(_line.Span);
            }

            if (buffer.Length >= bytes)
            {
                return false;
            }

            if (!groups.NextValue())
            {
                return true;
            }

            _left = groups.Repeat - 1;
            if (_left > 0)
            {
                _line.Clear();
                WriteLine(_line);
                _left++;
            }
            else
            {
                WriteLine(buffer);
            }
        }
    }

    private void WriteLine(ByteBuffer buffer)
    {
        buffer.Append(_prefix.Span);
        Append(buffer, format == ValueFormat.Json ? JsonText.Of(groups.Value, _scratch) : groups.Value);
        buffer.Append((byte)'\n');
    }

    private void Append(ByteBuffer buffer, ReadOnlySpan<byte> text)
    {
        if (escape)
        {
            LinearTsv.Append(buffer, text);
        }
        else
        {
            buffer.Append(text);
        }
    }
}
