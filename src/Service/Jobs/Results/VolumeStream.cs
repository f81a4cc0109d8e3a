using Katanemimena.Core;

namespace Katanemimena.Service;

/// <summary>Writes to a file of the volume, which its owner publishes.</summary>
internal sealed class VolumeStream(VolumeWriter writer) : WriteOnlyStream
{
    /// <inheritdoc/>
    public override void Write(ReadOnlySpan<byte> buffer) => writer.Write(buffer);
}
