using Katanemimena.Core;

namespace Katanemimena.DataPath;

/// <summary>Writes the pairs of a result one after the other.</summary>
internal abstract class PairFormat
{
    /// <summary>Whether a key may come once only.</summary>
    public virtual bool UniqueKeys => false;

    /// <summary>Makes the format of a request.</summary>
    public static PairFormat Create(ResultFormat format, ValueFormat values, OutputBuffer output) => format switch
    {
        ResultFormat.Tsv => new TsvFormat(values, output),
        ResultFormat.Json => new JsonFormat(values, output),
        ResultFormat.Jsonl => new JsonlFormat(values, output),
        _ => throw new ArgumentOutOfRangeException(nameof(format)),
    };

    /// <summary>Writes what comes before the first pair.</summary>
    public virtual void Begin()
    {
    }

    /// <summary>Writes one pair.</summary>
    /// <exception cref="PermanentFault">The value is not what its format says.</exception>
    public abstract void Write(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value);

    /// <summary>Writes what comes after the last pair.</summary>
    public virtual void End()
    {
    }
}
