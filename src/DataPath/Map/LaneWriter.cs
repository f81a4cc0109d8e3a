namespace Katanemimena.DataPath;

/// <summary>Groups, sorts and writes one lane after the other, with tables that are reused.</summary>
internal sealed unsafe class LaneWriter(NativePool pool) : IDisposable
{
    private const int Ahead = 8;

    private readonly KeySorter _sorter = new(pool);

    /// <summary>The groups of the lane loaded last.</summary>
    public GroupTable Table { get; } = new(pool);

    /// <summary>Writes the groups loaded as one segment.</summary>
    public void Write(RunWriter writer, int partition)
    {
        GroupEntry* entries = Table.Entries;
        ValueNode* nodes = Table.Nodes;
        int count = Table.Count;
        KeySorter.Item* items = Sort();
        writer.BeginSegment(partition);
        for (int i = 0; i < count; i++)
        {
            Prefetch(entries, items, Math.Min(i + Ahead, count - 1));
            GroupEntry* entry = entries + items[i].Entry;
            writer.BeginGroup(entry->Key, (int)entry->KeyLength);
            for (int at = entry->Head; at >= 0; at = nodes[at].Next)
            {
                writer.AddValue(nodes[at].Value, (int)nodes[at].Length, nodes[at].Repeat);
            }

            writer.EndGroup();
        }

        writer.EndSegment();
    }

    /// <summary>Sorts the groups loaded.</summary>
    public KeySorter.Item* Sort() => _sorter.Sort(Table.Entries, Table.Count);

    /// <summary>Gives the memory back.</summary>
    public void Dispose()
    {
        Table.Dispose();
        _sorter.Dispose();
    }

    private static void Prefetch(GroupEntry* entries, KeySorter.Item* items, int index)
    {
        if (System.Runtime.Intrinsics.X86.Sse.IsSupported)
        {
            System.Runtime.Intrinsics.X86.Sse.Prefetch0(entries + items[index].Entry);
        }
    }
}
