using System.Globalization;
using System.Text;
using Katanemimena.Core;

namespace Katanemimena.Runners;

/// <summary>A piece of input that is sent as one frame and answered as one: a block of records, a batch of groups, or the start of one large group.</summary>
/// <param name="Frame">The sealed frame; kept until it is answered.</param>
internal sealed record PythonUnit(ByteBuffer Frame)
{
    /// <summary>Whether its values follow in frames of their own.</summary>
    public bool Large { get; init; }

    /// <summary>Input file of a block.</summary>
    public string File { get; init; } = "";

    /// <summary>Offset of a block's first record.</summary>
    public long Offset { get; init; }

    /// <summary>Key of a large group.</summary>
    public byte[]? Key { get; init; }
}

/// <summary>Cuts the input of a program into units.</summary>
internal interface IPythonFeed
{
    /// <summary>Kind of frame in which the records or groups of a unit are taken one by one.</summary>
    byte OneByOneKind { get; }

    /// <summary>The next unit, or null at the end.</summary>
    /// <exception cref="InvalidPair">A value is not what its format says.</exception>
    PythonUnit? Next(PythonProcess process, bool careful);

    /// <summary>The next values of the large group begun last, or null at its end.</summary>
    ByteBuffer? NextValues(PythonProcess process);

    /// <summary>Told how long a unit took, so that units are of a good size.</summary>
    void Took(TimeSpan time);

    /// <summary>The record or key that failed, or null if it is not known.</summary>
    /// <param name="unit">The unit it is of.</param>
    /// <param name="index">Its index there, or -1.</param>
    /// <param name="key">The key the host named, or null.</param>
    byte[]? RecordOf(PythonUnit unit, long index, byte[]? key);

    /// <summary>Completes a card with the record or key and where it is.</summary>
    FailureCard Place(FailureCard card, PythonUnit unit, long index, byte[]? record);
}

/// <summary>Blocks of records.</summary>
internal sealed class PythonBlockFeed(IRecordSource records) : IPythonFeed
{
    /// <inheritdoc/>
    public byte OneByOneKind => PythonFrame.BlockOneByOne;

    /// <inheritdoc/>
    public PythonUnit? Next(PythonProcess process, bool careful)
    {
        if (!records.TryRead(out RecordBlock block))
        {
            return null;
        }

        ByteBuffer frame = process.NewFrame();
        frame.Append(block.Bytes.Span);
        Frame.Seal(frame, PythonFrame.Block, block.Offset);
        return new PythonUnit(frame) { File = block.File, Offset = block.Offset };
    }

    /// <inheritdoc/>
    public ByteBuffer? NextValues(PythonProcess process) => throw new InvalidOperationException("a block is whole");

    /// <inheritdoc/>
    public void Took(TimeSpan time)
    {
    }

    /// <inheritdoc/>
    public byte[]? RecordOf(PythonUnit unit, long index, byte[]? key)
    {
        if (index < 0)
        {
            return null;
        }

        ReadOnlySpan<byte> rest = Frame.Body(unit.Frame)[Start(unit, index)..];
        int end = rest.IndexOf((byte)'\n');
        return (end < 0 ? rest : rest[..end]).ToArray();
    }

    /// <inheritdoc/>
    public FailureCard Place(FailureCard card, PythonUnit unit, long index, byte[]? record)
    {
        if (record is null)
        {
            long end = unit.Offset + Frame.Body(unit.Frame).Length;
            return card with { File = unit.File, Error = string.Create(CultureInfo.InvariantCulture, $"{card.Error} (between bytes {unit.Offset} and {end} of {unit.File})") };
        }

        long offset = unit.Offset + Start(unit, index);
        return card.WithRecord(record) with
        {
            File = unit.File,
            Offset = offset,
            Error = string.Create(CultureInfo.InvariantCulture, $"{card.Error} (record at byte {offset} of {unit.File})"),
        };
    }

    private static int Start(PythonUnit unit, long index)
    {
        ReadOnlySpan<byte> body = Frame.Body(unit.Frame);
        int start = 0;
        for (; index > 0; index--)
        {
            int length = body[start..].IndexOf((byte)'\n');
            Invariant.Holds(length >= 0, "a record's index is within its block");
            start += length + 1;
        }

        return start;
    }
}

/// <summary>Batches of whole groups; a group larger than a batch goes by itself, its values in pieces.</summary>
/// <remarks>A batch is a tuple: a dict of key to list of values, and the list of those keys in whose lists a tuple (value, n) stands for n times
/// the value. Batches grow while they are answered quickly, so that a slow reducer makes progress that can be seen.</remarks>
internal sealed class PythonGroupFeed(IGroupSource groups, ValueFormat input) : IPythonFeed
{
    private const int BatchBytesMin = 4 << 10;
    private const int BatchBytesMax = 512 << 10;
    private const int LargeBytes = 1 << 20;
    private const int PieceBytes = 256 << 10;
    private const int RepeatsMin = 8;
    private static readonly TimeSpan Quick = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan Slow = TimeSpan.FromMilliseconds(500);
    private readonly ByteBuffer _repeatedKeys = new();
    private readonly ByteBuffer _value = new();
    private readonly ByteBuffer _largeKey = new();
    private readonly ByteBuffer _largeValues = new();
    private int _largeCount;
    private bool _largeWaits;
    private bool _hasRepeats;
    private long _left;
    private int _batchBytes = 16 << 10;

    /// <inheritdoc/>
    public byte OneByOneKind => PythonFrame.GroupsOneByOne;

    /// <inheritdoc/>
    public PythonUnit? Next(PythonProcess process, bool careful)
    {
        if (_largeWaits)
        {
            return Large(process, careful);
        }

        ByteBuffer frame = process.NewFrame();
        frame.Append([MarshalCode.SmallTuple, 2, MarshalCode.Dict]);
        _repeatedKeys.Clear();
        int repeatedKeys = 0;
        int count = 0;
        for (; frame.Length < _batchBytes && groups.NextGroup(); count++)
        {
            int start = frame.Length;
            MarshalText.AppendString(frame, groups.Key);
            int list = frame.Length;
            MarshalText.AppendCounted(frame, MarshalCode.List, 0);
            _hasRepeats = false;
            _left = 0;
            int values = Fill(frame, list + LargeBytes, out bool ended);
            if (!ended)
            {
                SetLargeAside(frame, start, list, values);
                break;
            }

            MarshalText.SetCount(frame, list, values);
            if (_hasRepeats)
            {
                _repeatedKeys.Append(frame.Span[start..list]);
                repeatedKeys++;
            }
        }

        if (count == 0)
        {
            process.Recycle(frame);
            return _largeWaits ? Large(process, careful) : null;
        }

        frame.Append(MarshalCode.Null);
        MarshalText.AppendCounted(frame, MarshalCode.List, repeatedKeys);
        frame.Append(_repeatedKeys.Span);
        Frame.Seal(frame, PythonFrame.Groups);
        return new PythonUnit(frame);
    }

    /// <inheritdoc/>
    public ByteBuffer? NextValues(PythonProcess process)
    {
        ByteBuffer frame = process.NewFrame();
        int list = frame.Length;
        MarshalText.AppendCounted(frame, MarshalCode.List, 0);
        int count = _largeCount;
        if (count > 0)
        {
            frame.Append(_largeValues.Span);
            _largeValues.Clear();
            _largeCount = 0;
        }
        else
        {
            _hasRepeats = false;
            count = Fill(frame, PieceBytes, out _);
            if (count == 0)
            {
                process.Recycle(frame);
                return null;
            }
        }

        MarshalText.SetCount(frame, list, count);
        Frame.Seal(frame, PythonFrame.Values, _hasRepeats ? 1 : 0);
        return frame;
    }

    /// <inheritdoc/>
    public void Took(TimeSpan time) => _batchBytes = time < Quick ? Math.Min(BatchBytesMax, 2 * _batchBytes)
        : time > Slow ? Math.Max(BatchBytesMin, _batchBytes / 2)
        : _batchBytes;

    /// <inheritdoc/>
    public byte[]? RecordOf(PythonUnit unit, long index, byte[]? key) => key ?? unit.Key;

    /// <inheritdoc/>
    public FailureCard Place(FailureCard card, PythonUnit unit, long index, byte[]? record)
    {
        if (record is null)
        {
            return card;
        }

        List<byte[]> values = [];
        bool? cut = unit.Large ? true : new PairReader(textValues: input == ValueFormat.Text).FirstValues(Frame.Body(unit.Frame), record, FailureCard.RecordBytesMax, values);
        return card.WithRecord(record) with
        {
            Error = $"{card.Error} (key {(record.Length == 0 ? "\"\"" : Encoding.UTF8.GetString(record.AsSpan(0, Math.Min(record.Length, 200))))})",
            Values = cut is null ? null : values,
            ValuesCut = cut ?? false,
        };
    }

    private PythonUnit Large(PythonProcess process, bool careful)
    {
        _largeWaits = false;
        ByteBuffer frame = process.NewFrame();
        frame.Append(_largeKey.Span);
        Frame.Seal(frame, PythonFrame.LargeGroup, careful ? 1 : 0);
        return new PythonUnit(frame) { Large = true, Key = groups.Key.ToArray() };
    }

    private void SetLargeAside(ByteBuffer frame, int start, int list, int values)
    {
        _largeKey.Clear();
        _largeKey.Append(frame.Span[start..list]);
        _largeValues.Clear();
        _largeValues.Append(frame.Span[(list + 5)..]);
        _largeCount = values;
        _largeWaits = true;
        frame.Truncate(start);
    }

    // Appends values of the present group until the frame has a length. Returns how many items it wrote.
    private int Fill(ByteBuffer frame, int length, out bool ended)
    {
        int count = 0;
        ended = false;
        while (true)
        {
            for (; _left > 0 && frame.Length < length; _left--, count++)
            {
                frame.Append(_value.Span);
            }

            if (frame.Length >= length)
            {
                return count;
            }

            if (!groups.NextValue())
            {
                ended = true;
                return count;
            }

            count += AppendValue(frame);
        }
    }

    private int AppendValue(ByteBuffer frame)
    {
        long repeat = groups.Repeat;
        if (repeat == 1)
        {
            Encode(frame);
            return 1;
        }

        // Lists and dicts are written out, so that Python has one of its own for each.
        if (repeat < RepeatsMin || IsContainer(groups.Value))
        {
            _value.Clear();
            Encode(_value);
            _left = repeat;
            return 0;
        }

        _hasRepeats = true;
        frame.Append([MarshalCode.SmallTuple, 2]);
        Encode(frame);
        MarshalText.AppendInt(frame, repeat);
        return 1;
    }

    private bool IsContainer(ReadOnlySpan<byte> value) => input == ValueFormat.Json && value.IndexOfAny((byte)'[', (byte)'{') >= 0;

    private void Encode(ByteBuffer target)
    {
        if (input == ValueFormat.Json)
        {
            JsonToMarshal.Append(target, groups.Value);
        }
        else
        {
            MarshalText.AppendString(target, groups.Value);
        }
    }
}
