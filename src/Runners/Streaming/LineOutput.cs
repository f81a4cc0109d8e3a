using Katanemimena.Core;

namespace Katanemimena.Runners;

/// <summary>Takes what a program writes on stdout.</summary>
internal interface IOutputTaker
{
    /// <summary>Where the next bytes are to be read to; never empty.</summary>
    Span<byte> Room();

    /// <summary>Takes bytes read into <see cref="Room"/>.</summary>
    /// <exception cref="ProgramFailure">A line has no end in sight.</exception>
    void Advance(int count);

    /// <summary>The program closed its stdout.</summary>
    void End();
}

/// <summary>How a line becomes a pair. The key ends at the first TAB; without one the whole line is the key and the value is empty.</summary>
internal enum LineShape
{
    /// <summary>The value begins after the TAB (mapper, combiner).</summary>
    Pair,

    /// <summary>The value begins with the TAB, so that key and value together are the line (reducer).</summary>
    Verbatim,

    /// <summary>As <see cref="Pair"/>, and both are written with linear-TSV escapes (combiner of values that came so).</summary>
    Escaped,
}

/// <summary>Cuts a program's output into lines and hands them on as pairs.</summary>
internal sealed class LineOutput(IPairSink sink, LineShape shape, int lineBytesMax) : IOutputTaker
{
    private const int ReadBytes = 256 << 10;
    private readonly ByteBuffer _keyScratch = new();
    private readonly ByteBuffer _valueScratch = new();
    private byte[] _buffer = new byte[2 * ReadBytes];
    private int _start;
    private int _scanned;
    private int _end;

    /// <inheritdoc/>
    public Span<byte> Room()
    {
        if (_buffer.Length - _end < ReadBytes)
        {
            MakeRoom();
        }

        return _buffer.AsSpan(_end);
    }

    /// <inheritdoc/>
    public void Advance(int count)
    {
        _end += count;
        while (true)
        {
            int lineFeed = _buffer.AsSpan(_scanned, _end - _scanned).IndexOf((byte)'\n');
            if (lineFeed < 0)
            {
                break;
            }

            int end = _scanned + lineFeed;
            Emit(_buffer.AsSpan(_start, end - _start));
            _start = _scanned = end + 1;
        }

        _scanned = _end;
        if (_end - _start > lineBytesMax)
        {
            throw ProgramFailure.EndlessLine(lineBytesMax);
        }
    }

    /// <inheritdoc/>
    public void End()
    {
        if (_end > _start)
        {
            Emit(_buffer.AsSpan(_start, _end - _start));
            _start = _end;
        }
    }

    private void Emit(ReadOnlySpan<byte> line)
    {
        int tab = line.IndexOf((byte)'\t');
        if (shape == LineShape.Escaped)
        {
            EmitEscaped(line, tab);
        }
        else if (tab < 0)
        {
            sink.Add(line, default);
        }
        else
        {
            sink.Add(line[..tab], line[(shape == LineShape.Verbatim ? tab : tab + 1)..]);
        }
    }

    private void EmitEscaped(ReadOnlySpan<byte> line, int tab) => sink.Add(
        LinearTsv.Unescape(tab < 0 ? line : line[..tab], _keyScratch),
        LinearTsv.Unescape(tab < 0 ? default : line[(tab + 1)..], _valueScratch));

    private void MakeRoom()
    {
        int held = _end - _start;
        byte[] target = held > _buffer.Length / 2
            ? new byte[(int)Math.Min(Array.MaxLength, 2L * _buffer.Length)]
            : _buffer;
        _buffer.AsSpan(_start, held).CopyTo(target);
        _buffer = target;
        _scanned -= _start;
        _end = held;
        _start = 0;
    }
}

/// <summary>Holds a program's output back until the program has ended well.</summary>
internal sealed class HeldOutput(int bytesMax, int lineBytesMax) : IOutputTaker
{
    private const int ReadBytes = 64 << 10;
    private readonly ByteBuffer _bytes = new(2 * ReadBytes);
    private int _lineStart;

    /// <inheritdoc/>
    public Span<byte> Room() => _bytes.Room(ReadBytes);

    /// <inheritdoc/>
    public void Advance(int count)
    {
        int before = _bytes.Length;
        _bytes.Advance(count);
        int lineFeed = _bytes.Span[before..].LastIndexOf((byte)'\n');
        _lineStart = lineFeed < 0 ? _lineStart : before + lineFeed + 1;
        if (_bytes.Length - _lineStart > lineBytesMax)
        {
            throw ProgramFailure.EndlessLine(lineBytesMax);
        }

        if (_bytes.Length > bytesMax)
        {
            throw new ProgramFailure($"wrote more than {bytesMax} bytes, which is the most that is held back while bad records are looked for");
        }
    }

    /// <inheritdoc/>
    public void End()
    {
    }

    /// <summary>Hands it on to another taker.</summary>
    public void MoveTo(IOutputTaker taker)
    {
        for (ReadOnlySpan<byte> left = _bytes.Span; left.Length > 0;)
        {
            Span<byte> room = taker.Room();
            int count = Math.Min(room.Length, left.Length);
            left[..count].CopyTo(room);
            taker.Advance(count);
            left = left[count..];
        }

        taker.End();
        _bytes.Clear();
        _lineStart = 0;
    }
}
