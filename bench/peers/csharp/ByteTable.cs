namespace Katanemimena.Bench.Peers;

/// <summary>A hash table from bytes to a sum, open addressing, keys in one growing array of blocks.</summary>
internal sealed class ByteTable
{
    private const int BlockBytes = 1 << 22;

    private struct Slot
    {
        public uint Hash;
        public int Length;
        public int Block;
        public int Start;
        public long Number;
    }

    private readonly List<byte[]> _blocks = [new byte[BlockBytes]];
    private Slot[] _slots = new Slot[1 << 16];
    private int _used;
    private int _top;

    public static uint Hash(ReadOnlySpan<byte> key)
    {
        var hash = 2166136261u;
        foreach (var next in key)
        {
            hash = (hash ^ next) * 16777619u;
        }

        return hash ^ (hash >> 15);
    }

    public void Add(ReadOnlySpan<byte> key, uint hash, long number)
    {
        var slots = _slots;
        var at = hash & (uint)(slots.Length - 1);
        while (true)
        {
            ref var slot = ref slots[at];
            if (slot.Length == 0)
            {
                slot = Keep(key, hash, number);
                break;
            }

            if (slot.Hash == hash && slot.Length == key.Length + 1 && Key(slot).Span.SequenceEqual(key))
            {
                slot.Number += number;
                return;
            }

            at = (at + 1) & (uint)(slots.Length - 1);
        }

        if (++_used * 2 > slots.Length)
        {
            Grow();
        }
    }

    public void AddAll(ByteTable other)
    {
        foreach (var slot in other._slots)
        {
            if (slot.Length != 0)
            {
                Add(other.Key(slot).Span, slot.Hash, slot.Number);
            }
        }
    }

    public IEnumerable<(ReadOnlyMemory<byte> Key, long Number)> Sorted()
    {
        var slots = Array.FindAll(_slots, slot => slot.Length != 0);
        Array.Sort(slots, (left, right) => Key(left).Span.SequenceCompareTo(Key(right).Span));
        return slots.Select(slot => (Key(slot), slot.Number));
    }

    // Length is one more than the key's, so that a slot of length 0 is free and an empty key is none.
    private Slot Keep(ReadOnlySpan<byte> key, uint hash, long number)
    {
        if (_top + key.Length > _blocks[^1].Length)
        {
            _blocks.Add(new byte[Math.Max(BlockBytes, key.Length)]);
            _top = 0;
        }

        key.CopyTo(_blocks[^1].AsSpan(_top));
        _top += key.Length;
        return new Slot { Hash = hash, Length = key.Length + 1, Block = _blocks.Count - 1, Start = _top - key.Length, Number = number };
    }

    private ReadOnlyMemory<byte> Key(in Slot slot) => _blocks[slot.Block].AsMemory(slot.Start, slot.Length - 1);

    private void Grow()
    {
        var slots = new Slot[_slots.Length * 2];
        foreach (var slot in _slots)
        {
            if (slot.Length != 0)
            {
                var at = slot.Hash & (uint)(slots.Length - 1);
                while (slots[at].Length != 0)
                {
                    at = (at + 1) & (uint)(slots.Length - 1);
                }

                slots[at] = slot;
            }
        }

        _slots = slots;
    }
}
