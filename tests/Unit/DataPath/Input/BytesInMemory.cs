using Katanemimena.Core;

namespace Katanemimena.Tests.Unit.DataPath.Input;

/// <summary>One data file in memory, whatever its name.</summary>
internal sealed class BytesInMemory(byte[] bytes) : IDataFiles
{
    public int Opened { get; private set; }

    public int Closed { get; private set; }

    public VolumeReader Open(InputFile file)
    {
        Opened++;
        return new Reader(bytes, () => Closed++);
    }

    private sealed class Reader(byte[] bytes, Action closed) : VolumeReader
    {
        public override long Length => bytes.Length;

        public override int Read(long offset, Span<byte> buffer)
        {
            int count = (int)Math.Clamp(bytes.Length - offset, 0, buffer.Length);
            if (count > 0)
            {
                bytes.AsSpan((int)offset, count).CopyTo(buffer);
            }

            return count;
        }

        protected override void Dispose(bool disposing) => closed();
    }
}
