using Katanemimena.Core;

namespace Katanemimena.DataPath;

/// <summary>The bytes of one input file, front to back from some offset. One thread.</summary>
internal abstract class ByteSource : IDisposable
{
    /// <summary>How many bytes are still to come at most; <see cref="long.MaxValue"/> if that cannot be known before they were read.</summary>
    public abstract long RemainingMax { get; }

    /// <summary>Fills the buffer, or reads up to the end of the file, which it has then verified.</summary>
    /// <returns>Bytes read; less than asked for only at the end of the file.</returns>
    /// <exception cref="PermanentFault">The file cannot be read, is cut short or broken.</exception>
    public abstract int Read(Span<byte> buffer);

    /// <inheritdoc/>
    public abstract void Dispose();
}
