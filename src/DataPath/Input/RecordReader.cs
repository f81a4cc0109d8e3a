using System.Buffers;
using System.Globalization;
using Katanemimena.Core;

namespace Katanemimena.DataPath;

/// <summary>Reads the records of one chunk in blocks of about 256 KiB.</summary>
/// <remarks>A record belongs to the chunk in which its first byte lies. So a chunk that starts at byte s > 0 begins after the first
/// LF at s − 1 or later, and its last record ends with the first LF at its own last byte or later. Records end at LF alone: a CR
/// before it is part of the record, and NULs and invalid UTF-8 are bytes like any other.</remarks>
internal sealed class RecordReader : IRecordSource, IDisposable
{
    /// <summary>Bytes of a block, unless one record is longer: 256 KiB, which stays in a core's second-level cache.</summary>
    public const int BlockBytes = 256 << 10;

    /// <summary>Bytes read beyond the chunk in the hope that its last record ends there.</summary>
    private const int OverreadBytes = 4 << 10;

    private const byte LineFeed = (byte)'\n';

    private readonly InputFile _input;
    private readonly ByteSource _source;
    private readonly CancellationToken _cancellation;
    private readonly int _recordBytesMax;
    private readonly long _end;
    private byte[] _buffer;
    private bool _rented;

    // Bytes read and not yet handed out: _buffer[_head.._tail), of which the first lies at _offset of the file.
    private int _head;
    private int _tail;
    private long _offset;
    private bool _sourceEnded;
    private bool _ended;

    private RecordReader(InputFile input, Chunk chunk, ByteSource source, int recordBytesMax, CancellationToken cancellation)
    {
        _input = input;
        _source = source;
        _cancellation = cancellation;
        _recordBytesMax = Math.Min(recordBytesMax, Array.MaxLength - 1);
        _offset = Math.Max(chunk.Start - 1, 0);
        _end = input.Gzip ? long.MaxValue : Math.Min(chunk.End, input.Bytes);
        _buffer = ArrayPool<byte>.Shared.Rent(BlockBytes);
        _rented = true;
        BytesMax = Math.Min(BlockBytes, CapacityMax);
    }

    /// <summary>Records handed out so far.</summary>
    public long RecordsRead { get; private set; }

    /// <summary>Their bytes, LFs included; after decompression for gzip.</summary>
    public long BytesRead { get; private set; }

    /// <summary>CRC-32C of these bytes.</summary>
    public uint Crc32C { get; private set; }

    /// <summary>Bytes of the buffer in use. Never more than the longest allowed record with its LF, so that a longer one cannot slip through.</summary>
    private int BytesMax { get; set; }

    private int CapacityMax => _recordBytesMax + 1;

    /// <summary>Opens a chunk.</summary>
    /// <param name="input">The file.</param>
    /// <param name="chunk">A range of it; the whole file if it is gzip.</param>
    /// <param name="data">Opens the file.</param>
    /// <param name="recordBytesMax">Longest record in bytes without its LF, 1 or more.</param>
    /// <param name="cancellation">Looked at before each block.</param>
    /// <exception cref="PermanentFault">The file is missing, cannot be read, or has changed.</exception>
    public static RecordReader Open(InputFile input, Chunk chunk, IDataFiles data, int recordBytesMax, CancellationToken cancellation)
    {
        Invariant.Holds(chunk.Start >= 0 && chunk.Start <= chunk.End);
        Invariant.Holds(!input.Gzip || chunk.Start == 0, "a gzip file is one chunk");
        ArgumentOutOfRangeException.ThrowIfLessThan(recordBytesMax, 1);
        VolumeReader file = data.Open(input);
        ByteSource source = input.Gzip ? new GzipBytes(input, file) : new PlainBytes(input, file, Math.Max(chunk.Start - 1, 0));
        var reader = new RecordReader(input, chunk, source, recordBytesMax, cancellation);
        try
        {
            if (chunk.Start > 0)
            {
                reader.SkipPartialRecord();
            }
        }
        catch
        {
            reader.Dispose();
            throw;
        }

        return reader;
    }

    /// <inheritdoc/>
    /// <exception cref="PermanentFault">The file cannot be read, has changed, is broken gzip, or has a record over the limit.</exception>
    /// <exception cref="OperationCanceledException">The attempt was cancelled.</exception>
    public bool TryRead(out RecordBlock block)
    {
        MoveToFront();
        while (!_ended && _offset < _end)
        {
            _cancellation.ThrowIfCancellationRequested();
            Fill();
            int length = WholeRecords();
            if (length > 0)
            {
                block = HandOut(length);
                return true;
            }
        }

        block = default;
        return false;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _source.Dispose();
        _ended = true;
        Replace([]);
    }

    /// <summary>Passes over the record that an earlier chunk owns. Its LF is looked for up to the last byte but one of this chunk: after a later one no record of this chunk starts.</summary>
    private void SkipPartialRecord()
    {
        while (_offset < _end - 1)
        {
            _cancellation.ThrowIfCancellationRequested();
            Fill();
            int lineFeed = _buffer.AsSpan(0, _tail).IndexOf(LineFeed);
            if (lineFeed >= 0)
            {
                _head = lineFeed + 1;
                _offset += _head;
                return;
            }

            _offset += _tail;
            _tail = 0;
            if (_sourceEnded)
            {
                break;
            }
        }

        _ended = true;
    }

    private void MoveToFront()
    {
        if (_head > 0)
        {
            _buffer.AsSpan(_head, _tail - _head).CopyTo(_buffer);
            _tail -= _head;
            _head = 0;
        }
    }

    /// <summary>Reads on: to the end of the buffer, but not far beyond the chunk, of which only the end of its last record is needed.</summary>
    private void Fill()
    {
        if (_sourceEnded)
        {
            return;
        }

        if (_tail == BytesMax)
        {
            Grow();
        }

        long toEnd = _end - _offset - _tail;
        long useful = toEnd > 0 ? Math.Min(toEnd, BytesMax) + OverreadBytes : Math.Max(OverreadBytes, _tail);
        int wanted = (int)Math.Min(BytesMax - _tail, useful);
        int count = _source.Read(_buffer.AsSpan(_tail, wanted));
        _tail += count;
        _sourceEnded = count < wanted || _source.RemainingMax == 0;
    }

    /// <summary>How many bytes at the front are whole records of this chunk; 0 if that takes more bytes.</summary>
    private int WholeRecords()
    {
        ReadOnlySpan<byte> bytes = _buffer.AsSpan(0, _tail);
        long own = _end - _offset;
        if (own <= _tail)
        {
            int last = bytes[((int)own - 1)..].IndexOf(LineFeed);
            if (last >= 0)
            {
                _ended = true;
                return (int)own + last;
            }

            bytes = bytes[..(int)own];
        }

        int length = bytes.LastIndexOf(LineFeed) + 1;
        if (length == 0 && _sourceEnded)
        {
            _ended = true;
            RefuseLongRecord(_tail);
            return _tail;
        }

        return length;
    }

    private RecordBlock HandOut(int length)
    {
        ReadOnlySpan<byte> bytes = _buffer.AsSpan(0, length);
        RecordsRead += bytes.Count(LineFeed) + (bytes[^1] == LineFeed ? 0 : 1);
        BytesRead += length;
        Crc32C = DataPath.Crc32C.Append(Crc32C, bytes);
        var block = new RecordBlock(_buffer.AsMemory(0, length), _offset, _input.Name);
        _head = length;
        _offset += length;
        return block;
    }

    /// <summary>Makes room for a record longer than the buffer: twice the room, but no more than the file can fill.</summary>
    private void Grow()
    {
        RefuseLongRecord(_tail);
        long needed = _source.RemainingMax == long.MaxValue ? long.MaxValue : _tail + _source.RemainingMax;
        int size = (int)Math.Min(Math.Min(2L * BytesMax, needed), CapacityMax);
        byte[] larger = GC.AllocateUninitializedArray<byte>(size);
        _buffer.AsSpan(0, _tail).CopyTo(larger);
        Replace(larger);
        BytesMax = size;
    }

    private void Replace(byte[] buffer)
    {
        if (_rented)
        {
            ArrayPool<byte>.Shared.Return(_buffer);
            _rented = false;
        }

        _buffer = buffer;
    }

    /// <summary>Refuses the record at the front if so many bytes of it, without an LF, are over the limit.</summary>
    private void RefuseLongRecord(int length)
    {
        if (length > _recordBytesMax)
        {
            throw new PermanentFault(string.Create(CultureInfo.InvariantCulture,
                $"{_input.Name}: the record at byte {_offset} is longer than {_recordBytesMax} bytes (recordBytesMax): check that lines end with LF, or cut it into shorter ones"));
        }
    }
}
