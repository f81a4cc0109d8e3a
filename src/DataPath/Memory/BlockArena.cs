using Katanemimena.Core;

namespace Katanemimena.DataPath;

/// <summary>A piece of a chain of records. The bytes follow the header.</summary>
internal unsafe struct Block
{
    /// <summary>Size of this header.</summary>
    public const int HeaderBytes = 24;

    /// <summary>The next block of the chain, or null.</summary>
    public Block* Next;

    /// <summary>Bytes of records in it; set when the chain moves on to the next.</summary>
    public long Used;

    /// <summary>Bytes of records it can hold.</summary>
    public long Capacity;

    /// <summary>Where the records start.</summary>
    public static byte* Data(Block* block) => (byte*)block + HeaderBytes;
}

/// <summary>Cuts pooled memory into blocks of one size, and takes them back for reuse. A record that fits no block gets one of its own.</summary>
internal sealed unsafe class BlockArena(NativePool pool, int blockBytes, int slabBytes) : IDisposable
{
    /// <summary>Bytes past a block's capacity that a copy may run over.</summary>
    public const int SlackBytes = 16;

    private readonly List<(nint Piece, long Capacity)> _slabs = [];
    private Block* _free;
    private byte* _fresh;
    private byte* _freshEnd;

    /// <summary>Bytes of all blocks handed out.</summary>
    public long UsedBytes { get; private set; }

    /// <summary>Blocks handed out.</summary>
    public int Blocks { get; private set; }

    /// <summary>Records' bytes in a block of the usual size.</summary>
    public int BlockCapacity => blockBytes - Block.HeaderBytes - SlackBytes;

    /// <summary>Hands out an empty block for at least <paramref name="bytes"/> bytes.</summary>
    public Block* Take(long bytes)
    {
        Block* block = bytes <= BlockCapacity ? TakeUsual() : TakeLarge(bytes);
        block->Next = null;
        block->Used = 0;
        Blocks++;
        return block;
    }

    /// <summary>Takes a whole chain back.</summary>
    public void Release(Block* chain)
    {
        while (chain != null)
        {
            Block* next = chain->Next;
            if (chain->Capacity == BlockCapacity)
            {
                chain->Next = _free;
                _free = chain;
                UsedBytes -= blockBytes;
            }
            else
            {
                long capacity = LargeCapacity(chain);
                UsedBytes -= capacity + NativePool.SlackBytes;
                pool.Return((byte*)chain, capacity);
            }

            Blocks--;
            chain = next;
        }
    }

    /// <summary>Gives all slabs back; every block must have been released.</summary>
    public void Dispose() => Trim();

    /// <summary>As <see cref="Dispose"/>; the arena may be used again.</summary>
    public void Trim()
    {
        Invariant.Holds(Blocks == 0, "every block is released before its arena");
        foreach ((nint piece, long capacity) in _slabs)
        {
            pool.Return((byte*)piece, capacity);
        }

        _slabs.Clear();
        _free = null;
        _fresh = _freshEnd = null;
    }

    private Block* TakeUsual()
    {
        UsedBytes += blockBytes;
        Block* block = _free;
        if (block != null)
        {
            _free = block->Next;
            return block;
        }

        if (_freshEnd - _fresh < blockBytes)
        {
            _fresh = pool.Rent(slabBytes - NativePool.SlackBytes, out long capacity);
            _freshEnd = _fresh + capacity + NativePool.SlackBytes;
            _slabs.Add(((nint)_fresh, capacity));
        }

        block = (Block*)_fresh;
        block->Capacity = BlockCapacity;
        _fresh += blockBytes;
        return block;
    }

    private Block* TakeLarge(long bytes)
    {
        Block* block = (Block*)pool.Rent(bytes + Block.HeaderBytes, out long capacity);
        block->Capacity = capacity - Block.HeaderBytes;
        UsedBytes += capacity + NativePool.SlackBytes;
        return block;
    }

    private static long LargeCapacity(Block* block) => block->Capacity + Block.HeaderBytes;
}
