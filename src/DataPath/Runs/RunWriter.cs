using System.Diagnostics;
using System.Runtime.CompilerServices;
using Katanemimena.Core;

namespace Katanemimena.DataPath;

/// <summary>Writes one run or part file, front to back: for each partition in ascending order, its groups in ascending order of their keys.</summary>
internal sealed unsafe class RunWriter : IDisposable
{
    private readonly VolumeWriter _file;
    private readonly NativeBuffer _buffer;
    private readonly RunRow[] _rows;
    private readonly byte[] _header = new byte[RunFormat.HeaderBytes];
    private readonly byte[] _firstKey = new byte[RunRow.PrefixBytesMax];
    private readonly byte[] _lastKey = new byte[RunRow.PrefixBytesMax];
    private readonly WorkMeter _meter;
    private readonly bool _wholeChecksum;
    private byte* _at;
    private byte* _end;
    private byte* _checked;
    private byte* _key;
    private byte* _entry;
    private int _entryLength;
    private long _entryRepeat;
    private int _firstKeyLength;
    private int _lastKeyLength;
    private int _partition = -1;
    private uint _segmentCrc;
    private uint _fileCrc;

    /// <summary>Creates the file.</summary>
    /// <param name="volume">Where.</param>
    /// <param name="path">Its path.</param>
    /// <param name="partitions">P.</param>
    /// <param name="bufferBytes">Bytes to collect before they are written.</param>
    /// <param name="pool">Memory of the buffer.</param>
    /// <param name="meter">Is told the time spent in the volume.</param>
    /// <param name="wholeChecksum">Whether to compute <see cref="FileCrc32C"/>.</param>
    public RunWriter(IVolume volume, string path, int partitions, int bufferBytes, NativePool pool, WorkMeter meter, bool wholeChecksum = false)
    {
        _rows = new RunRow[partitions];
        _wholeChecksum = wholeChecksum;
        _meter = meter;
        _file = volume.Create(path);
        _buffer = new NativeBuffer(pool);
        _at = _checked = _buffer.Reserve(bufferBytes);
        _end = _at + _buffer.Capacity;
        RunFormat.WriteHeader(_header, partitions);
        Put(_header);
        _checked = _at;
    }

    /// <summary>Bytes written so far, buffered ones included.</summary>
    public long Length => _file.Length + (_at - _buffer.Pointer);

    /// <summary>CRC-32C of the whole file once published, if asked for.</summary>
    public uint FileCrc32C => _fileCrc;

    /// <summary>Rows of the index; those of segments begun and ended.</summary>
    public ReadOnlySpan<RunRow> Rows => _rows;

    /// <summary>Starts the segment of a partition above all before; those passed over stay empty.</summary>
    public void BeginSegment(int partition)
    {
        Invariant.Holds(partition > _partition && partition < _rows.Length, "segments are written in partition order");
        for (int p = _partition + 1; p <= partition; p++)
        {
            _rows[p].Offset = Length;
        }

        _partition = partition;
        _segmentCrc = 0;
        _checked = _at;
        _key = _entry = null;
    }

    /// <summary>Ends the segment.</summary>
    public void EndSegment()
    {
        ref RunRow row = ref _rows[_partition];
        row.Length = Length - row.Offset;
        AddToChecksum();
        row.Crc = _segmentCrc;
        if (row.Groups > 0)
        {
            KeepLastKey();
            row.SetPrefix(_firstKey.AsSpan(0, _firstKeyLength), _lastKey.AsSpan(0, _lastKeyLength));
        }
    }

    /// <summary>Starts a group; the caller sees to the order of keys.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void BeginGroup(byte* key, int length)
    {
        if (_end - _at < length + (2 * Varint.BytesMax))
        {
            Flush();
        }

        _at = Varint.Write(_at, (uint)length);
        _key = _at;
        _lastKeyLength = Math.Min(length, RunRow.PrefixBytesMax);
        PutBytes(key, length);
        ref RunRow row = ref _rows[_partition];
        if (row.Groups++ == 0)
        {
            _firstKeyLength = _lastKeyLength;
            new ReadOnlySpan<byte>(key, _firstKeyLength).CopyTo(_firstKey);
        }

        _entry = null;
    }

    /// <summary>Adds a value to the group, or to the repeats of the value before if it is the same.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void AddValue(byte* value, int length, long repeat)
    {
        if (_end - _at < length + (4 * Varint.BytesMax))
        {
            Flush();
        }

        _rows[_partition].Pairs += repeat;
        _entry = _at;
        _entryLength = length;
        _entryRepeat = repeat;
        PutEntry(value);
    }

    /// <summary>As <see cref="AddValue"/>, but counts a value equal to the one before as its repeat.</summary>
    public void AddOrRepeatValue(byte* value, int length, long repeat)
    {
        if (_entry != null && length == _entryLength
            && new ReadOnlySpan<byte>(_at - length, length).SequenceEqual(new ReadOnlySpan<byte>(value, length)))
        {
            _rows[_partition].Pairs += repeat;
            _entryRepeat += repeat;
            _at = _entry;
            PutEntry(value);
            return;
        }

        AddValue(value, length, repeat);
    }

    /// <summary>Ends the group.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void EndGroup()
    {
        if (_at == _end)
        {
            Flush();
        }

        *_at++ = 0;
    }

    /// <summary>Writes the index and publishes the file.</summary>
    public void Publish()
    {
        for (int p = _partition + 1; p < _rows.Length; p++)
        {
            _rows[p].Offset = Length;
        }

        long indexOffset = Length;
        Span<byte> bytes = stackalloc byte[RunFormat.RowBytes];
        for (int p = 0; p < _rows.Length; p++)
        {
            _rows[p].Write(bytes, p);
            Put(bytes);
        }

        bytes = bytes[..RunFormat.FooterBytes];
        RunFormat.WriteFooter(bytes, _header, indexOffset, _rows.Length);
        Put(bytes);
        Flush();
        long start = Stopwatch.GetTimestamp();
        _file.Publish();
        _meter.AddWrite(start);
    }

    /// <summary>Closes the file; deletes it if it was not published.</summary>
    public void Dispose()
    {
        _buffer.Dispose();
        _file.Dispose();
    }

    private void PutEntry(byte* value)
    {
        ulong header = ((ulong)(uint)_entryLength + 1) << 1;
        if (_entryRepeat == 1)
        {
            _at = Varint.Write(_at, header);
        }
        else
        {
            _at = Varint.Write(_at, header | 1);
            _at = Varint.Write(_at, (ulong)_entryRepeat);
        }

        PutBytes(value, _entryLength);
    }

    private void Put(ReadOnlySpan<byte> bytes)
    {
        fixed (byte* source = bytes)
        {
            PutBytes(source, bytes.Length);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void PutBytes(byte* bytes, int length)
    {
        if (_end - _at >= length)
        {
            ShortBytes.Copy(_at, bytes, (uint)length);
            _at += length;
        }
        else
        {
            PutMany(bytes, length);
        }
    }

    private void PutMany(byte* bytes, int length)
    {
        while (length > 0)
        {
            if (_at == _end)
            {
                Flush();
            }

            int piece = (int)Math.Min(length, _end - _at);
            Buffer.MemoryCopy(bytes, _at, piece, piece);
            _at += piece;
            bytes += piece;
            length -= piece;
        }
    }

    private void Flush()
    {
        if (_at == _buffer.Pointer)
        {
            return;
        }

        AddToChecksum();
        KeepLastKey();
        ReadOnlySpan<byte> bytes = new(_buffer.Pointer, (int)(_at - _buffer.Pointer));
        if (_wholeChecksum)
        {
            _fileCrc = Crc32C.Append(_fileCrc, bytes);
        }

        long start = Stopwatch.GetTimestamp();
        _file.Write(bytes);
        _meter.AddWrite(start);
        _at = _checked = _buffer.Pointer;
        _entry = null;
    }

    private void AddToChecksum()
    {
        _segmentCrc = Crc32C.Append(_segmentCrc, new ReadOnlySpan<byte>(_checked, (int)(_at - _checked)));
        _checked = _at;
    }

    private void KeepLastKey()
    {
        if (_key != null)
        {
            new ReadOnlySpan<byte>(_key, (int)Math.Min(_lastKeyLength, _at - _key)).CopyTo(_lastKey);
            _key = null;
        }
    }
}
