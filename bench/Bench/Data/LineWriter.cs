using System.Buffers.Text;

namespace Katanemimena.Bench.Data;

/// <summary>Writes lines into a file until it has reached its size. The last line may pass it by its own length.</summary>
internal sealed class LineWriter(Stream file, long bytes) : IDisposable
{
    private readonly byte[] _buffer = new byte[1 << 20];
    private int _used;
    private long _flushed;

    /// <summary>Whether another line fits.</summary>
    public bool Wants => _flushed + _used < bytes;

    public void Add(ReadOnlySpan<byte> text)
    {
        if (_used + text.Length > _buffer.Length)
        {
            Flush();
        }

        text.CopyTo(_buffer.AsSpan(_used));
        _used += text.Length;
    }

    public void Add(byte character)
    {
        if (_used == _buffer.Length)
        {
            Flush();
        }

        _buffer[_used++] = character;
    }

    /// <summary>Adds a number, with leading zeros up to <paramref name="digits"/>.</summary>
    public void Add(long number, int digits = 1)
    {
        Span<byte> text = stackalloc byte[24];
        Utf8Formatter.TryFormat(number, text, out var length, new System.Buffers.StandardFormat('D', (byte)digits));
        Add(text[..length]);
    }

    public void Dispose()
    {
        Flush();
        file.Dispose();
    }

    private void Flush()
    {
        file.Write(_buffer, 0, _used);
        _flushed += _used;
        _used = 0;
    }
}
