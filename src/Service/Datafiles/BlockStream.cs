using Katanemimena.Core;

namespace Katanemimena.Service;

/// <summary>A file of the volume as a stream, front to back.</summary>
internal sealed class BlockStream(VolumeReader reader) : ReadOnlyStream
{
    private long _position;

    public override int Read(Span<byte> buffer)
    {
        int read = reader.Read(_position, buffer);
        _position += read;
        return read;
    }

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) => ValueTask.FromResult(Read(buffer.Span));

    protected override void Dispose(bool disposing)
    {
        reader.Dispose();
        base.Dispose(disposing);
    }
}
