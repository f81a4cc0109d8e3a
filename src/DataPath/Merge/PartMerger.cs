using Katanemimena.Core;

namespace Katanemimena.DataPath;

/// <summary>Merges sorted segments of run files into groups in ascending key order. One thread at a time.</summary>
public sealed unsafe class PartMerger : IGroupSource, IDisposable
{
    private readonly MergePlan _plan;
    private readonly List<SegmentCursor> _cursors;
    private readonly CursorTree? _tree;
    private readonly NativeBuffer _key;
    private readonly CancellationToken _cancellation;
    private SegmentCursor? _current;
    private ulong _keyPrefix;
    private int _keyLength;
    private int _untilCheck = GroupsPerCheck;
    private bool _open;

    private const int GroupsPerCheck = 4096;

    internal PartMerger(MergePlan plan, CancellationToken cancellation)
    {
        _plan = plan;
        _cancellation = cancellation;
        _key = new NativeBuffer(plan.Pool);
        _cursors = [];
        try
        {
            _cursors = plan.OpenCursors();
            _tree = plan.OpenTree(_cursors);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>Opens the merge. Values of one key come by the position of their file in <paramref name="files"/>, then in file order.</summary>
    /// <param name="files">The run or part files.</param>
    /// <param name="partitions">The partitions to read of each, ascending; null for all.</param>
    /// <param name="volume">Where they are.</param>
    /// <param name="memoryBytes">Budget of all buffers in bytes.</param>
    /// <param name="recordBytesMax">Longest key or value in bytes.</param>
    /// <param name="scratchFolder">Where merges of too many segments put intermediate files; null to make do with smaller buffers.</param>
    /// <param name="cancellation">Ends passes and reads with <see cref="OperationCanceledException"/>.</param>
    /// <exception cref="CorruptDataFault">A file is missing, cut, or does not verify; also while reading.</exception>
    /// <remarks>Damage is found at the latest when the last bytes of a segment are read, so what was read before may be wrong:
    /// nothing may be published before the merge has come to its end, or <see cref="Verify"/> has returned.</remarks>
    public static PartMerger Open(
        IReadOnlyList<RunReference> files,
        IReadOnlyList<int>? partitions,
        IVolume volume,
        long memoryBytes,
        int recordBytesMax,
        string? scratchFolder,
        CancellationToken cancellation) =>
        new MergePlan(volume, memoryBytes, recordBytesMax, scratchFolder, NativePool.Shared).Open(files, partitions, cancellation);

    /// <inheritdoc/>
    public ReadOnlySpan<byte> Key => new(_key.Pointer, _keyLength);

    /// <inheritdoc/>
    public ReadOnlySpan<byte> Value => new(_current!.Value, _current.ValueLength);

    /// <inheritdoc/>
    public long Repeat => _current!.Repeat;

    /// <summary>Groups begun so far.</summary>
    public long Groups { get; private set; }

    /// <summary>Values read so far, repeats counted.</summary>
    public long Values { get; private set; }

    /// <summary>Bytes of all segments of the merge.</summary>
    public long SegmentBytes => _plan.SegmentBytes;

    /// <inheritdoc/>
    public bool NextGroup()
    {
        while (_open)
        {
            NextValue();
        }

        if (_tree is null || _tree.Top.Done)
        {
            return false;
        }

        if (--_untilCheck == 0)
        {
            _cancellation.ThrowIfCancellationRequested();
            _untilCheck = GroupsPerCheck;
        }

        SegmentCursor top = _tree.Top;
        _keyPrefix = top.Prefix;
        _keyLength = top.KeyLength;
        ShortBytes.Copy(_key.Reserve(_keyLength), top.Key, (uint)_keyLength);
        _current = top;
        _open = true;
        Groups++;
        return true;
    }

    /// <inheritdoc/>
    public bool NextValue()
    {
        while (_open)
        {
            if (_current!.NextValue())
            {
                Values += _current.Repeat;
                return true;
            }

            _current.NextKey(_tree!.CommonBytes);
            _tree.Replay();
            SegmentCursor top = _tree.Top;
            _open = top.Prefix == _keyPrefix && !top.Done && HasSameKey(top);
            _current = top;
        }

        return false;
    }

    /// <summary>Reads what is left of all segments, only to verify them. The merge is then at its end.</summary>
    /// <exception cref="CorruptDataFault">A segment does not verify.</exception>
    public void Verify()
    {
        _open = false;
        foreach (SegmentCursor cursor in _cursors)
        {
            _cancellation.ThrowIfCancellationRequested();
            cursor.Verify();
        }
    }

    /// <summary>Closes the files, deletes intermediate ones and gives the buffers back.</summary>
    public void Dispose()
    {
        _tree?.Dispose();
        _key.Dispose();
        foreach (SegmentCursor cursor in _cursors)
        {
            cursor.Dispose();
        }

        _cursors.Clear();
        _plan.Dispose();
    }

    private bool HasSameKey(SegmentCursor cursor) =>
        cursor.KeyLength == _keyLength
        && (_keyLength <= _tree!.CommonBytes + sizeof(ulong)
            || new ReadOnlySpan<byte>(cursor.Key, _keyLength).SequenceEqual(new ReadOnlySpan<byte>(_key.Pointer, _keyLength)));
}
