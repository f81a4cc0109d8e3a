namespace Katanemimena.Sdk;

/// <summary>What the value bytes that a mapper or reducer emits mean.</summary>
public enum ValueFormat
{
    /// <summary>A string, as it is. The default.</summary>
    Text,

    /// <summary>One compact JSON value in UTF-8.</summary>
    Json,
}

/// <summary>Takes the pairs that user code emits. Both spans are copied before the call returns.</summary>
/// <remarks>It belongs to the thread that your method was called on, until that method returns. A call on any other thread, or later, throws
/// <see cref="InvalidOperationException"/> and fails the task: collect what threads of your own compute, and emit it yourself.</remarks>
public interface IEmitter
{
    /// <summary>Emits one pair.</summary>
    /// <param name="key">Text in UTF-8; results are ordered by these bytes.</param>
    /// <param name="value">Any bytes between map and reduce; text or JSON out of a reducer.</param>
    void Emit(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value);

    /// <summary>Adds to a counter shown with the job.</summary>
    void Count(string group, string name, long amount = 1);
}

/// <summary>The values of one key, in input order, to be read once.</summary>
/// <remarks>They belong to the thread that your method was called on, until that method returns, as <see cref="IEmitter"/> does.</remarks>
public interface IValues
{
    /// <summary>Moves to the next value.</summary>
    bool MoveNext();

    /// <summary>The value; valid until the next move.</summary>
    ReadOnlySpan<byte> Current { get; }
}

/// <summary>Maps one record to any number of pairs. Every task gets an object of its own; a public constructor without parameters is required.</summary>
/// <remarks>Tasks may run at the same time in one process, or one after the other, or each in another: rely on static fields neither to be shared nor not to be.</remarks>
public interface IMapper
{
    /// <summary>Format of the emitted values.</summary>
    ValueFormat Output => ValueFormat.Text;

    /// <summary>Called once for each record of the chunk, in order.</summary>
    /// <param name="record">The record without its LF; valid during the call.</param>
    /// <param name="offset">Its byte offset in the file.</param>
    /// <param name="output">Takes the pairs.</param>
    void Map(ReadOnlySpan<byte> record, long offset, IEmitter output);

    /// <summary>Called once after the last record of the chunk.</summary>
    void Finish(IEmitter output)
    {
    }
}

/// <summary>Reduces one key with its values to any number of pairs.</summary>
public interface IReducer
{
    /// <summary>Format of the emitted values.</summary>
    ValueFormat Output => ValueFormat.Text;

    /// <summary>Called once for each key of the task, in ascending order of the key's bytes.</summary>
    void Reduce(ReadOnlySpan<byte> key, IValues values, IEmitter output);
}

/// <summary>Combines values of one key on the map side, any number of times, on any part of them. It must be associative, and emit only the key it was given.</summary>
public interface ICombiner
{
    /// <summary>Called with some of a key's values; emits fewer in their place.</summary>
    void Combine(ReadOnlySpan<byte> key, IValues values, IEmitter output);
}

/// <summary>The fast form of a combiner: folds one value into another of the same length, in place, without grouping first.</summary>
public interface IFoldCombiner
{
    /// <summary>Folds <paramref name="value"/>, which occurs <paramref name="repeat"/> times in a row, into <paramref name="accumulator"/>; both have the same length.</summary>
    /// <returns>False if it does not fit; it is then kept as a value of its own, and <paramref name="accumulator"/> must be unchanged.</returns>
    bool TryFold(Span<byte> accumulator, ReadOnlySpan<byte> value, long repeat);
}
