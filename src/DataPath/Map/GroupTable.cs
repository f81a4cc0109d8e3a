using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Katanemimena.Core;

namespace Katanemimena.DataPath;

/// <summary>One distinct key of a lane.</summary>
internal unsafe struct GroupEntry
{
    /// <summary>The key, in the lane's memory.</summary>
    public byte* Key;

    /// <summary>Its bytes.</summary>
    public uint KeyLength;

    /// <summary>The low half of its hash.</summary>
    public uint Tag;

    /// <summary>First value.</summary>
    public int Head;

    /// <summary>Last value.</summary>
    public int Tail;
}

/// <summary>One value of a key, or several equal ones in a row.</summary>
internal unsafe struct ValueNode
{
    /// <summary>The value, in the lane's memory.</summary>
    public byte* Value;

    /// <summary>Its bytes.</summary>
    public uint Length;

    /// <summary>The next value of the key; negative if there is none.</summary>
    public int Next;

    /// <summary>Times in a row.</summary>
    public long Repeat;
}

/// <summary>Groups the records of lanes by key with a hash table, values in the order they came; equal neighbours become repeats, and a fold becomes one value.</summary>
/// <remarks>The hash table is of one lane at a time, so that it stays in the processor's cache. Memory is reused from load to load. Pointers go into the lane's blocks, which must outlive the use of the groups.</remarks>
internal sealed unsafe class GroupTable(NativePool pool) : IDisposable
{
    /// <summary>About what one record of a lane may take here and in the sort, in bytes, when all keys differ.</summary>
    public const int BytesPerRecord = 112;

    private const int SlotsMin = 256;

    private readonly NativeBuffer _entryMemory = new(pool);
    private readonly NativeBuffer _nodeMemory = new(pool);
    private readonly NativeBuffer _slotMemory = new(pool);
    private GroupEntry* _entries;
    private ValueNode* _nodes;
    private Slot* _slots;
    private uint _slotMask;
    private int _nodeCount;
    private int _folded;
    private int _first;
    private int _lastCount;

    /// <summary>The groups, in order of first occurrence until sorted elsewhere.</summary>
    public GroupEntry* Entries => _entries;

    /// <summary>The values.</summary>
    public ValueNode* Nodes => _nodes;

    /// <summary>Distinct keys.</summary>
    public int Count { get; private set; }

    /// <summary>Values of all keys, equal neighbours counted once.</summary>
    public int NodeCount => _nodeCount - _folded;

    /// <summary>Groups one lane.</summary>
    public void Load(ref Lane lane, IValueFold? fold) => Load(new Span<Lane>(ref lane), fold);

    /// <summary>Groups several lanes, no two of which share a key; they are sealed.</summary>
    public void Load(Span<Lane> lanes, IValueFold? fold)
    {
        long records = 0;
        foreach (ref Lane lane in lanes)
        {
            records += lane.Records;
        }

        Invariant.Holds(records < int.MaxValue, "lanes are spilled before their records exceed an index");
        _entries = (GroupEntry*)_entryMemory.Reserve(records * sizeof(GroupEntry));
        _nodes = (ValueNode*)_nodeMemory.Reserve(records * sizeof(ValueNode));
        Count = _nodeCount = _folded = 0;
        foreach (ref Lane lane in lanes)
        {
            lane.Seal();
            Add(lane.First, lane.Records, fold);
        }
    }

    /// <summary>Gives the memory back.</summary>
    public void Dispose()
    {
        _entryMemory.Dispose();
        _nodeMemory.Dispose();
        _slotMemory.Dispose();
    }

    private void Add(Block* chain, long records, IValueFold? fold)
    {
        long likely = Math.Min(records, _lastCount + (_lastCount / 4));
        Resize((uint)Math.Max(SlotsMin, BitOperations.RoundUpToPowerOf2((ulong)likely * 2)));
        _first = Count;
        for (; chain != null; chain = chain->Next)
        {
            AddBlock(Block.Data(chain), Block.Data(chain) + chain->Used, fold);
        }

        _lastCount = Count - _first;
        if (fold is not null)
        {
            FoldTails(fold);
        }
    }

    private void AddBlock(byte* at, byte* end, IValueFold? fold)
    {
        while (at < end)
        {
            ulong header = Varint.Read(ref at);
            uint valueLength = (uint)Varint.Read(ref at);
            long repeat = (header & 1) == 0 ? 1 : (long)Varint.Read(ref at);
            uint keyLength = (uint)(header >> 1);
            byte* key = at;
            byte* value = at + keyLength;
            at = value + valueLength;
            GroupEntry* entry = Find(key, keyLength, out bool added);
            if (added)
            {
                entry->Head = entry->Tail = NewNode(value, valueLength, repeat);
            }
            else if (fold is null)
            {
                AddValue(entry, value, valueLength, repeat);
            }
            else
            {
                FoldValue(entry, value, valueLength, repeat, fold);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private GroupEntry* Find(byte* key, uint length, out bool added)
    {
        uint tag = (uint)PartitionFunction.Hash(key, length);
        uint slot = tag & _slotMask;
        Slot* slots = _slots;
        while (slots[slot].Entry != 0)
        {
            if (slots[slot].Tag == tag)
            {
                GroupEntry* entry = _entries + (slots[slot].Entry - 1);
                if (entry->KeyLength == length && ShortBytes.Equal(entry->Key, key, length))
                {
                    added = false;
                    return entry;
                }
            }

            slot = (slot + 1) & _slotMask;
        }

        added = true;
        return Add(key, length, tag, slot);
    }

    private GroupEntry* Add(byte* key, uint length, uint tag, uint slot)
    {
        GroupEntry* entry = _entries + Count;
        entry->Key = key;
        entry->KeyLength = length;
        entry->Tag = tag;
        Count++;
        _slots[slot] = new Slot { Tag = tag, Entry = (uint)Count };
        if ((uint)(Count - _first) * 2 > _slotMask)
        {
            Grow();
        }

        return entry;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void AddValue(GroupEntry* entry, byte* value, uint length, long repeat)
    {
        ValueNode* tail = _nodes + entry->Tail;
        if (tail->Length == length && ShortBytes.Equal(tail->Value, value, length))
        {
            tail->Repeat += repeat;
            return;
        }

        int node = NewNode(value, length, repeat);
        _nodes[entry->Tail].Next = node;
        entry->Tail = node;
    }

    /// <summary>Counts a value that equals the one before it; any other sends what was counted into the accumulator.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void FoldValue(GroupEntry* entry, byte* value, uint length, long repeat, IValueFold fold)
    {
        ValueNode* tail = _nodes + entry->Tail;
        if (tail->Length == length && ShortBytes.Equal(tail->Value, value, length))
        {
            tail->Repeat += repeat;
            return;
        }

        FoldOther(entry, value, length, repeat, fold);
    }

    private void FoldOther(GroupEntry* entry, byte* value, uint length, long repeat, IValueFold fold)
    {
        ValueNode* tail = _nodes + entry->Tail;
        if (TryFoldTail(tail, fold))
        {
            tail->Value = value;
            tail->Length = length;
            tail->Repeat = repeat;
            return;
        }

        int node = NewNode(value, length, repeat);
        _nodes[node].Next = LinkTo(entry->Tail);
        _nodes[entry->Tail].Next = node;
        entry->Tail = node;
    }

    /// <summary>Folds the last value of every key, of which there may be several in a row.</summary>
    private void FoldTails(IValueFold fold)
    {
        for (int i = _first; i < Count; i++)
        {
            GroupEntry* entry = _entries + i;
            ValueNode* tail = _nodes + entry->Tail;
            if (TryFoldTail(tail, fold))
            {
                entry->Tail = LinkTo(tail->Next);
                _nodes[entry->Tail].Next = -1;
                _folded++;
            }
        }
    }

    /// <summary>Folds the last value of a key into the one before it; if there is none or it does not fit, its repeats into itself.</summary>
    private bool TryFoldTail(ValueNode* tail, IValueFold fold)
    {
        ValueNode* accumulator = _nodes + LinkTo(tail->Next);
        if (tail->Next != -1 && accumulator->Length == tail->Length && accumulator->Repeat == 1
            && fold.TryFold(new Span<byte>(accumulator->Value, (int)tail->Length), new ReadOnlySpan<byte>(tail->Value, (int)tail->Length), tail->Repeat))
        {
            return true;
        }

        if (tail->Repeat > 1 && FoldRepeats(tail, fold))
        {
            tail->Repeat = 1;
        }

        return false;
    }

    private static bool FoldRepeats(ValueNode* node, IValueFold fold)
    {
        const int StackBytes = 256;
        int length = (int)node->Length;
        Span<byte> value = new(node->Value, length);
        Span<byte> copy = length <= StackBytes ? stackalloc byte[StackBytes] : new byte[length];
        value.CopyTo(copy);
        return fold.TryFold(value, copy[..length], node->Repeat - 1);
    }

    /// <summary>The last value of a key has no next; there it holds, as a negative number, which one is before it. The function is its own inverse.</summary>
    private static int LinkTo(int node) => -2 - node;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private int NewNode(byte* value, uint length, long repeat)
    {
        ValueNode* node = _nodes + _nodeCount;
        node->Value = value;
        node->Length = length;
        node->Next = -1;
        node->Repeat = repeat;
        return _nodeCount++;
    }

    private void Grow()
    {
        Resize((_slotMask + 1) * 2);
        for (uint i = (uint)_first; i < (uint)Count; i++)
        {
            GroupEntry* entry = _entries + i;
            uint slot = entry->Tag & _slotMask;
            while (_slots[slot].Entry != 0)
            {
                slot = (slot + 1) & _slotMask;
            }

            _slots[slot] = new Slot { Tag = entry->Tag, Entry = i + 1 };
        }
    }

    private void Resize(uint count)
    {
        _slots = (Slot*)_slotMemory.Reserve((long)count * sizeof(Slot));
        _slotMask = count - 1;
        NativeMemory.Clear(_slots, (nuint)count * (nuint)sizeof(Slot));
    }

    private struct Slot
    {
        public uint Tag;
        public uint Entry;
    }
}
