namespace Katanemimena.Core;

/// <summary>A run of whole records of one input file.</summary>
/// <param name="Bytes">Records, each ending in LF; the last record of a file may lack it. Never empty. Valid until the next block is read.</param>
/// <param name="Offset">Byte offset of the first record in the file (after decompression for gzip).</param>
/// <param name="File">Name of the input file.</param>
public readonly record struct RecordBlock(ReadOnlyMemory<byte> Bytes, long Offset, string File);

/// <summary>The records of one chunk, read block by block. One thread at a time.</summary>
public interface IRecordSource
{
    /// <summary>Reads the next block; the bytes of the one before are then gone.</summary>
    /// <returns>False at the end of the chunk.</returns>
    bool TryRead(out RecordBlock block);
}

/// <summary>Takes key and value pairs. One thread at a time; both spans are copied before the call returns.</summary>
public interface IPairSink
{
    /// <summary>Adds one pair.</summary>
    /// <exception cref="UserCodeFault">The pair is longer than the record limit.</exception>
    void Add(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value);
}

/// <summary>A sink that takes a pair many times at once. A fast path: adding the pair that many times means the same.</summary>
public interface IRepeatPairSink : IPairSink
{
    /// <summary>Adds one pair <paramref name="repeat"/> times in a row.</summary>
    /// <exception cref="UserCodeFault">The pair is longer than the record limit.</exception>
    void Add(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value, long repeat);
}

/// <summary>Keys in ascending order, each with its values in input order. One thread at a time; spans are valid until the next move.</summary>
/// <remarks>Equal values that follow each other may come as one with <see cref="Repeat"/> above 1; a consumer must take them as that many values.</remarks>
public interface IGroupSource
{
    /// <summary>Moves to the next key, passing over values not read.</summary>
    bool NextGroup();

    /// <summary>The key; not touched by <see cref="NextValue"/>.</summary>
    ReadOnlySpan<byte> Key { get; }

    /// <summary>Moves to the next value of this key.</summary>
    bool NextValue();

    /// <summary>The value.</summary>
    ReadOnlySpan<byte> Value { get; }

    /// <summary>How many times in a row the value occurs: 1 or more.</summary>
    long Repeat { get; }
}

/// <summary>A combiner that folds one value into an accumulator of the same length, in place.</summary>
/// <remarks>The fast form of a combiner: the data path calls it as pairs arrive, without grouping them first.</remarks>
public interface IValueFold
{
    /// <summary>Folds <paramref name="value"/>, which occurs <paramref name="repeat"/> times, into <paramref name="accumulator"/>; the two have equal lengths.</summary>
    /// <returns>False if this value cannot be folded (then it is kept as a value of its own; nothing was changed).</returns>
    bool TryFold(Span<byte> accumulator, ReadOnlySpan<byte> value, long repeat);
}
