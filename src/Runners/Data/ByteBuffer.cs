namespace Katanemimena.Runners;

/// <summary>Bytes that grow at the end.</summary>
internal sealed class ByteBuffer(int capacity = 256)
{
    private byte[] _bytes = new byte[capacity];

    /// <summary>Bytes in it.</summary>
    public int Length { get; private set; }

    /// <summary>The bytes; valid until the next change.</summary>
    public ReadOnlySpan<byte> Span => _bytes.AsSpan(0, Length);

    /// <summary>The bytes; valid until the next change.</summary>
    public ReadOnlyMemory<byte> Memory => _bytes.AsMemory(0, Length);

    /// <summary>The bytes, to be changed in place; valid until the next change of length.</summary>
    public Span<byte> Bytes => _bytes.AsSpan(0, Length);

    /// <summary>Size of the memory it holds.</summary>
    public int Capacity => _bytes.Length;

    /// <summary>Cuts it to a length.</summary>
    public void Truncate(int length) => Length = length;

    /// <summary>Empties it, keeping its memory.</summary>
    public void Clear() => Length = 0;

    /// <summary>Appends one byte.</summary>
    public void Append(byte value)
    {
        if (Length == _bytes.Length)
        {
            Grow(1);
        }

        _bytes[Length++] = value;
    }

    /// <summary>Appends bytes.</summary>
    public void Append(ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(Room(bytes.Length));
        Length += bytes.Length;
    }

    /// <summary>Free space of at least this size at the end; take it with <see cref="Advance"/>.</summary>
    public Span<byte> Room(int size)
    {
        if (_bytes.Length - Length < size)
        {
            Grow(size);
        }

        return _bytes.AsSpan(Length);
    }

    /// <summary>Makes bytes written into <see cref="Room"/> part of it.</summary>
    public void Advance(int count) => Length += count;

    /// <summary>Removes bytes from the front, moving the rest there.</summary>
    public void RemoveFirst(int count)
    {
        _bytes.AsSpan(count, Length - count).CopyTo(_bytes);
        Length -= count;
    }

    private void Grow(int size)
    {
        long wanted = Math.Max((long)Length + size, Math.Min(2L * _bytes.Length, Array.MaxLength));
        Array.Resize(ref _bytes, checked((int)wanted));
    }
}
