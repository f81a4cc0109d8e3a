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

    /// <summary>The next value of the key, or -1.</summary>
    public int Next;

    /// <summary>Times in a row.</summary>
    public long Repeat;
}

/// <summary>Groups the records of one lane by key with a hash table, values in the order they came; equal neighbours become repeats, and a fold becomes one value.</summary>
/// <remarks>One lane at a time; memory is reused from lane to lane. Pointers go into the lane's blocks, which must outlive the use of the groups.</remarks>
internal sealed unsafe class GroupTable(NativePool pool) : IDisposable
{
    /// <summary>About what one record of a lane may take here and in the sort, in bytes, when all keys differ.</summary>
    public const int BytesPerRecord = 112;

    private const int SlotsMin = 1024;

    private readonly NativeBuffer _entryMemory = new(pool);
    private readonly NativeBuffer _nodeMemory = new(pool);
    private readonly NativeBuffer _slotMemory = new(pool);
    private GroupEntry* _entries;
    private ValueNode* _nodes;
    private Slot* _slots;
    private uint _slotMask;
    private int _nodeCount;

    /// <summary>The groups, in order of first occurrence until sorted elsewhere.</summary>
    public GroupEntry* Entries => _entries;

    /// <summary>The values.</summary>
    public ValueNode* Nodes => _nodes;

    /// <summary>Distinct keys.</summary>
    public int Count { get; private set; }

    /// <summary>Values of all keys, equal neighbours counted once.</summary>
    public int NodeCount => _nodeCount;

    /// <summary>Groups a sealed chain of <paramref name="records"/> records.</summary>
    public void Load(Block* chain, long records, IValueFold? fold)
    {
        Invariant.Holds(records < int.MaxValue, "a lane is spilled before its records exceed an index");
        _entries = (GroupEntry*)_entryMemory.Reserve(records * sizeof(GroupEntry));
        _nodes = (ValueNode*)_nodeMemory.Reserve(records * sizeof(ValueNode));
        Resize((uint)Math.Max(SlotsMin, BitOperations.RoundUpToPowerOf2((ulong)Math.Min(records, Count + (Count / 4)) * 2)));
        Count = 0;
        _nodeCount = 0;
        for (; chain != null; chain = chain->Next)
        {
            LoadBlock(Block.Data(chain), Block.Data(chain) + chain->Used, fold);
        }
    }

    /// <summary>Gives the memory back.</summary>
    public void Dispose()
    {
        _entryMemory.Dispose();
        _nodeMemory.Dispose();
        _slotMemory.Dispose();
    }

    private void LoadBlock(byte* at, byte* end, IValueFold? fold)
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
                entry->Head = entry->Tail = NewNode(value, valueLength, repeat, fold);
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
        if ((uint)Count * 2 > _slotMask)
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

        int node = NewNode(value, length, repeat, null);
        _nodes[entry->Tail].Next = node;
        entry->Tail = node;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void FoldValue(GroupEntry* entry, byte* value, uint length, long repeat, IValueFold fold)
    {
        ValueNode* tail = _nodes + entry->Tail;
        if (tail->Length == length && tail->Repeat == 1
            && fold.TryFold(new Span<byte>(tail->Value, (int)length), new ReadOnlySpan<byte>(value, (int)length), repeat))
        {
            return;
        }

        int node = NewNode(value, length, repeat, fold);
        _nodes[entry->Tail].Next = node;
        entry->Tail = node;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private int NewNode(byte* value, uint length, long repeat, IValueFold? fold)
    {
        ValueNode* node = _nodes + _nodeCount;
        node->Value = value;
        node->Length = length;
        node->Next = -1;
        node->Repeat = repeat != 1 && fold is not null ? FoldRepeats(value, length, repeat, fold) : repeat;
        return _nodeCount++;
    }

    /// <summary>Folds a repeated value into its own first occurrence, in place.</summary>
    private static long FoldRepeats(byte* value, uint length, long repeat, IValueFold fold)
    {
        byte[] copy = new ReadOnlySpan<byte>(value, (int)length).ToArray();
        return fold.TryFold(new Span<byte>(value, (int)length), copy, repeat - 1) ? 1 : repeat;
    }

    private void Grow()
    {
        Resize((_slotMask + 1) * 2);
        for (uint i = 0; i < (uint)Count; i++)
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
