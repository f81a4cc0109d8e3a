using System.Buffers.Binary;
using System.Globalization;
using System.IO.Compression;
using Katanemimena.Core;

namespace Katanemimena.DataPath;

/// <summary>A gzip file of one or more members, decompressed front to back, every member verified by its checksum and length.</summary>
/// <remarks>Format: RFC 1952. The framing is read here and only the deflate data is left to the runtime, because its gzip stream takes
/// a file that is cut short, or followed by something else, for one that has ended. Zeros after the last member are padding, as
/// for the gzip program; anything else there is refused.</remarks>
internal sealed class GzipBytes(InputFile input, VolumeReader reader) : ByteSource
{
    private const int TrailerBytes = 8;

    private long _memberStart;
    private Deflated? _deflated;
    private DeflateStream? _member;
    private uint _crc;
    private uint _length;
    private bool _ended;

    /// <inheritdoc/>
    public override long RemainingMax => _ended ? 0 : long.MaxValue;

    /// <inheritdoc/>
    public override int Read(Span<byte> buffer)
    {
        int filled = 0;
        while (filled < buffer.Length && !_ended)
        {
            if (_member is null)
            {
                OpenMember();
            }

            int count = Inflate(buffer[filled..]);
            filled += count;
            if (count == 0)
            {
                CloseMember();
            }
        }

        return filled;
    }

    /// <inheritdoc/>
    public override void Dispose()
    {
        _member?.Dispose();
        reader.Dispose();
    }

    private void OpenMember()
    {
        if (!GzipHeader.TryFindEnd(reader, _memberStart, out long start))
        {
            throw Broken(_memberStart, reader.Length - _memberStart < GzipHeader.BytesMin ? "the file is cut short" : "this is no gzip header");
        }

        _deflated = new Deflated(reader, start);
        _member = new DeflateStream(_deflated, CompressionMode.Decompress);
        (_crc, _length) = (0, 0);
    }

    private int Inflate(Span<byte> buffer)
    {
        try
        {
            int count = _member!.Read(buffer);
            _crc = Crc32.Append(_crc, buffer[..count]);
            _length += (uint)count;
            return count;
        }
        catch (InvalidDataException e)
        {
            throw Broken(_deflated!.LastPiece, "the compressed data is damaged", e);
        }
    }

    private void CloseMember()
    {
        if (_deflated!.RanOut)
        {
            throw Broken(reader.Length, "the file is cut short");
        }

        _memberStart = FindMemberEnd();
        _member!.Dispose();
        _member = null;
        _ended = _memberStart == reader.Length;
    }

    /// <summary>Finds where the member ends: at the first trailer with the right checksum and length after which the file can go on.</summary>
    /// <remarks>The inflater reads ahead and does not say how far it came, but the end lies in the last piece that it took. By chance, 64 bits
    /// match nowhere else; trailers that overlap themselves (of an empty member, all zeros) are told apart by what follows.</remarks>
    private long FindMemberEnd()
    {
        Span<byte> trailer = stackalloc byte[TrailerBytes];
        BinaryPrimitives.WriteUInt32LittleEndian(trailer, _crc);
        BinaryPrimitives.WriteUInt32LittleEndian(trailer[4..], _length);
        var tail = new byte[_deflated!.LastPieceBytes + TrailerBytes];
        int count = reader.Read(_deflated.LastPiece, tail);
        long unfollowed = -1;
        for (int at = 0, next; (next = tail.AsSpan(at, count - at).IndexOf(trailer)) >= 0; at += next + 1)
        {
            long end = _deflated.LastPiece + at + next + TrailerBytes;
            if (IsPadding(end))
            {
                return reader.Length;
            }

            if (GzipHeader.TryFindEnd(reader, end, out _))
            {
                return end;
            }

            unfollowed = end;
        }

        throw unfollowed >= 0
            ? Broken(unfollowed, "what follows the compressed data is neither gzip nor padding")
            : Broken(_deflated.LastPiece + count, count < tail.Length ? "the file is cut short or its checksum is wrong" : "the checksum or length is wrong");
    }

    /// <summary>Whether nothing but zeros, or nothing at all, lies from here to the end of the file.</summary>
    private bool IsPadding(long offset)
    {
        Span<byte> piece = stackalloc byte[512];
        for (int count; (count = reader.Read(offset, piece)) > 0; offset += count)
        {
            if (piece[..count].ContainsAnyExcept((byte)0))
            {
                return false;
            }
        }

        return true;
    }

    private PermanentFault Broken(long offset, string why, Exception? cause = null) => new(
        string.Create(CultureInfo.InvariantCulture, $"{input.Name}: broken gzip at about byte {offset} of {reader.Length} (compressed): {why}; make or fetch the file again"),
        cause);

    /// <summary>The compressed bytes from an offset on, for the inflater; remembers the last piece it took.</summary>
    private sealed class Deflated(VolumeReader reader, long offset) : ReadOnlyStream
    {
        private long _offset = offset;

        /// <summary>Offset of the last piece.</summary>
        public long LastPiece => _offset - LastPieceBytes;

        /// <summary>Length of the last piece.</summary>
        public int LastPieceBytes { get; private set; }

        /// <summary>Whether the inflater asked for more than there is.</summary>
        public bool RanOut { get; private set; }

        public override int Read(Span<byte> buffer)
        {
            int count = reader.Read(_offset, buffer);
            RanOut |= count == 0 && buffer.Length > 0;
            LastPieceBytes = count > 0 ? count : LastPieceBytes;
            _offset += count;
            return count;
        }
    }
}
