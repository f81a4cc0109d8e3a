using System.Globalization;
using Katanemimena.Core;

namespace Katanemimena.DataPath;

/// <summary>A plain file from a byte offset to the end it had at submission; bytes added since are not seen.</summary>
internal sealed class PlainBytes(InputFile input, VolumeReader reader, long offset) : ByteSource
{
    private long _offset = offset;

    /// <inheritdoc/>
    public override long RemainingMax => input.Bytes - _offset;

    /// <inheritdoc/>
    public override int Read(Span<byte> buffer)
    {
        int wanted = (int)Math.Min(buffer.Length, RemainingMax);
        int count = reader.Read(_offset, buffer[..wanted]);
        _offset += count;
        if (count < wanted)
        {
            throw new PermanentFault(string.Create(CultureInfo.InvariantCulture,
                $"{input.Name} ends at byte {_offset}, but had {input.Bytes} bytes when the job was submitted: it must not change while a job reads it"));
        }

        return count;
    }

    /// <inheritdoc/>
    public override void Dispose() => reader.Dispose();
}
