namespace Katanemimena.DataPath;

/// <summary>One growing piece of pooled native memory with one owner.</summary>
internal sealed unsafe class NativeBuffer(NativePool pool) : IDisposable
{
    private byte* _pointer;
    private long _capacity;

    /// <summary>The memory; null before the first reservation.</summary>
    public byte* Pointer => _pointer;

    /// <summary>Bytes that may be used, slack not counted.</summary>
    public long Capacity => _capacity;

    /// <summary>Makes room for <paramref name="bytes"/>, keeping the first <paramref name="keep"/> bytes.</summary>
    public byte* Reserve(long bytes, long keep = 0)
    {
        if (bytes <= _capacity && _pointer != null)
        {
            return _pointer;
        }

        return Replace(bytes, _pointer, keep);
    }

    /// <summary>Takes a piece for <paramref name="bytes"/>, larger or smaller, that starts with <paramref name="keep"/> bytes from inside the one before.</summary>
    public byte* Replace(long bytes, byte* from, long keep)
    {
        byte* fresh = pool.Rent(bytes, out long capacity);
        Buffer.MemoryCopy(from, fresh, capacity, keep);
        Dispose();
        _pointer = fresh;
        _capacity = capacity;
        return fresh;
    }

    /// <summary>Gives the memory back.</summary>
    public void Dispose()
    {
        if (_pointer != null)
        {
            pool.Return(_pointer, _capacity);
            _pointer = null;
            _capacity = 0;
        }
    }
}
