using System.Globalization;
using Katanemimena.Core;

namespace Katanemimena.Service;

/// <summary>The bytes of a datafile, read from its blocks where they are. Holds one block open, whatever their number.</summary>
/// <remarks>Safe for several threads, which take turns.</remarks>
internal sealed class JoinedBlocks : VolumeReader
{
    private readonly Lock _gate = new();
    private readonly IVolume _volume;
    private readonly string _id;
    private readonly string _name;
    private readonly IReadOnlyList<string> _blocks;
    private readonly long[] _starts;
    private VolumeReader? _open;
    private int _openBlock = -1;
    private bool _disposed;

    /// <summary>Joins blocks; none is opened before it is read.</summary>
    /// <exception cref="PermanentFault">They do not follow one another from 0 on.</exception>
    internal JoinedBlocks(IVolume volume, string id, IReadOnlyList<string> blocks, long bytes, string name)
    {
        (_volume, _id, _blocks, Length, _name) = (volume, id, blocks, bytes, name);
        _starts = [.. blocks.Select(BlockFiles.Offset), bytes];
        for (int i = 0; i < blocks.Count; i++)
        {
            Require(_starts[i] >= 0 && _starts[i] < _starts[i + 1], "its list of blocks is in disorder");
        }

        Require(_starts[0] == 0, "its first block is missing");
    }

    /// <inheritdoc/>
    public override long Length { get; }

    /// <inheritdoc/>
    /// <exception cref="PermanentFault">A block is gone, or has another size than it must have.</exception>
    public override int Read(long offset, Span<byte> buffer)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            int read = 0;
            while (read < buffer.Length && offset + read < Length)
            {
                read += ReadOne(offset + read, buffer[read..]);
            }

            return read;
        }
    }

    internal static PermanentFault Gone(string name, Exception? cause = null) =>
        new($"{name}: the data is gone; the datafile was deleted or replaced before the job was stored: submit it again", cause);

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        lock (_gate)
        {
            _disposed = true;
            _open?.Dispose();
            _open = null;
        }
    }

    private int ReadOne(long offset, Span<byte> buffer)
    {
        int block = BlockAt(offset);
        VolumeReader reader = Opened(block);
        int wanted = (int)Math.Min(buffer.Length, _starts[block + 1] - offset);
        int read = reader.Read(offset - _starts[block], buffer[..wanted]);
        Require(read == wanted, "a block ends before its end");
        return read;
    }

    /// <summary>Reads go front to back, so it is mostly the open block or the one after it.</summary>
    private int BlockAt(long offset)
    {
        for (int block = Math.Max(_openBlock, 0); block < Math.Min(_openBlock + 2, _blocks.Count); block++)
        {
            if (_starts[block] <= offset && offset < _starts[block + 1])
            {
                return block;
            }
        }

        int found = Array.BinarySearch(_starts, offset);
        return found >= 0 ? found : ~found - 1;
    }

    private VolumeReader Opened(int block)
    {
        if (block != _openBlock || _open is null)
        {
            _open?.Dispose();
            (_open, _openBlock) = (null, -1);
            _open = Open(block);
            _openBlock = block;
        }

        return _open;
    }

    private VolumeReader Open(int block)
    {
        VolumeReader reader;
        try
        {
            reader = _volume.Open(BlockFiles.Path(_id, _blocks[block]));
        }
        catch (FileNotFoundException missing)
        {
            throw Gone(_name, missing);
        }

        long wanted = _starts[block + 1] - _starts[block];
        if (reader.Length != wanted)
        {
            long length = reader.Length;
            reader.Dispose();
            throw Damaged(string.Create(CultureInfo.InvariantCulture, $"the block at byte {_starts[block]} has {length} bytes, not {wanted}"));
        }

        return reader;
    }

    private void Require(bool holds, string trouble)
    {
        if (!holds)
        {
            throw Damaged(trouble);
        }
    }

    private PermanentFault Damaged(string trouble) => new($"{_name}: the datafile is damaged on the volume: {trouble}; upload it again") { OfMachine = true };
}
