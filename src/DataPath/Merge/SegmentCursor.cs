using System.Runtime.CompilerServices;

namespace Katanemimena.DataPath;

/// <summary>Reads one segment through a buffer of its own, group by group, entry by entry, and verifies its checksum as its last bytes arrive.</summary>
/// <remarks>Nothing read is trusted: lengths are checked against what the segment can still hold before memory is taken for them.</remarks>
internal sealed unsafe class SegmentCursor : IDisposable
{
    private readonly RunFile _file;
    private readonly int _partition;
    private readonly NativeBuffer _buffer;
    private readonly int _bufferBytes;
    private readonly int _recordBytesMax;
    private readonly uint _expectedCrc;
    private byte* _at;
    private byte* _end;
    private long _next;
    private long _left;
    private long _groupsLeft;
    private uint _crc;

    /// <summary>Opens a segment; reads nothing yet.</summary>
    public SegmentCursor(RunFile file, int partition, in RunRow row, int bufferBytes, int recordBytesMax, NativePool pool)
    {
        _file = file;
        _partition = partition;
        _buffer = new NativeBuffer(pool);
        _bufferBytes = (int)Math.Min(bufferBytes, row.Length);
        _recordBytesMax = recordBytesMax;
        _expectedCrc = row.Crc;
        _next = row.Offset;
        _left = row.Length;
        _groupsLeft = row.Groups;
    }

    /// <summary>The 8 bytes of the key after the prefix common to the merge, as an ordered number; the largest number at the end.</summary>
    public ulong Prefix { get; private set; }

    /// <summary>The key, in this cursor's buffer until its first value is read.</summary>
    public byte* Key { get; private set; }

    /// <summary>Bytes of the key.</summary>
    public int KeyLength { get; private set; }

    /// <summary>Whether the segment has no more groups.</summary>
    public bool Done { get; private set; }

    /// <summary>The value, valid until the next move.</summary>
    public byte* Value { get; private set; }

    /// <summary>Bytes of the value.</summary>
    public int ValueLength { get; private set; }

    /// <summary>Times in a row it occurs.</summary>
    public long Repeat { get; private set; }

    /// <summary>Moves to the next key; the entries of the one before must have been read.</summary>
    /// <param name="commonBytes">Bytes all keys of the merge start with.</param>
    public void NextKey(int commonBytes)
    {
        if (_at == _end && _left == 0)
        {
            Finish();
            return;
        }

        ulong before = Prefix;
        int length = ReadLength(ReadNumber());
        Need(length);
        if (length < commonBytes || --_groupsLeft < 0)
        {
            throw Damaged(length < commonBytes ? "a key lacks the prefix all keys share" : "more keys than the index counts");
        }

        Key = _at;
        KeyLength = length;
        _at += length;
        Prefix = ShortBytes.OrderedPrefix(Key + commonBytes, (uint)(length - commonBytes));
        if (Prefix < before)
        {
            throw Damaged("keys are out of order");
        }
    }

    /// <summary>Moves to the next value of the key.</summary>
    /// <returns>False at the end of the group.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool NextValue()
    {
        byte* at = _at;
        if (_end - at > 0)
        {
            uint header = *at;
            if (header == 0)
            {
                _at = at + 1;
                return false;
            }

            int length = (int)(header >> 1) - 1;
            if (header < 0x80 && (header & 1) == 0 && _end - at > length)
            {
                Value = at + 1;
                ValueLength = length;
                Repeat = 1;
                _at = at + 1 + length;
                return true;
            }
        }

        return NextValueSlow();
    }

    /// <summary>Reads the rest of the segment only to verify it.</summary>
    public void Verify()
    {
        while (_left > 0)
        {
            _at = _end;
            Fill(1);
        }

        _at = _end;
    }

    /// <summary>The fault for damage where the cursor stands.</summary>
    public Exception Damaged(string what) => _file.Damaged(_partition, _next - (_end - _at), what);

    /// <summary>Gives the buffer back.</summary>
    public void Dispose() => _buffer.Dispose();

    private bool NextValueSlow()
    {
        ulong header = ReadNumber();
        if (header == 0)
        {
            return false;
        }

        if (header == 1)
        {
            throw Damaged("an entry has no length");
        }

        ulong repeat = (header & 1) == 0 ? 1 : ReadNumber();
        if (repeat is 0 or > long.MaxValue)
        {
            throw Damaged("an entry repeats too often or never");
        }

        int length = ReadLength((header >> 1) - 1);
        Need(length);
        Value = _at;
        ValueLength = length;
        Repeat = (long)repeat;
        _at += length;
        return true;
    }

    private void Finish()
    {
        if (_groupsLeft != 0)
        {
            throw Damaged($"{_groupsLeft} keys fewer than the index counts");
        }

        Done = true;
        Prefix = ulong.MaxValue;
        Key = null;
        _buffer.Dispose();
        _at = _end = null;
    }

    private ulong ReadNumber()
    {
        if (_end > _at && *_at < 0x80)
        {
            return *_at++;
        }

        Need((int)Math.Min(Varint.BytesMax, _end - _at + _left));
        if (!Varint.TryRead(ref _at, _end, out ulong value))
        {
            throw Damaged("a number does not end");
        }

        return value;
    }

    private int ReadLength(ulong length)
    {
        if (length > (ulong)_recordBytesMax)
        {
            throw Damaged($"a length of {length} bytes is above the limit of {_recordBytesMax}");
        }

        return (int)length;
    }

    private void Need(int bytes)
    {
        if (_end - _at < bytes)
        {
            Fill(bytes);
        }
    }

    /// <summary>Makes at least <paramref name="bytes"/> bytes available in one piece: of more than the usual buffer just these, so that it is given back with the next.</summary>
    private void Fill(int bytes)
    {
        long kept = _end - _at;
        if (bytes > kept + _left)
        {
            throw Damaged($"{bytes} bytes wanted where {kept + _left} are left");
        }

        long wanted = Math.Max(bytes, _bufferBytes);
        byte* buffer = Arrange(wanted, kept);
        int read = (int)Math.Min(wanted - kept, _left);
        _at = buffer;
        _end = buffer + kept;
        Span<byte> fresh = new(_end, read);
        _file.ReadExactly(_next, fresh);
        _crc = Crc32C.Append(_crc, fresh);
        _next += read;
        _left -= read;
        _end += read;
        if (_left == 0 && _crc != _expectedCrc)
        {
            throw Damaged("checksum of the segment does not match");
        }
    }

    /// <summary>Moves what is kept to the start of a buffer that is large enough, and no larger than usual where that will do.</summary>
    private byte* Arrange(long wanted, long kept)
    {
        if (_buffer.Pointer == null || _buffer.Capacity < wanted || _buffer.Capacity + NativePool.SlackBytes > NativePool.SizeFor(wanted))
        {
            return _buffer.Replace(wanted, _at, kept);
        }

        Buffer.MemoryCopy(_at, _buffer.Pointer, _buffer.Capacity, kept);
        return _buffer.Pointer;
    }
}
