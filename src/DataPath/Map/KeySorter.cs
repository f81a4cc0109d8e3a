using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;

namespace Katanemimena.DataPath;

/// <summary>Sorts the distinct keys of a lane by their bytes.</summary>
/// <remarks>8 key bytes after the prefix that all keys share, as a number, sorted by LSD radix; only bits in which the keys differ are kept
/// (BMI2 PEXT, order-preserving), so that digits take 4 bits and letters 5. Keys still tied are sorted the same way by what follows.</remarks>
internal sealed unsafe class KeySorter(NativePool pool) : IDisposable
{
    private const int InsertionMax = 24;
    private const int DepthMax = 32;
    private const int Radix = 256;

    private readonly NativeBuffer _memory = new(pool);
    private readonly NativeBuffer _spare = new(pool);
    private readonly int[] _counts = new int[sizeof(ulong) * Radix];
    private GroupEntry* _entries;

    /// <summary>Sorts; the answer is valid until the next call.</summary>
    /// <returns>Items whose <see cref="Item.Entry"/> run through the entries in key order.</returns>
    public Item* Sort(GroupEntry* entries, int count)
    {
        _entries = entries;
        Item* items = (Item*)_memory.Reserve((long)count * sizeof(Item));
        Item* spare = (Item*)_spare.Reserve((long)count * sizeof(Item));
        for (int i = 0; i < count; i++)
        {
            items[i].Entry = i;
        }

        Sort(items, spare, count, 0, 0);
        return items;
    }

    /// <summary>Gives the memory back.</summary>
    public void Dispose()
    {
        _memory.Dispose();
        _spare.Dispose();
    }

    /// <summary>Sorts keys that share their first <paramref name="depth"/> bytes.</summary>
    private void Sort(Item* items, Item* spare, int count, uint depth, int level)
    {
        if (count <= 1)
        {
            return;
        }

        if (level == DepthMax)
        {
            new Span<Item>(items, count).Sort(new ByKey(_entries));
            return;
        }

        depth = SharedBytes(items, count, depth);
        ulong mask = LoadPrefixes(items, count, depth);
        if (count <= InsertionMax)
        {
            Insert(items, count);
        }
        else
        {
            SortByRadix(items, spare, count, mask);
        }

        SortTied(items, spare, count, depth, level);
    }

    /// <summary>How many first bytes all keys share, given that they share <paramref name="depth"/>.</summary>
    private uint SharedBytes(Item* items, int count, uint depth)
    {
        GroupEntry* first = _entries + items[0].Entry;
        uint shared = first->KeyLength;
        for (int i = 1; i < count && shared > depth; i++)
        {
            GroupEntry* entry = _entries + items[i].Entry;
            uint least = Math.Min(shared, entry->KeyLength);
            if (least < shared || !ShortBytes.Equal(entry->Key + depth, first->Key + depth, shared - depth))
            {
                shared = depth + (uint)new ReadOnlySpan<byte>(entry->Key + depth, (int)(least - depth))
                    .CommonPrefixLength(new ReadOnlySpan<byte>(first->Key + depth, (int)(least - depth)));
            }
        }

        return shared;
    }

    /// <summary>Sets the prefixes and returns the bits in which they differ.</summary>
    private ulong LoadPrefixes(Item* items, int count, uint depth)
    {
        ulong any = 0;
        ulong all = ulong.MaxValue;
        for (int i = 0; i < count; i++)
        {
            GroupEntry* entry = _entries + items[i].Entry;
            ulong prefix = ShortBytes.OrderedPrefix(entry->Key + depth, entry->KeyLength - depth);
            items[i].Prefix = prefix;
            any |= prefix;
            all &= prefix;
        }

        return any & ~all;
    }

    private static void Insert(Item* items, int count)
    {
        for (int i = 1; i < count; i++)
        {
            Item item = items[i];
            int at = i;
            for (; at > 0 && items[at - 1].Prefix > item.Prefix; at--)
            {
                items[at] = items[at - 1];
            }

            items[at] = item;
        }
    }

    private void SortByRadix(Item* items, Item* spare, int count, ulong mask)
    {
        bool squeeze = Bmi2.X64.IsSupported;
        int digits = squeeze ? (BitOperations.PopCount(mask) + 7) / 8 : sizeof(ulong);
        Count(items, count, digits, squeeze ? mask : ulong.MaxValue);
        Item* from = items;
        Item* to = spare;
        for (int digit = 0; digit < digits; digit++)
        {
            if (squeeze || ((mask >> (8 * digit)) & 0xff) != 0)
            {
                Scatter(from, to, count, digit, squeeze ? mask : ulong.MaxValue);
                Item* swap = from;
                from = to;
                to = swap;
            }
        }

        if (from != items)
        {
            Buffer.MemoryCopy(from, items, (long)count * sizeof(Item), (long)count * sizeof(Item));
        }
    }

    private void Count(Item* items, int count, int digits, ulong mask)
    {
        Array.Clear(_counts, 0, digits * Radix);
        fixed (int* counts = _counts)
        {
            for (int i = 0; i < count; i++)
            {
                ulong key = Squeeze(items[i].Prefix, mask);
                for (int digit = 0; digit < digits; digit++, key >>= 8)
                {
                    counts[(digit * Radix) + (byte)key]++;
                }
            }
        }
    }

    private void Scatter(Item* from, Item* to, int count, int digit, ulong mask)
    {
        fixed (int* counts = &_counts[digit * Radix])
        {
            int sum = 0;
            for (int i = 0; i < Radix; i++)
            {
                int here = counts[i];
                counts[i] = sum;
                sum += here;
            }

            int shift = 8 * digit;
            for (int i = 0; i < count; i++)
            {
                to[counts[(byte)(Squeeze(from[i].Prefix, mask) >> shift)]++] = from[i];
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Squeeze(ulong prefix, ulong mask) => Bmi2.X64.IsSupported ? Bmi2.X64.ParallelBitExtract(prefix, mask) : prefix;

    /// <summary>Orders runs of equal prefixes: keys that end within it first, by length, then the others by the bytes that follow.</summary>
    private void SortTied(Item* items, Item* spare, int count, uint depth, int level)
    {
        for (int start = 0; start < count;)
        {
            int end = start + 1;
            while (end < count && items[end].Prefix == items[start].Prefix)
            {
                end++;
            }

            if (end - start > 1)
            {
                int ended = MoveEndedFirst(items + start, end - start, depth + sizeof(ulong));
                Sort(items + start + ended, spare + start + ended, end - start - ended, depth + sizeof(ulong), level + 1);
            }

            start = end;
        }
    }

    /// <summary>Moves keys shorter than <paramref name="length"/> to the front, by length; there are at most 8, as no two keys are equal.</summary>
    private int MoveEndedFirst(Item* items, int count, uint length)
    {
        int ended = 0;
        for (int i = 0; i < count; i++)
        {
            Item item = items[i];
            uint keyLength = _entries[item.Entry].KeyLength;
            if (keyLength >= length)
            {
                continue;
            }

            items[i] = items[ended];
            int at = ended++;
            for (; at > 0 && _entries[items[at - 1].Entry].KeyLength > keyLength; at--)
            {
                items[at] = items[at - 1];
            }

            items[at] = item;
        }

        return ended;
    }

    /// <summary>A key to sort.</summary>
    internal struct Item
    {
        /// <summary>Eight of its bytes.</summary>
        public ulong Prefix;

        /// <summary>Its entry.</summary>
        public long Entry;
    }

    private readonly struct ByKey(GroupEntry* entries) : IComparer<Item>
    {
        public int Compare(Item x, Item y)
        {
            GroupEntry* a = entries + x.Entry;
            GroupEntry* b = entries + y.Entry;
            return new ReadOnlySpan<byte>(a->Key, (int)a->KeyLength).SequenceCompareTo(new ReadOnlySpan<byte>(b->Key, (int)b->KeyLength));
        }
    }
}
