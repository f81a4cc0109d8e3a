using System.Runtime.CompilerServices;

namespace Katanemimena.DataPath;

/// <summary>The records of one partition, in the order they came, in a chain of blocks.</summary>
/// <remarks>record = varint key length × 2 + repeated, varint value length, [varint repeat, when repeated], key, value; never across blocks.</remarks>
internal unsafe struct Lane
{
    /// <summary>Most bytes a record has beside its key and value.</summary>
    public const int RecordHeaderBytesMax = 3 * Varint.BytesMax;

    /// <summary>Where the next record goes.</summary>
    public byte* Cursor;

    /// <summary>End of the block's room.</summary>
    public byte* End;

    /// <summary>First block of the chain, or null.</summary>
    public Block* First;

    /// <summary>The block being filled, or null.</summary>
    public Block* Last;

    /// <summary>Records in the chain; equal neighbours that came as one count once.</summary>
    public long Records;

    /// <summary>Capacity of the chain's blocks.</summary>
    public long Bytes;

    /// <summary>Bytes at which to compact the lane; 0 for the usual.</summary>
    public long CompactAt;

    /// <summary>Whether compacting it last gained too little.</summary>
    public bool IsVaried;

    /// <summary>Records that compacting it last left.</summary>
    public int Kept;

    /// <summary>Appends a record; false if it does not fit the block.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool TryAppend(byte* key, uint keyLength, byte* value, uint valueLength, long repeat)
    {
        byte* at = Cursor;
        if (End - at < (long)keyLength + valueLength + RecordHeaderBytesMax)
        {
            return false;
        }

        if (repeat == 1)
        {
            at = Varint.Write(at, (ulong)keyLength << 1);
            at = Varint.Write(at, valueLength);
        }
        else
        {
            at = Varint.Write(at, ((ulong)keyLength << 1) | 1);
            at = Varint.Write(at, valueLength);
            at = Varint.Write(at, (ulong)repeat);
        }

        ShortBytes.Copy(at, key, keyLength);
        at += keyLength;
        ShortBytes.Copy(at, value, valueLength);
        Cursor = at + valueLength;
        Records++;
        return true;
    }

    /// <summary>Starts a new block with room for a record of this many key and value bytes.</summary>
    public void Extend(BlockArena arena, long bytes)
    {
        Block* block = arena.Take(bytes + RecordHeaderBytesMax);
        Seal();
        if (Last == null)
        {
            First = block;
        }
        else
        {
            Last->Next = block;
        }

        Last = block;
        Cursor = Block.Data(block);
        End = Cursor + block->Capacity;
        Bytes += block->Capacity;
    }

    /// <summary>Notes how far the last block is filled, so that the chain can be walked.</summary>
    public readonly void Seal()
    {
        if (Last != null)
        {
            Last->Used = Cursor - Block.Data(Last);
        }
    }

    /// <summary>Puts a chain back that was just taken out.</summary>
    public void Attach(in Lane chain)
    {
        First = chain.First;
        Last = chain.Last;
        Cursor = chain.Cursor;
        End = chain.End;
        Records = chain.Records;
        Bytes = chain.Bytes;
    }

    /// <summary>Takes the chain out, leaving the lane empty.</summary>
    public Block* Detach()
    {
        Seal();
        Block* chain = First;
        First = Last = null;
        Cursor = End = null;
        Records = 0;
        Bytes = 0;
        return chain;
    }
}
