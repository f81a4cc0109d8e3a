namespace Katanemimena.DataPath;

/// <summary>The groups of a buffer's lanes, lane after lane, for a combiner. Keys not worth it go past it; lanes are released once read.</summary>
internal sealed unsafe class LaneGroups(LaneSet lanes, LaneWriter writer) : ICombinerSource
{
    private CombinerSink? _sink;
    private KeySorter.Item* _items;
    private GroupEntry* _entry;
    private ValueNode* _value;
    private int _partition = -1;
    private int _next;
    private int _count;

    /// <inheritdoc/>
    public ReadOnlySpan<byte> Key => new(_entry->Key, (int)_entry->KeyLength);

    /// <inheritdoc/>
    public ReadOnlySpan<byte> Value => new(_value->Value, (int)_value->Length);

    /// <inheritdoc/>
    public long Repeat => _value->Repeat;

    /// <inheritdoc/>
    public void Start(CombinerSink sink) => _sink = sink;

    /// <inheritdoc/>
    public bool NextGroup()
    {
        while (true)
        {
            while (_next < _count)
            {
                _entry = writer.Table.Entries + _items[_next++].Entry;
                _value = null;
                ValueNode* head = writer.Table.Nodes + _entry->Head;
                if (Combining.IsWorth(head))
                {
                    _sink!.Allow(Key);
                    return true;
                }

                _sink!.Pass(Key, new ReadOnlySpan<byte>(head->Value, (int)head->Length), head->Repeat);
            }

            if (!NextLane())
            {
                return false;
            }
        }
    }

    /// <inheritdoc/>
    public bool NextValue()
    {
        int at = _value == null ? _entry->Head : _value->Next;
        if (at < 0)
        {
            return false;
        }

        _value = writer.Table.Nodes + at;
        return true;
    }

    /// <summary>Nothing to close: the lanes are their owner's.</summary>
    public void Dispose()
    {
    }

    private bool NextLane()
    {
        if (_partition >= 0 && _partition < lanes.Partitions)
        {
            lanes.Release(_partition);
        }

        _count = _next = 0;
        while (_partition < lanes.Partitions && ++_partition < lanes.Partitions)
        {
            if (lanes.RecordsOf(_partition) > 0)
            {
                writer.Table.Load(lanes.Of(_partition), null);
                _items = writer.Sort();
                _count = writer.Table.Count;
                return true;
            }
        }

        return false;
    }
}
