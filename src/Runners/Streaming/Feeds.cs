using Katanemimena.Core;

namespace Katanemimena.Runners;

/// <summary>A chunk's records as they are; a last record without LF gets one.</summary>
internal sealed class RecordFeed(IRecordSource records) : IFeed
{
    private static readonly byte[] LineFeed = [(byte)'\n'];
    private bool _complete = true;
    private bool _ended;

    /// <summary>Input file; empty before the first block.</summary>
    public string File { get; private set; } = "";

    /// <summary>Offset of the first record fed.</summary>
    public long Start { get; private set; } = -1;

    /// <summary>First byte past the last block fed.</summary>
    public long End { get; private set; } = -1;

    /// <inheritdoc/>
    public bool TryNext(out ReadOnlyMemory<byte> bytes)
    {
        RecordBlock block = default;
        _ended = _ended || !records.TryRead(out block);
        if (_ended)
        {
            bytes = _complete ? default : LineFeed;
            _complete = true;
            return !bytes.IsEmpty;
        }

        Invariant.Holds(_complete, "only the last record of a file may lack its LF");
        bytes = block.Bytes;
        _complete = bytes.Span[^1] == (byte)'\n';
        File = block.File;
        Start = Start < 0 ? block.Offset : Start;
        End = block.Offset + bytes.Length;
        return true;
    }
}

/// <summary>Bytes that are in memory; a last record without LF gets one.</summary>
internal sealed class MemoryFeed(ReadOnlyMemory<byte> bytes) : IFeed
{
    private ReadOnlyMemory<byte> _rest = bytes;
    private bool _complete = bytes.IsEmpty || bytes.Span[^1] == (byte)'\n';

    /// <inheritdoc/>
    public bool TryNext(out ReadOnlyMemory<byte> next)
    {
        next = !_rest.IsEmpty ? _rest : _complete ? default : "\n"u8.ToArray();
        _complete |= _rest.IsEmpty;
        _rest = default;
        return !next.IsEmpty;
    }
}

/// <summary>Groups as <c>key TAB value</c> lines, one for each value.</summary>
internal sealed class GroupFeed(GroupLines lines) : IFeed
{
    private const int PieceBytes = 256 << 10;
    private readonly ByteBuffer _piece = new(PieceBytes + 4096);
    private bool _inGroup;
    private bool _ended;

    /// <inheritdoc/>
    public bool TryNext(out ReadOnlyMemory<byte> bytes)
    {
        _piece.Clear();
        while (!_ended && _piece.Length < PieceBytes)
        {
            if (_inGroup || lines.NextGroup())
            {
                _inGroup = !lines.Fill(_piece, PieceBytes);
            }
            else
            {
                _ended = true;
            }
        }

        bytes = _piece.Memory;
        return _piece.Length > 0;
    }
}

/// <summary>The rest of one group whose beginning is in memory.</summary>
internal sealed class OneGroupFeed(ReadOnlyMemory<byte> beginning, GroupLines lines) : IFeed
{
    private const int PieceBytes = 256 << 10;
    private readonly ByteBuffer _piece = new(PieceBytes + 4096);
    private ReadOnlyMemory<byte> _beginning = beginning;
    private bool _ended;

    /// <inheritdoc/>
    public bool TryNext(out ReadOnlyMemory<byte> bytes)
    {
        bytes = _beginning;
        _beginning = default;
        if (bytes.IsEmpty && !_ended)
        {
            _piece.Clear();
            _ended = lines.Fill(_piece, PieceBytes);
            bytes = _piece.Memory;
        }

        return !bytes.IsEmpty;
    }
}
